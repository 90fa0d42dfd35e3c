/* A run's result as one JSON object on stdout. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stddef.h>
#include "tests/bench/run.h"

/* What only one of the generators counts. */
struct report_count {
	const char *name;
	uint64_t value;
};

void report(const struct run *r, const struct report_count *more, size_t more_count);

#endif
