/*
 * What core asks of an application. app/ implements it in Lua, tests/apps also in C.
 * Called on the loop thread, inside an event's transaction (core/event.h says what may be done there). Every call returns 0 or a
 * negative pollux_error: then all it did is undone. The application has logged why (a traceback); core only
 * goes on. Handlers keep no state of their own: any process may run a socket's next event, and an event may run twice when a commit failed.
 */
#ifndef POLLUX_HANDLER_H
#define POLLUX_HANDLER_H

#include <stdbool.h>
#include "core/event.h"

struct buf;

/* One event from a client. */
struct incoming {
	struct json_slice payload;        /* the whole array: ["name",arg,…]; validated */
	const struct text *attachments;   /* decoded bytes, in order of their placeholders' num */
	int attachments_count;
	int64_t ack_id;                   /* -1: the client wants no answer. Of an acknowledgement: the seq of the row that asked for it */
};

/* What one socket of many has answered. */
struct answer {
	const char *sid;
	struct text args;                 /* a JSON array; at NULL: none in time */
	struct text attachments;          /* packed: see proto/attachments.h */
};

/* A handler that runs again and again, in one process at a time. */
struct repeated {
	const char *nsp, *name;           /* told apart by both */
	int64_t every_ms;
};

struct handler {
	void *ctx;
	/* Engine.IO applications: gets every message; all below is unused then. NULL for Socket.IO applications. */
	int (*message)(void *ctx, struct event *ev, struct text data, bool binary);
	/* A handshake, before there is a session; in no event. request: socket.handshake's object with "method". POLLUX_REFUSED: *refusal has become a
	 * JSON string, the message that the client gets; *headers gets header lines for the answer. Any other error: HTTP 500. NULL: all may come. */
	int (*handshake)(void *ctx, struct text request, struct buf *refusal, struct buf *headers);
	/* Whether clients may connect to that namespace: an event without a socket. auth: JSON object text of CONNECT. 0; NOT_FOUND, or another
	 * error, and then the client gets {"message":"Invalid namespace"}. */
	int (*namespace_exists)(void *ctx, struct event *ev, const char *nsp, struct text auth);
	/* Middleware, before the socket is connected. POLLUX_REFUSED: *refusal has become the CONNECT_ERROR's JSON
	 * ({"message":"…","data":…}). Any other error: the client gets {"message":"Internal error"}. */
	int (*admit)(void *ctx, struct event *ev, struct buf *refusal);
	/* The socket is connected: its CONNECT reply stands before whatever is emitted here. */
	int (*connection)(void *ctx, struct event *ev);
	int (*packet)(void *ctx, struct event *ev, const struct incoming *in);
	/* The socket acknowledges an event that asked it alone (emission.wants_ack), for the first time: context is what was kept with the
	 * emission, in->payload the array of its arguments. That it has answered stands, also when this fails. NULL: nobody listens. */
	int (*ack)(void *ctx, struct event *ev, struct text context, const struct incoming *in);
	/* Events that no client sends; each of these may be NULL. What made them happen stands, also when they fail.
	 * The one socket that was asked has not answered in time: sid; the event's socket is NULL when it has left. */
	int (*unanswered)(void *ctx, struct event *ev, const char *sid, struct text context);
	/* Of those who were asked, all have answered or the time is over: the answers in the order they came, then those without. */
	int (*answers)(void *ctx, struct event *ev, struct text context, const struct answer *answers, size_t count);
	/* event_after's time has come. */
	int (*timer)(void *ctx, struct event *ev, struct text name, struct text context);
	/* One of `repeated` is due. NOT_FOUND: this application has none of that name. */
	int (*repeat)(void *ctx, struct event *ev, struct text name);
	const struct repeated *repeated;
	size_t repeated_count;
	/* Another process has called event_server_side: in->payload is its args, in->ack_id -1. */
	int (*server_side)(void *ctx, struct event *ev, const struct incoming *in);
	/* The socket is in a room without a handler's doing: a plain WebSocket enters the one of its URL. Before connection. May be NULL. */
	int (*joined)(void *ctx, struct event *ev, struct text room);
	/* The socket leaves; its rooms are still there. Runs exactly once. reason as in Socket.IO: "transport close", "ping timeout", … */
	int (*disconnect)(void *ctx, struct event *ev, const char *reason);
};

#endif
