/* Log-linear buckets: exact below HISTOGRAM_FINE, then HISTOGRAM_FINE steps to each doubling. */
#include "config.h"

#include "tests/bench/histogram.h"

static unsigned bucket_of(uint64_t value)
{
	unsigned shift = 0;

	while (value >> shift >= 2 * HISTOGRAM_FINE)
		shift++;
	unsigned at = shift * HISTOGRAM_FINE + (unsigned)(value >> shift);
	return at < HISTOGRAM_BUCKETS ? at : HISTOGRAM_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t bucket_top(unsigned at)
{
	unsigned shift = at < 2 * HISTOGRAM_FINE ? 0 : at / HISTOGRAM_FINE - 1;

	return ((uint64_t)(at - shift * HISTOGRAM_FINE) + 1) * ((uint64_t)1 << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
	h->count++;
	h->bucket[bucket_of(value)]++;
	if (value > h->max)
		h->max = value;
}

uint64_t histogram_at(const struct histogram *h, double part)
{
	uint64_t want = (uint64_t)((double)h->count * part + 0.5), seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= want && seen > 0)
			return bucket_top(i) < h->max ? bucket_top(i) : h->max;
	}
	return h->max;
}
