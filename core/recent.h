/*
 * The newest rows of the log in memory, so that a poll that comes a moment after its last answer finds what it missed without asking the
 * store. Bounded in rows and bytes; what is older is read from the log. Where thousands of clients come at once, each finds thousands of
 * rows between its handshake and its first poll, nearly all of them for others: so many are known, for a few seconds, but those for one
 * client, of whom most have been fetched by then, are not kept themselves.
 */
#ifndef POLLUX_RECENT_H
#define POLLUX_RECENT_H

#include <stdbool.h>
#include "core/row.h"

#define RECENT_ROWS 32768
#define RECENT_MAX_BYTES (8 << 20)
/* However old they are, and whoever they are for. */
#define RECENT_KEPT 2048
#define RECENT_SECONDS 8

struct recent {
	struct recent_entry *ring;            /* of RECENT_ROWS */
	size_t first, count;
	size_t bytes;
	int64_t after;                        /* every row with seq above this, up to the newest, is here */
	int64_t newest_then[RECENT_SECONDS];  /* as it was so many calls of recent_age ago, the oldest at `second` */
	int second;
};

int recent_init(struct recent *r, int64_t after) WARN_UNUSED;
void recent_deinit(struct recent *r);
/* Takes one more reference to the row, which is the newest. */
void recent_add(struct recent *r, struct row *row);
/* Once a second: forgets rows that have been here for RECENT_SECONDS. */
void recent_age(struct recent *r);
/* True when all rows above seq are here. */
bool recent_covers(const struct recent *r, int64_t seq);
/* The index of the first row above seq (its count when there is none). */
size_t recent_find(const struct recent *r, int64_t seq);
/* The row at that index or the first behind it that may be for that client: its index and seq. *row NULL: it is to be read from the log.
 * False: there is none. */
bool recent_next(const struct recent *r, size_t *index, int64_t client, int64_t *seq, struct row **row);

#endif
