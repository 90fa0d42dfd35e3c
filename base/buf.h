/*
 * A growing byte buffer with a maximum from birth. The bytes are always
 * followed by a NUL that is not counted. Overflow and lack of memory are sticky: appending
 * goes on being harmless, error tells at the end.
 */
#ifndef POLLUX_BUF_H
#define POLLUX_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/err.h"

struct buf {
	char *data;      /* NULL until the first byte */
	size_t len;
	size_t cap;
	size_t max;      /* bytes it may ever hold */
	int error;       /* 0, POLLUX_TOO_BIG or POLLUX_NO_MEMORY */
};

/* An empty buffer that may grow to max_bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t max_bytes);
/* Frees the bytes; the buffer is empty and usable again. */
void buf_deinit(struct buf *b);
/* Empties it, keeps the memory, clears a sticky error. */
void buf_clear(struct buf *b);
/* Each appends and returns 0 or the sticky error. */
int buf_add(struct buf *b, const void *data, size_t n);
int buf_add_str(struct buf *b, const char *s);
int buf_add_char(struct buf *b, char c);
int buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Makes room for n more bytes and returns where they go (buf_commit tells how many were written), or NULL. */
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);
/* Hands the bytes (NUL-terminated, never NULL unless out of memory) to the caller, who frees them. */
char *buf_steal(struct buf *b);

#endif
