/*
 * What falls due without a client: acknowledgements that are over, timers, what other processes emitted for this one. It runs in the tick's
 * transaction, behind what clients sent, and counts in its share. The earliest deadline of the store has a timer of the loop; deadlines that other processes set are
 * noticed when the log is looked at. Loop thread only.
 */
#ifndef POLLUX_DUTIES_H
#define POLLUX_DUTIES_H

#include "core/state.h"

void duties_start(struct server *s);
void duties_stop(struct server *s);
/* The handler's repeated ones are (now) these. */
void duties_declare(struct server *s);
/* Looks for the earliest deadline: s->due when it has come, else the loop is woken then. */
void duties_look(struct server *s);
/* Inside the tick's transaction. s->due tells that there is more. */
int duties_run(struct server *s) WARN_UNUSED;
/* After COMMIT; after a rollback. */
void duties_commit(struct server *s);
void duties_revert(struct server *s);

#endif
