/* Sockets (connections to namespaces) and the rooms they are in. Inside a transaction of the caller. */
#ifndef POLLUX_SOCKETS_H
#define POLLUX_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/random.h"
#include "db/log.h"
#include "db/store.h"

/* Text points into SQLite's memory: valid during the callback. A callback must not call the function that calls it. */
struct socket_row {
	struct log_text sid, pid, nsp, data, auth;
	int64_t client;       /* 0: none */
	int64_t generation, origin, joined, left;   /* left 0: connected (a socket never leaves before the first row: see socket_leave) */
	int64_t left_at_ms;   /* deadline clock */
};
typedef int socket_row_each(void *ctx, const struct socket_row *row);

/* Its origin is where it joins. */
int socket_insert(struct store *s, const struct socket_row *row) WARN_UNUSED;
/* A connected socket. NOT_FOUND. The row's text is copied into one block the caller frees (*block). */
int socket_load(struct store *s, struct log_text nsp, struct log_text sid, struct socket_row *out, void **block) WARN_UNUSED;
/* The sockets of a client: the connected ones, or also those that have left (left > 0) and may have rows to be fetched. Returns how many. */
int socket_of_client(struct store *s, int64_t client, bool with_left, socket_row_each *each, void *ctx) WARN_UNUSED;
/* The client's connected socket in a namespace, likewise copied. NOT_FOUND. */
int socket_of_client_nsp(struct store *s, int64_t client, struct log_text nsp, struct socket_row *out, void **block) WARN_UNUSED;
int socket_count_of_client(struct store *s, int64_t client) WARN_UNUSED;
/* Connected sockets of a namespace, or of a room of it (room.at NULL: all; a socket's id is a room too); at most limit of them (0: any number). */
int socket_of_room(struct store *s, struct log_text nsp, struct log_text room, int limit, socket_row_each *each, void *ctx) WARN_UNUSED;
/* Those in the table that db/audience.h fills. */
int socket_of_audience(struct store *s, int limit, socket_row_each *each, void *ctx) WARN_UNUSED;
int socket_set_data(struct store *s, struct log_text sid, struct log_text data) WARN_UNUSED;
/* Rows up to this seq are not for it (any more, when it has come back: what it missed of them is sent apart): its middleware wrote them. */
int socket_set_joined(struct store *s, struct log_text sid, int64_t seq) WARN_UNUSED;
/* Disconnects: left = seq (at least 1), left_at_ms; its memberships end at seq, and what it is asked is forgotten. Row and memberships stay, with its client's id, until
 * retention finds the recovery window passed and the client past them: a closing client may have rows up to seq to fetch. NOT_FOUND
 * when it is no connected socket. */
int socket_leave(struct store *s, struct log_text sid, int64_t seq, int64_t now_ms) WARN_UNUSED;

/* Connection state recovery. The socket of that secret in that namespace, connected or not, likewise copied. NOT_FOUND. */
int socket_of_pid(struct store *s, struct log_text nsp, struct log_text pid, struct socket_row *out, void **block) WARN_UNUSED;
/* It has left for good: nobody can come back as it. */
int socket_forget_pid(struct store *s, struct log_text sid) WARN_UNUSED;
/* One that has left (row->left) is a client's again, with CONNECT's payload row->auth: its generation grows, the memberships that its leaving closed are open,
 * and it is as if it had been there since its origin. NOT_FOUND. */
int socket_come_back(struct store *s, const struct socket_row *row, int64_t client) WARN_UNUSED;

/* member */
typedef int member_each(void *ctx, struct log_text nsp, struct log_text room, struct log_text sid, int64_t since, int64_t until /* 0: open */);
typedef int room_count_each(void *ctx, struct log_text room, int64_t sockets);
/* since: the newest seq now. EXISTS when it is in already. */
int member_join(struct store *s, struct log_text nsp, struct log_text room, struct log_text sid, int64_t since) WARN_UNUSED;
/* NOT_FOUND when it is not in. */
int member_leave(struct store *s, struct log_text nsp, struct log_text room, struct log_text sid, int64_t until) WARN_UNUSED;
/* Every interval of a socket, open and closed ones. */
int member_of_socket(struct store *s, struct log_text sid, member_each *each, void *ctx) WARN_UNUSED;
/* Every interval in a room, likewise. */
int member_of_room(struct store *s, struct log_text nsp, struct log_text room, member_each *each, void *ctx) WARN_UNUSED;
/* How many are in it now, counted up to limit. */
int64_t member_room_size(struct store *s, struct log_text nsp, struct log_text room, int64_t limit);
int member_count_of_socket(struct store *s, struct log_text sid) WARN_UNUSED;
/* Rooms of a namespace with sockets in them now, in the order of their bytes: those behind `after`, at most limit of them (0: any number). */
int member_rooms(struct store *s, struct log_text nsp, struct log_text after, int limit, room_count_each *each, void *ctx) WARN_UNUSED;

#endif
