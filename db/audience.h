/*
 * A set of connected sockets, chosen by rooms, on which one statement does what would be thousands of calls. It stands in a temporary
 * table of this connection until the next one is begun. Inside a transaction of the caller.
 */
#ifndef POLLUX_AUDIENCE_H
#define POLLUX_AUDIENCE_H

#include "db/sockets.h"

typedef int audience_each(void *ctx, struct log_text sid, int64_t client);

/* Begins an empty set. */
int audience_begin(struct store *s) WARN_UNUSED;
/* Adds the sockets of a room, a socket's id being a room too; room.at NULL: all of the namespace. Takes those of a room away. */
int audience_add(struct store *s, struct log_text nsp, struct log_text room) WARN_UNUSED;
int audience_remove(struct store *s, struct log_text nsp, struct log_text room) WARN_UNUSED;
/* Hands out its sockets' ids (their rows: socket_of_audience), and how many there are. */
int audience_ids(struct store *s, audience_each *each, void *ctx) WARN_UNUSED;
int64_t audience_count(struct store *s);
/* As member_join and member_leave for each of them; hands out those that were not (or were) in. How many. */
int audience_join(struct store *s, struct log_text nsp, struct log_text room, int64_t since, audience_each *each, void *ctx) WARN_UNUSED;
int audience_leave(struct store *s, struct log_text nsp, struct log_text room, int64_t until, audience_each *each, void *ctx) WARN_UNUSED;
/* In how many rooms that one of them is that is in most. */
int64_t audience_most_rooms(struct store *s);

#endif
