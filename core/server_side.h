/*
 * Events from process to process (core/event.h: event_server_side): rows of the log that every other process reads, in order, and hands to its handler in an event
 * without a client. They wait in memory until the writer lock is ours; whoever starts later has no use for them. Loop thread only.
 */
#ifndef POLLUX_SERVER_SIDE_H
#define POLLUX_SERVER_SIDE_H

#include "core/state.h"

/* A row of another process has been read in the log (one's own never are): keeps it if it is such an event. */
void server_side_take(struct server *s, struct row *row);
/* Inside the tick's transaction: runs the next one. 1, 0 when there is none, or the error that ends the transaction. */
int server_side_run_one(struct server *s) WARN_UNUSED;
/* Those that ran are done with; or they run again. */
void server_side_commit(struct server *s);
void server_side_revert(struct server *s);
void server_side_deinit(struct server *s);

#endif
