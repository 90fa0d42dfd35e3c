/*
 * What the tests of core/ share: a database of its own, one or two servers on it in one loop, an application in C, and exchanges that only
 * pretend. An exchange is freed when it is answered and its text when it is parked, as a front does, so the sanitizers see a late touch.
 */
#ifndef POLLUX_TEST_CORE_FIXTURE_H
#define POLLUX_TEST_CORE_FIXTURE_H

#include "tests/unit/check.h"

#include <ev.h>
#include <string.h>
#include "core/event.h"
#include "core/exchange.h"
#include "core/handler.h"
#include "core/server.h"
#include "core/state.h"
#include "tests/unit/db_fixture.h"

struct exchange_fake;

/* A request and what became of it; lives until the test ends. */
struct fake {
	struct fake *next;
	struct exchange_fake *open;    /* NULL once answered */
	bool parked;
	int status;                    /* 0: not answered yet */
	char *headers, *body;          /* of the answer */
	size_t body_len;
};

struct site {
	struct db db;                  /* no store open: path and folder */
	struct ev_loop *loop;
	struct settings settings;
	struct handler handler;
	struct server *servers[2];
	struct fake *fakes;
	const char *headers[8];        /* of the requests to come: name, value, … NULL */
	bool cgi;                      /* for the servers to come: no checkpoints */
	const char *kind;              /* and their kind; NULL: fcgi */
	/* Set: requests to come ask for a WebSocket, and this switches them over. The exchange is free by then. */
	void (*upgrade)(struct fake *f, exchange_opened *opened, void *ctx);
	int events;                    /* how many packets' handlers have run */
	int (*hook)(struct event *ev, const struct incoming *in);    /* what the event "hook" does */
	int (*leaving)(struct event *ev);                            /* what a disconnect handler does, too */
	int (*alarm)(struct event *ev);                              /* what the handler of timers does, too */
	int ack_result;                /* what the handlers of acknowledgements, timers and such return, having emitted; BUSY once, as a lost tick does */
	char said[8192];               /* what handlers noted: "ping timeout\n"; "ack CONTEXT PAYLOAD ATTACHMENTS\n"; "timer NAME CONTEXT NSP\n" … */
};
/* The site of the test that runs; handlers find it here. */
extern struct site *site;

/* A client: its session, its socket in the main namespace, its next cache-buster. */
struct guest {
	char sid[32], socket[32];
	int t;
};

/* cmocka's setup and teardown: a site without servers. */
int site_setup(void **state);
/* The same with servers 0 and 1. */
int site_setup_two(void **state);
int site_teardown(void **state);
/* Starts server n. */
void site_serve(int n);
void site_stop(int n);

/* Runs the loop for so long; until the condition holds (false: it did not within 10 s). */
void site_spin(int ms);
bool site_until(bool (*holds)(const void *ctx), const void *ctx);

/* Hands a request to server n. body NULL: none. */
struct fake *site_ask(int n, const char *method, const char *query, const char *body, size_t len);
/* The same with a path of its own. */
struct fake *site_ask_at(int n, const char *path, const char *method, const char *query, const char *body, size_t len);
/* The peer leaves. */
void site_hang_up(struct fake *f);
/* Waits for the answer; its status. */
int site_status(struct fake *f);
/* Waits until it is parked. */
void site_await_parked(struct fake *f);
#define answers(f, code, text) site_answers((f), (code), (text), __LINE__)
/* Waits for the answer and compares it; text NULL: any. */
void site_answers(struct fake *f, int code, const char *text, int line);

/* "42[…]" that tells `say` and such to the application; one of a few buffers, which are used in turn. */
const char *event_packet(const char *name, const char *a, const char *b);
/* Whether handlers noted these words: for site_until. */
bool site_said(const void *words);

/* A handshake at server n. */
void guest_open(struct guest *g, int n);
/* With CONNECT, its reply fetched. */
void guest_join(struct guest *g, int n);
struct fake *guest_get(struct guest *g, int n);
/* The same GET as the last once more. */
struct fake *guest_get_again(struct guest *g, int n);
struct fake *guest_post(struct guest *g, int n, const char *body);
/* Posts, and expects ok. */
void guest_say(struct guest *g, int n, const char *body);
/* Polls until all of these packets have come, in order and nothing else between them (noops and pings apart); they are joined by \x1e. */
#define receives(g, n, text) guest_receives((g), (n), (text), __LINE__)
void guest_receives(struct guest *g, int n, const char *packets, int line);

#endif
