/* Reading the log: what others wrote reaches the polls that wait here. Loop thread only. */
#ifndef POLLUX_CATCH_UP_H
#define POLLUX_CATCH_UP_H

#include "core/state.h"

/* Reads all rows above the server's position and routes them. In a read or write transaction. */
int catch_up_read(struct server *s) WARN_UNUSED;
/* Routes the rows that this transaction itself has appended; s->newest becomes the last one's seq. */
int catch_up_own(struct server *s) WARN_UNUSED;
/* After COMMIT: they are as good as read. */
void catch_up_commit(struct server *s);
/* After a rollback: clients that were read in it are read again before the next rows are. */
void catch_up_revert(struct server *s);
/* Adds to a client's pending the rows with from < seq <= to that reach it (volatile ones have passed), from memory or from the log,
 * about max_bytes at most. */
int catch_up_gather(struct server *s, struct client *c, int64_t from, int64_t to, size_t max_bytes) WARN_UNUSED;

#endif
