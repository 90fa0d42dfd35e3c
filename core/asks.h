/*
 * Acknowledgements that the server asks for: noted when an event is emitted, looked up when a client answers, over when their time has come. All of
 * it stands in the store, since any process may get the answer. Loop thread only, inside the tick's transaction.
 */
#ifndef POLLUX_CORE_ASKS_H
#define POLLUX_CORE_ASKS_H

#include "core/event_run.h"
#include "db/asks.h"

/* Right before the row is written: whether this can be asked for, and of whom. TOO_BIG: the context, or the number of those asked; NOT_FOUND: the one socket
 * has gone; PROTOCOL: many without a timeout. */
int asks_check(struct event *ev, const struct emission *e) WARN_UNUSED;
/* Notes what the row asks for, of those whom asks_check has found. */
int asks_add(struct server *s, const struct emission *e, int64_t seq) WARN_UNUSED;
/* The event's own socket answers that row, for the first time. ask->sid set: it alone was asked, and *ask is what was kept; freed with ask_deinit either way.
 * Else its answer is kept with the others', and nothing is to be run yet. The answer counts from now on, whatever becomes of the event.
 * NOT_FOUND: it was not asked, or has answered, or that is over; TOO_BIG: the answers of all would be too long. */
int asks_take(struct event *ev, const struct incoming *in, struct ask *ask) WARN_UNUSED;
/* Runs the handler of one that is over by now. 1, 0 when none is, or the error that ends the transaction. */
int asks_end_one(struct server *s, int64_t now_ms) WARN_UNUSED;

#endif
