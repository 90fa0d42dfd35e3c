/* What both load generators may be told about a run, on the command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "tests/bench/run.h"

/* The lines that describe them, for a usage text. */
#define OPTIONS_USAGE                                                                                                                 \
	"  [--members N] [--senders N] [--senders-listen] [--until all|own|ack] [--window BATCHES] [--batch EVENTS]\n"                \
	"  [--bytes N] [--ramp N] [--rounds N] [--gap MS] [--rate EVENTS] [--settle MS] [--timeout MS] [--warmup MS] [--seconds S]\n" \
	"  [--watch NAME=PID,PID]\n"

#define OPTIONS_DEFAULT                                                                                                               \
	{                                                                                                                             \
		.members = 10, .senders = 1, .window = 1, .batch = 1, .bytes = 64, .ramp = 64, .settle_ms = 300, .timeout_ms = 15000, \
		.seconds = 2                                                                                                          \
	}

/* An option of one generator alone, which takes a value unless it is a flag. */
struct option_own {
	const char *name;
	bool flag;
	/* False: the value makes no sense. value is NULL for a flag. */
	bool (*set)(const char *value);
};

/* Reads argv into r's options and groups, and what own (ended by a NULL name) lists. False: usage. */
bool options_read(struct run *r, int argc, char **argv, const struct option_own *own);
/* The soft limit of descriptors becomes the hard one. */
void options_raise_descriptors(void);

#endif
