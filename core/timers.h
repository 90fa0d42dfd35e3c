/* Timers of the application: those that run once (core/event.h: event_after) and those that repeat. Loop thread only, inside the tick's transaction. */
#ifndef POLLUX_CORE_TIMERS_H
#define POLLUX_CORE_TIMERS_H

#include "core/state.h"

/* Makes the store's list of what repeats the handler's own. Writes only where they differ. */
int timers_declare(struct server *s) WARN_UNUSED;
/* Runs one that is due by now. 1, 0 when none is, or the error that ends the transaction. */
int timers_run_one(struct server *s, int64_t now_ms) WARN_UNUSED;

#endif
