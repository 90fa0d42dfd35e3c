/*
 * Acknowledgements that the server asks for: noted when an event is emitted, looked up when a client answers. All of it stands in
 * the store, since any process may get the answer. Loop thread only, inside the tick's transaction.
 */
#ifndef POLLUX_CORE_ASKS_H
#define POLLUX_CORE_ASKS_H

#include "core/event_run.h"
#include "db/asks.h"

/* Notes what a row asks for. TOO_BIG: the context is. */
int asks_add(struct server *s, const struct emission *e, int64_t seq) WARN_UNUSED;
/* The event's own socket answers that row, for the first time: *ask is what was kept, to be freed with ask_deinit. The answer counts from now on,
 * whatever becomes of the event. NOT_FOUND: it was not asked, or has answered, or that is forgotten. */
int asks_take(struct event *ev, int64_t seq, struct ask *ask) WARN_UNUSED;

#endif
