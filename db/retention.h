/*
 * Forgetting: history by age and rows a room, direct, volatile, control and reply rows, closed memberships and left sockets by the recovery window. A small batch
 * a call, inside a write transaction; called at least once a second, under load too.
 */
#ifndef POLLUX_RETENTION_H
#define POLLUX_RETENTION_H

#include <stdint.h>
#include "db/store.h"

struct retention {
	int64_t history_max_age_ms;   /* 0: for ever */
	int64_t history_max_rows;     /* a room; 0: no limit */
	int64_t recovery_window_ms;   /* so long sockets that have left may come back */
	int64_t in_flight_ms;         /* so long before it left a client may have had nothing of what it was sent: rows are kept for both */
	int64_t floor;                /* rows above this seq are still needed by a live client: left alone */
	int max_rows;                 /* look at or delete at most about so many rows now */
};

/* Nobody served for so long, or the wall clock jumped by that: rows that are there now are kept for it as well. In a write transaction. */
int retention_note_silence(struct store *s, int64_t ms) WARN_UNUSED;
/* Deletes a batch. *deleted: how many rows of all tables. The newest log row is never deleted. Keeps meta's `trimmed` and `gap`. */
int retention_run(struct store *s, const struct retention *r, int64_t wall_ms, int64_t mono_ms, int *deleted) WARN_UNUSED;

#endif
