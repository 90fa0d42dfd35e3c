/*
 * Immutable bytes shared by reference count: what is sent to many is built
 * once. Loop thread only: the count is not atomic.
 */
#ifndef POLLUX_BYTES_H
#define POLLUX_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint32_t refs;
	uint32_t len;
	char data[];     /* len bytes and a NUL */
};

/* A copy of n bytes (data may be NULL: room to fill in) with one reference; NULL out of memory or over 4 GB. */
struct bytes *bytes_new(const void *data, size_t n);
/* One more reference; returns b. NULL is fine. */
struct bytes *bytes_ref(struct bytes *b);
/* One less; frees at zero. NULL is fine. */
void bytes_unref(struct bytes *b);

#endif
