/* Counts of durations in buckets of at most 1.6% width: percentiles of any number of samples in 16 KB. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_FINE 64
#define HISTOGRAM_BUCKETS (34 * HISTOGRAM_FINE)

struct histogram {
	uint64_t count, max;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value);
/* The value that `part` (0 to 1) of the samples do not exceed; 0 without samples. */
uint64_t histogram_at(const struct histogram *h, double part);

#endif
