/* Life of the host: making the state, loading the file, freezing what it left behind. */
#include "config.h"
#include "app/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <lauxlib.h>

#include "app/ack.h"
#include "app/dispatch.h"
#include "app/lazy.h"
#include "app/lint.h"
#include "app/module.h"
#include "app/namespaces.h"
#include "app/sandbox.h"
#include "app/secret.h"
#include "app/socket.h"
#include "app/source.h"
#include "app/state.h"
#include "app/target.h"
#include "app/timers.h"
#include "app/values.h"
#include "base/say.h"

#define OUT_MAX_BYTES ((size_t)64 << 20)
/* Loading happens once, and may build tables. */
#define LOADING_TIMES 10

struct event *host_event(lua_State *L, const char *what)
{
	struct event *ev = host_of(L)->ev;

	if (!ev)
		luaL_error(L, "%s: only in a handler, not while the file loads", what);
	return ev;
}

int host_check(lua_State *L, int error, const char *what)
{
	switch (error) {
	case POLLUX_OK:
	case POLLUX_NOT_FOUND:
	case POLLUX_EXISTS:
	case POLLUX_GONE:
		return error;
	case POLLUX_TOO_BIG:
		return luaL_error(L, "%s: over a limit (too big, or too many)", what);
	case POLLUX_PROTOCOL:
		return luaL_error(L, "%s: refused by the protocol's rules", what);
	default:
		limits_doom(L, 1, error, "%s: %s", what, pollux_strerror(error));
	}
}

static int open_all(lua_State *L)
{
	values_open(L);
	lazy_open(L);
	target_open(L);
	socket_open(L);
	ack_open(L);
	secret_open(L);
	sandbox_open(L);
	/* slots that are set in every event exist from now on: clearing them needs no memory */
	socket_forget(L);
	if (!namespaces_make_root(host_of(L)))
		return luaL_error(L, "not enough memory");
	module_open(L);
	return 0;
}

static int run_file(lua_State *L)
{
	struct host *h = host_of(L);

	open_all(L);
	source_compile(L, lua_touserdata(L, 1), h->file);
	lua_call(L, 0, 0);
	sandbox_freeze_globals(L);
	return 0;
}

static void complain(const struct host *h, const char *verb, int error)
{
	const char *why = error == POLLUX_SYSTEM || error == POLLUX_NOT_FOUND ? strerror(errno) : pollux_strerror(error);

	if (h->complaint)
		buf_addf(h->complaint, "cannot %s %s: %s", verb, h->file, why);
	else
		say(SAY_ERROR, "app", NULL, "cannot %s %s: %s", verb, h->file, why);
}

/* The folder stays open for modules and secrets. */
static int open_folder(struct host *h)
{
	const char *slash = strrchr(h->file, '/');
	char *path = strndup(slash ? h->file : ".", slash ? (size_t)(slash - h->file) + 1 : 1);

	if (!path)
		return POLLUX_NO_MEMORY;
	h->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(path);
	return h->folder < 0 ? POLLUX_SYSTEM : 0;
}

static int read_file(struct host *h, struct buf *text)
{
	int fd = open(h->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error;

	if (fd < 0) {
		error = errno == ENOENT ? POLLUX_NOT_FOUND : POLLUX_SYSTEM;
		complain(h, "open", error);
		return error;
	}
	error = source_read(text, fd);
	if (!error)
		error = open_folder(h);
	if (error)
		complain(h, "read", error);
	return error;
}

static int load(struct host *h)
{
	struct buf text;
	int error;

	buf_init(&text, SOURCE_MAX_BYTES + (1 << 20));
	error = read_file(h, &text);
	if (!error) {
		limits_begin(&h->limits, h->L, LOADING_TIMES);
		h->limits.ceiling = h->limits.max_bytes;
		error = dispatch_protected(h, run_file, &text, NULL, "the application cannot be loaded");
		limits_end(&h->limits);
	}
	buf_deinit(&text);
	return error;
}

/* lint and complaint as in struct host. */
static int make(struct host **out, const char *file, struct settings *settings, struct lint *lint, struct buf *complaint)
{
	struct host *h = calloc(1, sizeof(*h));
	int error;

	if (!h)
		return POLLUX_NO_MEMORY;
	*out = h;
	h->folder = -1;
	limits_init(&h->limits);
	h->L = limits_new_state(&h->limits);
	buf_init(&h->out, OUT_MAX_BYTES);
	buf_init(&h->rows, OUT_MAX_BYTES);
	h->settings = settings;
	h->file = file;
	h->lint = lint;
	h->complaint = complaint;
	error = h->L ? load(h) : POLLUX_NO_MEMORY;
	h->settings = NULL;
	h->file = NULL;
	h->complaint = NULL;
	if (h->folder >= 0)
		close(h->folder);
	return error;
}

int host_load(struct host **out, const char *file, struct settings *settings, struct handler *handler)
{
	struct host *h = NULL;
	int error = make(&h, file, settings, NULL, NULL);

	if (error) {
		host_free(h);
		return error;
	}
	/* well before the watchdog ends the process */
	h->limits.max_cpu_us = settings->tick_limit_ms * 1000 / 2;
	dispatch_fill(handler, h);
	*out = h;
	return 0;
}

/* A script's own error names file and line; a traceback through no line of a script says nothing. */
static int tell(struct lint *lint, struct host *h, int error, const struct buf *complaint, struct buf *report)
{
	const char *text = complaint->len ? complaint->data : pollux_strerror(error), *trace = strstr(text, "\nstack traceback:");

	if (error)
		buf_addf(report, "error: %.*s\n", trace && !strstr(trace, ".lua:") ? (int)(trace - text) : INT_MAX, text);
	else
		lint_report(lint, h->L, report);
	return error;
}

int host_check_file(const char *file, struct buf *report)
{
	struct settings settings;
	struct host *h = NULL;
	struct buf complaint;
	struct lint lint;
	int error = settings_init(&settings);

	buf_init(&complaint, 1 << 16);
	lint_init(&lint);
	if (!error)
		error = make(&h, file, &settings, &lint, &complaint);
	error = tell(&lint, h, error, &complaint, report);
	host_free(h);
	lint_deinit(&lint);
	buf_deinit(&complaint);
	settings_deinit(&settings);
	return error;
}

void host_free(struct host *h)
{
	if (!h)
		return;
	if (h->L)
		lua_close(h->L);
	timers_forget(h);
	namespaces_free(h);
	buf_deinit(&h->out);
	buf_deinit(&h->rows);
	free(h);
}
