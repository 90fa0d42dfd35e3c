/* What the tests of the Lua host share: an application from a string, events to it, the log as text. */
#ifndef POLLUX_TEST_LUA_FIXTURE_H
#define POLLUX_TEST_LUA_FIXTURE_H

#include "app/host.h"
#include "core/handler.h"
#include "core/settings.h"
#include "tests/unit/fake_event.h"

struct app {
	struct host *host;
	struct settings settings;
	struct handler handler;
	struct event *ev;
	int socket;              /* whose events app_event sends; "s1" of "/" at first */
	int result;              /* of the last call */
	char *log;               /* what has been written to stderr since the last app_log */
};

/* Takes stderr into a file; cmocka's group setup. */
int lua_setup(void **state);
/* Writes the source to app.lua in a scratch directory and loads it; fails the test unless the result is `expect`. */
struct app app_load(const char *source, int expect);
struct app app_load_file(const char *file, int expect);
void app_close(struct app *a);
/* Sends an event to a->socket: JSON array text. ack < 0: none. Returns what the handler returned. */
int app_event(struct app *a, const char *payload, int64_t ack);
int app_event_with(struct app *a, const char *payload, int64_t ack, const struct text *attachments, int count);
/* What the last event did; the log since last asked. */
const char *app_trace(struct app *a);
const char *app_log(struct app *a);
/* An application whose handler "x" has this body, with (socket, a, b, c); one event "x" with these arguments ("1,2" or ""). Closed by the caller. */
struct app app_run(const char *body, const char *arguments);
/* Runs a body as app_run does and expects the trace; or failure and a word in the log. */
void expect_trace(const char *body, const char *arguments, const char *trace);
void expect_error(const char *body, const char *arguments, const char *word);

#endif
