/*
 * The growing buffer. Not a string library. Any thread, one at a time; the
 * caller embeds the struct and owns the bytes until buf_steal.
 *
 * cap counts the byte for the NUL, max does not.
 */
#include "config.h"
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64

void buf_init(struct buf *b, size_t max_bytes)
{
	memset(b, 0, sizeof(*b));
	/* keeps cap arithmetic below from overflowing */
	b->max = max_bytes < SIZE_MAX / 4 ? max_bytes : SIZE_MAX / 4;
}

void buf_deinit(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->error = 0;
	if (b->data)
		b->data[0] = '\0';
}

/* Doubles, so that n appends cost O(n); the last step goes to the maximum exactly. */
static size_t next_cap(const struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap * 2 : FIRST_CAP;

	if (cap < need)
		cap = need;
	return cap > b->max + 1 ? b->max + 1 : cap;
}

static int grow(struct buf *b, size_t n)
{
	size_t need;
	char *data;

	if (b->error)
		return b->error;
	if (n > b->max - b->len)
		return b->error = POLLUX_TOO_BIG;
	need = b->len + n + 1;
	if (need <= b->cap)
		return 0;
	need = next_cap(b, need);
	data = realloc(b->data, need);
	if (!data)
		return b->error = POLLUX_NO_MEMORY;
	b->data = data;
	b->cap = need;
	return 0;
}

int buf_add(struct buf *b, const void *data, size_t n)
{
	if (n == 0 || grow(b, n))
		return b->error;
	memcpy(b->data + b->len, data, n);
	buf_commit(b, n);
	return 0;
}

int buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_add_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

static int add_formatted(struct buf *b, const char *format, va_list args)
{
	size_t room = b->cap > b->len ? b->cap - b->len : 0;
	va_list again;
	int n;

	if (b->error)
		return b->error;
	va_copy(again, args);
	n = vsnprintf(room ? b->data + b->len : NULL, room, format, args);
	if (n < 0) {
		b->error = POLLUX_NO_MEMORY;
	} else if ((size_t)n >= room && grow(b, (size_t)n) == 0) {
		vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
	}
	va_end(again);
	if (!b->error)
		b->len += (size_t)n;
	else if (b->data)
		b->data[b->len] = '\0';
	return b->error;
}

int buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;
	int error;

	va_start(args, format);
	error = add_formatted(b, format, args);
	va_end(args);
	return error;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (grow(b, n))
		return NULL;
	b->data[b->len] = '\0';
	return b->data + b->len;
}

void buf_commit(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

char *buf_steal(struct buf *b)
{
	char *data = b->data;

	if (b->error == POLLUX_NO_MEMORY) {
		free(data);
		data = NULL;
	} else if (!data) {
		data = calloc(1, 1);
	}
	buf_init(b, b->max);
	return data;
}
