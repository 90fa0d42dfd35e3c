/* Query strings, sliced and decoded. Nothing is refused: a bad escape stays as it is. Pure, any thread. */
#include "config.h"
#include "proto/query.h"

#include <string.h>

static void split_pair(const char *text, size_t len, struct query_pair *pair)
{
	const char *equals = memchr(text, '=', len);

	pair->key = text;
	pair->key_len = equals ? (size_t)(equals - text) : len;
	pair->value = equals ? equals + 1 : text + len;
	pair->value_len = equals ? len - pair->key_len - 1 : 0;
}

bool query_next(const char *query, size_t len, size_t *cursor, struct query_pair *pair)
{
	while (*cursor < len) {
		const char *at = query + *cursor;
		const char *amp = memchr(at, '&', len - *cursor);
		size_t n = amp ? (size_t)(amp - at) : len - *cursor;

		*cursor += n + (amp != NULL);
		if (n == 0)
			continue;
		split_pair(at, n, pair);
		return true;
	}
	return false;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* One decoded byte; returns how many it took. n is at least 1. */
static size_t decode_byte(const char *text, size_t n, char *out)
{
	int high, low;

	*out = *text == '+' ? ' ' : *text;
	if (*text != '%' || n < 3)
		return 1;
	high = hex_value(text[1]);
	low = hex_value(text[2]);
	if (high < 0 || low < 0)
		return 1;
	*out = (char)(high << 4 | low);
	return 3;
}

size_t query_decode(const char *text, size_t n, char *out)
{
	size_t at = 0, len = 0;

	while (at < n)
		at += decode_byte(text + at, n - at, &out[len++]);
	return len;
}

size_t path_decode(const char *text, size_t n, char *out)
{
	size_t at = 0, len = 0;

	while (at < n) {
		at += decode_byte(text + at, n - at, &out[len]);
		if (text[at - 1] == '+')
			out[len] = '+';
		len++;
	}
	return len;
}

static bool key_is(const struct query_pair *pair, const char *name)
{
	size_t at = 0;
	char c;

	while (at < pair->key_len) {
		at += decode_byte(pair->key + at, pair->key_len - at, &c);
		if (*name == '\0' || c != *name++)
			return false;
	}
	return *name == '\0';
}

/* As query_get does with the value that it found. */
static ssize_t copy_value(const struct query_pair *pair, char *out, size_t cap)
{
	size_t at = 0, len = 0;
	char c;

	while (at < pair->value_len) {
		at += decode_byte(pair->value + at, pair->value_len - at, &c);
		if (len + 1 >= cap)
			return -2;
		out[len++] = c;
	}
	if (cap == 0)
		return -2;
	out[len] = '\0';
	return (ssize_t)len;
}

ssize_t query_get(const char *query, size_t len, const char *name, char *out, size_t cap)
{
	struct query_pair pair;
	size_t cursor = 0;

	while (query_next(query, len, &cursor, &pair))
		if (key_is(&pair, name))
			return copy_value(&pair, out, cap);
	return -1;
}
