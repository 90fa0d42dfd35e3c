/*
 * An event: one call of a handler, with the savepoint that undoes it. What handlers may do in it is in
 * core/event.h; this is core's side. Loop thread only, inside the tick's transaction.
 */
#ifndef POLLUX_EVENT_RUN_H
#define POLLUX_EVENT_RUN_H

#include "core/event.h"
#include "core/journal.h"
#include "core/limits.h"
#include "core/state.h"
#include "db/sockets.h"

/* A socket read from the store for the length of an event. */
struct event_socket {
	struct event_socket *next;
	struct socket_view view;
	char sid[RANDOM_ID_LEN + 1], nsp[NAMESPACE_MAX + 1];
	void *block;
	char *handshake;
	uint64_t transaction;                   /* of the server's own_socket: in which it was read */
};

/* What a namespace was before a client that connects had it be another parent's child. */
struct parent_change {
	bool made, had;                         /* made: there is something to undo; had: the child of `before`, else nobody's */
	char before[PARENT_KEY_MAX];
};

struct event {
	struct server *s;
	struct client_row *client;              /* whose event it is, or NULL */
	const struct socket_view *socket;
	const char *nsp;                        /* of an event without a socket; borrowed, or NULL */
	struct event_socket *loaded;
	struct journal_mark mark;
	int64_t acked;                          /* the ack id answered last in this event, for EXISTS */
	bool saved;                             /* the savepoint has begun */
	struct parent_change parent;
	bool changed;                           /* socket.data was stored: what was read is old when the event ends */
};

/* Begins an event. client NULL: it is nobody's. */
void event_open(struct event *ev, struct server *s, struct client_row *client);
/* Begins one of a namespace, without a client. */
void event_open_unasked(struct event *ev, struct server *s, const char *nsp);
/* Ends that: event_end, and the disconnections that its handler asked for. */
int event_end_unasked(struct event *ev, int result) WARN_UNUSED;
/* Makes that socket the event's own. NOT_FOUND. */
int event_set_socket(struct event *ev, struct text nsp, const char *sid) WARN_UNUSED;
/* Likewise the client's socket in that namespace; it is kept for the next event of this transaction. */
int event_set_own_socket(struct event *ev, struct text nsp) WARN_UNUSED;
/* A socket has changed or left. */
void event_forget_own_socket(struct server *s);
/* Begins the savepoint at the event's first write. */
int event_write(struct event *ev) WARN_UNUSED;
/* Ends the event: result 0 keeps what it did, anything else undoes it. Returns 0 when the transaction can go on (also after an
 * undone event), else the error that ends the tick. */
int event_end(struct event *ev, int result) WARN_UNUSED;
/* Takes back what event_set_namespace_parent did in an event that has ended: its client was not admitted after all. */
int event_undo_parent(struct server *s, const char *nsp, const struct parent_change *change) WARN_UNUSED;
/* Whether that is an event's array: its name, and not a reserved one. PROTOCOL. */
int event_check_args(struct text args) WARN_UNUSED;
/* Hands a row to a struct socket_call, as socket_of_room does with its ctx. */
struct socket_call {
	socket_each *each;
	void *ctx;
};
int event_socket_out(void *ctx, const struct socket_row *row) WARN_UNUSED;
/* Whether an error means that the transaction may be gone. */
bool event_is_fatal(int error);

#endif
