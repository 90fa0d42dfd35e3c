/*
 * WebSocket connections that only pretend, for core's tests: what a front would send is taken apart into messages. A wire is opened by
 * site_ask() while site->upgrade is wire_upgrade.
 */
#ifndef POLLUX_TEST_WIRE_FIXTURE_H
#define POLLUX_TEST_WIRE_FIXTURE_H

#include "core/channel.h"
#include "tests/unit/core_fixture.h"

struct wire {
	struct channel ch;
	struct buf got;              /* messages joined by \x1e; a binary one is "B:" and its bytes */
	int calls, pieces;           /* of send */
	int closed_with;             /* core closed it with this code; -1: it has not */
	bool gone;                   /* it is core's no more */
	bool held, slow, busy;       /* slow: takes nothing more; busy: has not sent all yet */
};

/* A cmocka setup: server 0 takes polls, server 1 WebSockets, on one database; torn down by site_teardown. */
int wire_site_setup(void **state);
/* "42[NAME,A,B]", three strings; a fresh buffer a call, of a few. */
const char *wire_event(const char *name, const char *a, const char *b);

/* For site_until: the handlers have noted these words and no others. */
bool wire_said_only(const void *words);

/* Waits until the request has become a connection; free with wire_free. */
struct wire *wire_of(struct fake *f);
void wire_free(struct wire *w);
/* For the next requests: they ask for a WebSocket (true), or are plain again. */
void wires_on(bool on);
/* The client leaves before its connection is there. */
void wires_fail(bool fail);

/* A direct session at server n, joined to the main namespace; a session's upgrade, without anything said. */
struct wire *wire_join(struct guest *g, int n);
struct wire *wire_upgrading(const struct guest *g, int n);
/* A plain WebSocket at that path; the request, which may be refused. */
struct fake *wire_ask_plain(const char *path, int n);
/* The client says a text message, or a binary one. */
void wire_say(struct wire *w, const char *text);
void wire_say_binary(struct wire *w, const char *data, size_t len);
/* Its connection breaks off. */
void wire_hang_up(struct wire *w);
/* Waits until exactly these messages have come, and forgets them. */
#define wire_gets(w, text) wire_expect((w), (text), __LINE__)
void wire_expect(struct wire *w, const char *messages, int line);
/* Waits until core has closed it; the code. */
int wire_close_code(struct wire *w);

#endif
