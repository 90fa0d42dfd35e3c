/* The ring of the newest rows. Looking for one client's reads the entries alone, which lie side by side. */
#include "config.h"
#include "core/recent.h"

#include <stdlib.h>

struct recent_entry {
	struct row *row;   /* NULL: not kept */
	int64_t seq;
	int64_t only;      /* the one client that it is for; 0: perhaps anybody */
};

int recent_init(struct recent *r, int64_t after)
{
	*r = (struct recent){.after = after, .ring = calloc(RECENT_ROWS, sizeof(*r->ring))};
	return r->ring ? 0 : POLLUX_NO_MEMORY;
}

static struct recent_entry *entry(const struct recent *r, size_t index)
{
	return &r->ring[(r->first + index) % RECENT_ROWS];
}

static void drop_row(struct recent *r, struct recent_entry *e)
{
	if (!e->row)
		return;
	r->bytes -= row_size(e->row);
	row_unref(e->row);
	e->row = NULL;
}

static void recent_drop_oldest(struct recent *r)
{
	struct recent_entry *oldest = entry(r, 0);

	r->after = oldest->seq;
	drop_row(r, oldest);
	r->first = (r->first + 1) % RECENT_ROWS;
	r->count--;
}

void recent_deinit(struct recent *r)
{
	while (r->count)
		recent_drop_oldest(r);
	free(r->ring);
	r->ring = NULL;
}

/* Counted without the wire form, which comes later and is of the same order. */
void recent_add(struct recent *r, struct row *row)
{
	bool for_one = row->kind == LOG_REPLY || row->kind == LOG_CONTROL;

	if (r->count == RECENT_ROWS)
		recent_drop_oldest(r);
	*entry(r, r->count++) = (struct recent_entry){row_ref(row), row->seq, for_one ? row->client : 0};
	r->bytes += row_size(row);
	if (r->count > RECENT_KEPT && entry(r, r->count - 1 - RECENT_KEPT)->only)
		drop_row(r, entry(r, r->count - 1 - RECENT_KEPT));
	while (r->bytes > RECENT_MAX_BYTES && r->count > 1)
		recent_drop_oldest(r);
}

void recent_age(struct recent *r)
{
	int64_t old = r->newest_then[r->second];

	while (r->count > RECENT_KEPT && entry(r, 0)->seq <= old)
		recent_drop_oldest(r);
	r->newest_then[r->second] = r->count ? entry(r, r->count - 1)->seq : r->after;
	r->second = (r->second + 1) % RECENT_SECONDS;
}

bool recent_covers(const struct recent *r, int64_t seq)
{
	return seq >= r->after;
}

size_t recent_find(const struct recent *r, int64_t seq)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entry(r, middle)->seq <= seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool recent_next(const struct recent *r, size_t *index, int64_t client, int64_t *seq, struct row **row)
{
	for (; *index < r->count; ++*index) {
		const struct recent_entry *e = entry(r, *index);

		if (e->only == 0 || e->only == client) {
			*seq = e->seq;
			*row = e->row;
			return true;
		}
	}
	return false;
}
