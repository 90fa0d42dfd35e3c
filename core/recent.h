/*
 * The newest rows of the log in memory, so that a poll that comes a moment after its last answer finds
 * what it missed without asking the store. Bounded in rows and bytes; what is older is read from the log.
 */
#ifndef POLLUX_RECENT_H
#define POLLUX_RECENT_H

#include <stdbool.h>
#include "core/row.h"

#define RECENT_ROWS 2048
#define RECENT_MAX_BYTES (8 << 20)

struct recent {
	struct row *ring[RECENT_ROWS];
	size_t first, count;
	size_t bytes;
	int64_t after;      /* every row with seq above this, up to the newest, is here */
};

void recent_init(struct recent *r, int64_t after);
void recent_deinit(struct recent *r);
/* Takes one more reference to the row, which is the newest. */
void recent_add(struct recent *r, struct row *row);
/* True when all rows above seq are here. */
bool recent_covers(const struct recent *r, int64_t seq);
/* The index of the first row above seq (its count when there is none), and the row at an index. */
size_t recent_find(const struct recent *r, int64_t seq);
struct row *recent_at(const struct recent *r, size_t index);

#endif
