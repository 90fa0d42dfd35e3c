/*
 * What an application may do while one of its handlers runs. An event is a transaction: all of this is
 * undone when the handler fails or the commit does; nothing is sent before the commit. Loop thread only, only
 * during the handler's call. Text is copied at once; what is handed out is valid until the handler returns.
 *
 * Every function returns 0 or a negative pollux_error. POLLUX_DATABASE, POLLUX_NO_SPACE and POLLUX_BUSY mean that the
 * transaction may be gone: the handler gives up at once and returns that very error.
 */
#ifndef POLLUX_EVENT_H
#define POLLUX_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "proto/json.h"

struct event;
struct buf;

/* Text with its length; at NULL: none. */
struct text {
	const char *at;
	size_t len;
};

/* A socket as its handlers see it. */
struct socket_view {
	const char *sid;          /* public id, a NUL-terminated string */
	const char *nsp;
	int64_t client;           /* the client (Engine.IO session) it belongs to */
	struct text data;         /* JSON object text, what socket.data was when last stored; "{}" at first */
	struct text auth;         /* JSON object text of CONNECT */
	struct text handshake;    /* JSON object text: headers, query, address, time, issued, url, secure (no auth) */
	bool connected;
	bool recovered;           /* it came back with its state (connection state recovery) */
};

/* The socket the event belongs to; NULL in events that belong to none. */
const struct socket_view *event_socket(const struct event *ev);
/* The namespace it belongs to; NULL: to none (an Engine.IO application's). */
const char *event_nsp(const struct event *ev);
/* Whether the socket's client uses a WebSocket now; else it polls. NOT_FOUND: the client has gone. */
int event_uses_websocket(struct event *ev, const struct socket_view *socket, bool *uses) WARN_UNUSED;
/* Any connected socket. POLLUX_NOT_FOUND. *out is valid until the handler returns. */
int event_find_socket(struct event *ev, const char *nsp, const char *sid, const struct socket_view **out) WARN_UNUSED;

struct emission {
	const char *nsp;
	const struct text *rooms;     /* to the union of these (a socket's id is a room of its own); none: the whole namespace */
	size_t rooms_count;
	const struct text *except;    /* but to nobody in these */
	size_t except_count;
	bool direct;                  /* rooms[0] is the one socket's id: not part of any room's history */
	bool is_volatile;             /* only to those who can take it now; not kept */
	struct text args;             /* JSON array text: ["event",1,…], with placeholders for attachments */
	const struct text *attachments;
	int attachments_count;
	struct text sender;           /* shown in history; none: NULL */
	struct text key;              /* idempotency key (unique in the log), or none */
	bool wants_ack;               /* the recipients are asked for an acknowledgement: see handler.ack where it is direct, else handler.answers */
	struct text ack_context;      /* text that is kept for that; none: "" */
	int64_t ack_timeout_ms;       /* waited for so long; 0: as long as the socket is connected (direct only) */
};

struct emitted {
	int64_t seq;       /* the row's position */
	bool duplicate;    /* the key was there already; seq is the older row's */
};

/* So many can be asked for an acknowledgement at once; so many such questions be open, and so many answers waited for in all. */
#define ASKED_MAX 10000
#define QUESTIONS_MAX 10000
#define AWAITED_MAX 1000000

/* Appends one row. NOT_FOUND: asks a socket that has gone for an acknowledgement. POLLUX_TOO_BIG: over a limit; POLLUX_PROTOCOL: args no array, reserved
 * event name, bad placeholders; many are asked without a timeout. */
int event_emit(struct event *ev, const struct emission *e, struct emitted *out) WARN_UNUSED;

/* Joins or leaves; being (or not being) there already is fine: *changed says it (NULL: nobody asks). TOO_BIG: over max_rooms.
 * NOT_FOUND: no such socket. A socket is in its own room, its id, always. */
int event_join(struct event *ev, const char *nsp, const char *sid, struct text room, bool *changed) WARN_UNUSED;
int event_leave(struct event *ev, const char *nsp, const char *sid, struct text room, bool *changed) WARN_UNUSED;
/* Disconnects the socket after what was emitted to it so far (its disconnect handlers run after this handler, with reason
 * "server namespace disconnect"); with close also its client and all the client's sockets ("forced server close"…). */
int event_disconnect(struct event *ev, const char *nsp, const char *sid, bool close) WARN_UNUSED;
/* Connected sockets of a namespace, by any process held: those in any of the rooms (none: all), but in none of except. */
struct audience {
	const char *nsp;
	const struct text *rooms;
	size_t rooms_count;
	const struct text *except;
	size_t except_count;
};

/* All of them join, or leave, each of these rooms. each (may be NULL) hears of who was not (or was) in it: room is its number. TOO_BIG: one
 * of them would be in more than max_rooms; nobody has joined then. */
typedef int room_change_each(void *ctx, size_t room, struct text sid);
int event_join_all(struct event *ev, const struct audience *a, const struct text *rooms, size_t rooms_count, room_change_each *each,
		   void *ctx) WARN_UNUSED;
int event_leave_all(struct event *ev, const struct audience *a, const struct text *rooms, size_t rooms_count, room_change_each *each,
		    void *ctx) WARN_UNUSED;
/* Disconnects them all, as event_disconnect does. More than 64 leave one batch a tick, by this process or, if it dies, another; what
 * is emitted meanwhile still reaches those that have not. */
int event_disconnect_all(struct event *ev, const struct audience *a, bool close) WARN_UNUSED;

/* Stores socket.data (JSON object text). */
int event_set_data(struct event *ev, const char *nsp, const char *sid, struct text json) WARN_UNUSED;

/* Answers a client's acknowledgement; can be kept as text and used in a later event, by any process.
 * The first answer counts; EXISTS says that there was one in this event already; NOT_FOUND: the socket has gone. */
struct ack {
	char nsp[128];
	char sid[32];
	int64_t id;
};
int event_ack(struct event *ev, const struct ack *a, struct text args, const struct text *attachments, int attachments_count)
	WARN_UNUSED;

/* Runs handler.timer after so long, with that name and context, in an event of that namespace: once, in any process, also after restarts.
 * TOO_BIG: over a limit of bytes or of timers that wait. */
int event_after(struct event *ev, const char *nsp, struct text name, struct text context, int64_t after_ms, int64_t *id) WARN_UNUSED;
/* NOT_FOUND: it has run, or never was. */
int event_cancel(struct event *ev, int64_t id) WARN_UNUSED;

/* Runs handler.server_side in every other process that lives, once, after the commit. args as in an emission; POLLUX_TOO_BIG, POLLUX_PROTOCOL likewise. */
int event_server_side(struct event *ev, const char *nsp, struct text args, const struct text *attachments, int attachments_count) WARN_UNUSED;

/* The application's store: JSON text under keys, for all processes, kept until it is deleted or expires. Writes are undone with the event. */
#define STORE_KEY_MAX 512
#define STORE_VALUE_MAX ((size_t)1 << 20)
/* *value is the caller's to free, NUL-terminated. NOT_FOUND. */
int event_store_get(struct event *ev, struct text key, char **value, size_t *len) WARN_UNUSED;
/* expire_ms: from now; 0: never. EXISTS: it is there, with if_absent. TOO_BIG. */
int event_store_set(struct event *ev, struct text key, struct text value, int64_t expire_ms, bool if_absent) WARN_UNUSED;
/* Adds to an integer (absent: 0); its expiry stays. PROTOCOL: it is none, or would be too large. TOO_BIG: the key. */
int event_store_add(struct event *ev, struct text key, int64_t by, int64_t *now) WARN_UNUSED;
/* NOT_FOUND. */
int event_store_delete(struct event *ev, struct text key) WARN_UNUSED;
int event_store_expire(struct event *ev, struct text key, int64_t expire_ms) WARN_UNUSED;
/* Keys with that prefix behind `after` (at NULL: from the first), in the order of their bytes, at most limit. */
typedef int store_each(void *ctx, struct text key, struct text value);
int event_store_list(struct event *ev, struct text prefix, struct text after, int limit, store_each *each, void *ctx) WARN_UNUSED;

/* One row of history, oldest first in a call's answers. */
struct history_row {
	int64_t seq, at_ms;
	struct text args;          /* ["event",…] */
	struct text attachments;   /* packed: see proto/attachments.h */
	struct text sender;
};
typedef int history_each(void *ctx, const struct history_row *row);
/* The room's newest `limit` rows with after < seq < before (0: unbounded), oldest first. each's negative result ends it and is returned. */
int event_history(struct event *ev, const char *nsp, struct text room, int64_t after, int64_t before, int limit,
		  history_each *each, void *ctx) WARN_UNUSED;

/* Rooms of the namespace with how many sockets are in each (not the sockets' own), in the order of their names' bytes, those behind `after`
 * (at NULL: all); sockets of an audience, in no order; rooms of one socket (without its own). At most limit of them, 0 for any number. */
typedef int room_each(void *ctx, struct text room, int64_t sockets);
typedef int socket_each(void *ctx, const struct socket_view *socket);
int event_rooms(struct event *ev, const char *nsp, struct text after, int limit, room_each *each, void *ctx) WARN_UNUSED;
int event_fetch(struct event *ev, const struct audience *a, int limit, socket_each *each, void *ctx) WARN_UNUSED;
int event_rooms_of(struct event *ev, const char *nsp, const char *sid, room_each *each, void *ctx) WARN_UNUSED;
/* How many sockets are in a room, counted up to limit. */
int event_room_size(struct event *ev, const char *nsp, struct text room, int64_t limit, int64_t *size) WARN_UNUSED;

/* Dynamic namespaces: whose child one is, by the application's own word for it, kept as long as there are sockets (and a day). NOT_FOUND. key NULL
 * forgets it. */
#define PARENT_KEY_MAX 32
int event_namespace_parent(struct event *ev, const char *nsp, char key[PARENT_KEY_MAX]) WARN_UNUSED;
int event_set_namespace_parent(struct event *ev, const char *nsp, const char *key) WARN_UNUSED;
/* The namespaces that have connected sockets. */
typedef int namespace_name_each(void *ctx, const char *nsp);
int event_namespaces(struct event *ev, namespace_name_each *each, void *ctx) WARN_UNUSED;

/* Engine.IO applications only (handler.message set): sends one message to the event's client. */
int event_send_message(struct event *ev, struct text data, bool binary) WARN_UNUSED;

/* A position as clients and applications see it, "epoch.seq" ("k3Jx.1042"), and back: PROTOCOL when malformed, GONE of another epoch. */
#define POSITION_MAX 48
void event_position_format(const struct event *ev, int64_t seq, char out[POSITION_MAX]);
int event_position_parse(const struct event *ev, struct text position, int64_t *seq) WARN_UNUSED;

#endif
