/* The ring of the newest rows. */
#include "config.h"
#include "core/recent.h"

void recent_init(struct recent *r, int64_t after)
{
	r->first = r->count = r->bytes = 0;
	r->after = after;
}

static void recent_drop_oldest(struct recent *r)
{
	struct row *row = r->ring[r->first];

	r->after = row->seq;
	r->bytes -= row_size(row);
	r->first = (r->first + 1) % RECENT_ROWS;
	r->count--;
	row_unref(row);
}

void recent_deinit(struct recent *r)
{
	while (r->count)
		recent_drop_oldest(r);
}

/* Counted without the wire form, which comes later and is of the same order. */
void recent_add(struct recent *r, struct row *row)
{
	if (r->count == RECENT_ROWS)
		recent_drop_oldest(r);
	r->ring[(r->first + r->count++) % RECENT_ROWS] = row_ref(row);
	r->bytes += row_size(row);
	while (r->bytes > RECENT_MAX_BYTES && r->count > 1)
		recent_drop_oldest(r);
}

bool recent_covers(const struct recent *r, int64_t seq)
{
	return seq >= r->after;
}

struct row *recent_at(const struct recent *r, size_t index)
{
	return r->ring[(r->first + index) % RECENT_ROWS];
}

size_t recent_find(const struct recent *r, int64_t seq)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (recent_at(r, middle)->seq <= seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
