/* What the benchmark's clients say and hear: ["say",SENDER,NUMBER,"000…"] and ["said",SENDER,NUMBER,…]. Pure. */
#ifndef BENCH_EVENT_H
#define BENCH_EVENT_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes event_write may need besides the prefix, the id and the padding. */
#define EVENT_HEAD 64

struct event {
	const char *prefix; /* what stands before: "42" of Socket.IO, "" for nothing */
	const char *name; /* "say" */
	bool ack; /* its number is written behind the prefix, as the id of the ack wanted */
	unsigned sender, number;
	unsigned bytes; /* of padding */
};

/* Returns bytes written, without the NUL that follows; out must have room for all of it. */
size_t event_write(char *out, size_t cap, const struct event *e);
/* False when [at, end) is no "said". */
bool event_read(const char *at, const char *end, unsigned *sender, unsigned *number);
/* A decimal number; moves *at behind it. False when there is none. */
bool event_number(const char **at, const char *end, unsigned *out);

#endif
