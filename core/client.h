/*
 * Clients of which this process holds (or lately held) the poll, with their sockets and rooms: a copy of
 * the store's rows, valid as long as the row's version is the same. The index by room is what routes a row to its recipients.
 * Not the truth: that is the store. Loop thread only.
 */
#ifndef POLLUX_CLIENT_H
#define POLLUX_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <ev.h>
#include <uthash.h>

#include "base/bytes.h"
#include "core/exchange.h"
#include "core/row.h"
#include "db/clients.h"

#define SEQ_NEVER INT64_MAX

struct link;
struct room;
struct socket;

/* One interval of a socket in a room: a row reaches it if since < seq <= until. */
struct membership {
	struct room *room;
	struct socket *socket;
	struct membership *room_next, **room_prev;   /* the room's list */
	struct membership *next;                     /* the socket's list */
	int64_t since, until;
};

/* A room of a namespace, or a whole namespace; lives as long as somebody here is in it. */
struct room {
	UT_hash_handle hh;
	struct membership *members;
	uint32_t nsp_len, key_len;
	char key[];   /* nsp, and for a room NUL and its name */
};

struct socket {
	UT_hash_handle hh;                 /* by sid: a socket is a room of its own */
	struct client *client;
	struct socket *next;               /* the client's */
	struct membership all;             /* in its namespace: from CONNECT to its leaving */
	struct membership *rooms;
	char sid[RANDOM_ID_LEN + 1];
};

/* What a tick does with a poll. */
enum poll_outcome { POLL_WAIT, POLL_PARK, POLL_ANSWER, POLL_REFUSE };

struct client {
	UT_hash_handle hh;                 /* by id */
	int64_t id, version;
	struct socket *sockets;
	struct exchange *x;                /* its poll: parked, or come in this tick */
	struct link *link;                 /* its WebSocket, when that is its transport and is here */
	struct bytes *cors;                /* headers its answer wants */
	bool gzip;                         /* and it may be compressed */
	int64_t claim, cursor;
	ev_timer due;                      /* the poll has waited long enough */
	int64_t ping_at_ms;
	int64_t cut_at;                    /* its missed rows were too many for one answer: those up to here; 0: all */
	uint64_t read_in;                  /* the transaction in which it was last read again */
	struct row **pending;              /* what it is to be sent, in order; NULL or &one or on the heap */
	struct row *one;
	uint32_t pending_count, pending_room;
	uint32_t answer_count;             /* how many of them this tick's answer carries: the others come with the next */
	struct client *ready_next;         /* to be settled in this tick */
	int64_t used_ms;
	bool ready, parked, is_due;
	bool gone;                         /* its row is no more */
	bool pinged;                       /* as its row says: no second ping before the pong */
	bool lingers;                      /* what is queued is fetched before the final packet */
	bool ends;                         /* this tick's answer carries the final packet */
	bool probed;                       /* its upgrade is under way: polls are held for a moment only */
	bool flush;                        /* for that reason the parked poll is answered now */
	bool switched;                     /* it has gone over to a WebSocket: its poll is refused */
	bool attached;                     /* link was set in the transaction going on */
	char final;                        /* the session is over: answered with this */
	char with;                         /* a packet behind the pending rows in this tick's answer */
	uint8_t outcome;
	char t[CLIENT_T_MAX + 1];
};

struct clients {
	struct client *by_id;
	struct socket *by_sid;
	struct room *by_key;
};

/* Whether rows for it are delivered by this process. */
static inline bool client_is_here(const struct client *c)
{
	return c->x || c->link;
}

/* The cached copy, or NULL. */
struct client *client_find(struct clients *all, int64_t id);
/* The copy, made or read again when its version is not the row's. NULL: *error says why. */
struct client *client_get(struct clients *all, struct store *store, const struct client_row *row, int *error);
/* Reads sockets and rooms again whatever the version. */
int client_reload(struct clients *all, struct store *store, struct client *c, const struct client_row *row) WARN_UNUSED;
/* Reads again who is in a room: sockets here get their intervals anew, changed is told of their clients; copies of clients that are not
 * here are read again when they come. */
int clients_reload_room(struct clients *all, struct store *store, struct text nsp, struct text room,
			void (*changed)(void *ctx, struct client *c), void *ctx) WARN_UNUSED;
/* Forgets it; it must not hold a poll. */
void client_forget(struct clients *all, struct client *c);
/* Adds a row to its pending ones (one more reference), unless it is the last already. */
int client_push(struct client *c, struct row *row) WARN_UNUSED;
/* Drops pending rows above seq (INT64_MIN: all). */
void client_drop_pending(struct client *c, int64_t above);
void clients_deinit(struct clients *all);

/* The room's members here (NULL: nobody is). room.at NULL: the namespace. */
struct room *room_find(struct clients *all, struct text nsp, struct text room);
/* The socket with that id in that namespace, or NULL. */
struct socket *socket_find(struct clients *all, struct text nsp, struct text sid);
/* Whether the socket was in the room (also its own) when seq was written. */
bool socket_was_in(const struct socket *s, struct text room, int64_t seq);

#endif
