/*
 * Timers: handlers that are to run at a time, once or again and again. Deadlines are CLOCK_MONOTONIC's; a downtime counts, for them as for everybody
 * (see processes.h). Inside a transaction of the caller.
 */
#ifndef POLLUX_TIMERS_H
#define POLLUX_TIMERS_H

#include <stdint.h>
#include "db/log.h"
#include "db/store.h"

/* Text is borrowed by timer_insert, and owned by whoever loaded it (timer_deinit), NUL-terminated then. */
struct timer {
	int64_t id, due_ms;
	int64_t every_ms;          /* 0: once */
	struct log_text nsp, name;
	struct log_text context;   /* any text */
};

/* Inserts: id is set. Of those that repeat there is one of a name in a namespace: EXISTS. */
int timer_insert(struct store *s, struct timer *t) WARN_UNUSED;
/* The earliest that is due by now. NOT_FOUND. */
int timer_load_due(struct store *s, int64_t now_ms, struct timer *out) WARN_UNUSED;
void timer_deinit(struct timer *t);
/* NOT_FOUND: it is no more, or never was. */
int timer_delete(struct store *s, int64_t id) WARN_UNUSED;
/* Deletes one that does not repeat. NOT_FOUND likewise. */
int timer_cancel(struct store *s, int64_t id) WARN_UNUSED;
/* When it is due next, and at what interval from then on. */
int timer_set(struct store *s, int64_t id, int64_t due_ms, int64_t every_ms) WARN_UNUSED;
/* Those that do not repeat. */
int64_t timer_count(struct store *s) WARN_UNUSED;
/* Those that repeat; text is valid during the call. Returns how many. */
typedef int timer_each(void *ctx, const struct timer *t);
int timer_repeating(struct store *s, timer_each *each, void *ctx) WARN_UNUSED;
/* The earliest deadline of a timer or an acknowledgement that is waited for; INT64_MAX: there is none. */
int deadline_next(struct store *s, int64_t *out) WARN_UNUSED;

#endif
