/*
 * The watchdog: a thread that ends the process when one event of a tick takes more than tick_limit of CPU time, or ten times that of waiting,
 * saying which session and event it was. A process that hangs would hold the writer lock for ever.
 */
#ifndef POLLUX_WATCHDOG_H
#define POLLUX_WATCHDOG_H

#include <stdint.h>
#include "base/err.h"

struct watchdog;

/* Starts the thread; called by the one whose ticks it watches. limit_ms 0: none is started and *out is NULL (which the others accept). */
int watchdog_start(struct watchdog **out, int64_t limit_ms) WARN_UNUSED;
void watchdog_stop(struct watchdog *w);
/* Another limit from now on; over 0. */
void watchdog_set_limit(struct watchdog *w, int64_t limit_ms);
/* The loop thread is in a tick, at this session and event (copied, cut to a few dozen characters); the time is counted anew. And out of the tick again. */
void watchdog_enter(struct watchdog *w);
void watchdog_note(struct watchdog *w, const char *sid, const char *event, int event_len);
void watchdog_leave(struct watchdog *w);

#endif
