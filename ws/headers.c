/* See the header. */
#include "config.h"
#include "ws/headers.h"

#include <string.h>

/* Where the value of this name stands in the block (0: nowhere: a name is before each). */
static size_t find(const struct buf *b, const char *name)
{
	for (size_t at = 0; at < b->len;) {
		size_t value = at + strlen(b->data + at) + 1;

		if (strcmp(b->data + at, name) == 0)
			return value;
		at = value + strlen(b->data + value) + 1;
	}
	return 0;
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text + 32);
}

/* Puts text into the block before the byte at `at`. */
static void insert(struct buf *b, size_t at, const char *text, size_t len)
{
	size_t behind = b->len - at;

	if (!buf_reserve(b, len))
		return;
	memmove(b->data + at + len, b->data + at, behind);
	memcpy(b->data + at, text, len);
	buf_commit(b, len);
}

static void join(struct buf *b, size_t value_at, const char *separator, const char *value)
{
	size_t end = value_at + strlen(b->data + value_at);

	insert(b, end, separator, 2);
	if (!b->error)
		insert(b, end + 2, value, strlen(value));
}

void headers_add(struct buf *b, const char *name, const char *value)
{
	size_t start = b->len, same;

	buf_add(b, name, strlen(name) + 1);
	if (b->error)
		return;
	lower(b->data + start);
	/* the new name is in the block already, without a value: it must not find itself */
	b->len = start;
	same = find(b, b->data + start);
	if (same) {
		join(b, same, strcmp(b->data + start, "cookie") == 0 ? "; " : ", ", value);
		return;
	}
	b->len = start + strlen(name) + 1;
	buf_add(b, value, strlen(value) + 1);
}

const char *headers_get(const struct buf *b, const char *name)
{
	size_t at = find(b, name);

	return at ? b->data + at : NULL;
}

bool headers_at(const struct buf *b, size_t index, const char **name, const char **value)
{
	for (size_t at = 0; at < b->len; index--) {
		size_t value_at = at + strlen(b->data + at) + 1;

		if (index == 0) {
			*name = b->data + at;
			*value = b->data + value_at;
			return true;
		}
		at = value_at + strlen(b->data + value_at) + 1;
	}
	return false;
}
