/*
 * The WebSocket transport: core's side of one connection. A link belongs to a session from its handshake on (a direct session), or first
 * only claims the right to become its transport (an upgrade). What the client sends waits in an input for the
 * tick; rows for the client leave with the tick, in one call a connection. Pings are kept in memory. Loop thread only.
 */
#ifndef POLLUX_LINK_H
#define POLLUX_LINK_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/random.h"
#include "core/channel.h"

struct client;
struct client_row;
struct input;
struct server;

enum link_state {
	LINK_OPENING,   /* before its handshake's transaction */
	LINK_PROBING,   /* has claimed a session's upgrade */
	LINK_OPEN,      /* is its session's transport */
	LINK_ENDED,     /* refused, left or closed: nothing it says counts */
};

/* Deadlines, each kind in a list of its own: since all of a kind wait equally long, the earliest comes first. */
enum link_wait { LINK_WAIT_PING, LINK_WAIT_PONG, LINK_WAIT_UPGRADE, LINK_WAITS };

struct link {
	struct server *s;
	struct channel *ch;            /* NULL: not there yet, or gone */
	struct client *c;              /* of an open link */
	struct bytes *hello;           /* the open packet of a direct session, as a frame, until it is sent */
	struct input *inbox;           /* waits for the tick and still takes messages */
	struct link *next, *prev;      /* in its list of deadlines */
	int64_t client;                /* the session's row */
	int64_t due_ms;                /* 0: in no list */
	uint32_t refs;                 /* the connection's, and one an input */
	uint8_t state, waits_for;
	bool plain;                    /* a plain WebSocket: no Engine.IO in it */
	bool probed;                   /* its client knows that it works: it polls no more and waits for the switch */
	bool held;                     /* not read from: too much of it waits already */
};

struct link_list {
	struct link *first, *last;
};

struct links {
	struct link_list waiting[LINK_WAITS];
	ev_timer timer;
	size_t count;                  /* connections that are open or about to be */
};

void links_init(struct server *s);
/* The channels are left to the front. */
void links_deinit(struct server *s);
/* Ends every session's connection here. */
void links_drop(struct server *s, int code, const char *reason);
/* Ends every connection: the server drains. An upgrade that has been probed is completed first, for a moment: the stock client, which polls no
 * more by then, does not notice that its WebSocket is gone before its ping timeout. */
void links_drain(struct server *s);

/* For a WebSocket handshake that became an input, with one reference for each of the two; NULL: out of memory. */
struct link *link_new(struct server *s);
struct link *link_ref(struct link *l);
void link_unref(struct link *l);
/* The session's transport from now on, inside the transaction: its rows from row->cursor on are sent here. */
int link_attach(struct link *l, const struct client_row *row) WARN_UNUSED;
/* After a rollback: back to what it was. */
void link_detach(struct link *l);
/* After COMMIT of the input that made it: the exchange is switched over, or answered with a refusal. */
void link_accept(struct server *s, struct input *in);
/* Sends the client's pending rows, and ends the connection where that is due. After COMMIT, or after reading. */
void link_send_pending(struct server *s, struct client *c);
/* Ends the connection from this side; nothing is told to the session. code 0: a close frame without one. */
void link_close(struct link *l, int code, const char *reason);
/* Ends the connection, and in the next tick the session (or its upgrade) with that reason, a static string. */
void link_drop(struct link *l, int code, const char *reason);
/* What was waiting has been run: read on. */
void link_release(struct link *l);

/* After COMMIT of the probe: it is answered. */
void link_probed(struct link *l);
/* After COMMIT of the switch: its session's heartbeat goes on here. */
void link_switched(struct link *l);
void link_send_ping(struct link *l);
/* The pong has come. */
void link_pong(struct link *l);
/* Starts (or moves) its deadline of that kind. */
void link_wait(struct link *l, enum link_wait what, int64_t due_ms);
void link_wait_end(struct link *l);

#endif
