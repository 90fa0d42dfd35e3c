/* Query strings: a=b&c=d, percent-encoded, + is a space. Pure. */
#ifndef POLLUX_QUERY_H
#define POLLUX_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct query_pair {
	const char *key, *value;    /* still encoded */
	size_t key_len, value_len;
};

/* Walks the pairs: *cursor starts as 0; true with the next one. Empty pairs are skipped. */
bool query_next(const char *query, size_t len, size_t *cursor, struct query_pair *pair);
/* The first pair whose decoded key is name: decodes its value into out (NUL-terminated, cap counts the NUL).
 * Returns its length, -1 when there is none, -2 when it does not fit. */
ssize_t query_get(const char *query, size_t len, const char *name, char *out, size_t cap);
/* Decodes n bytes; returns the decoded length (never more than n; out has room for n). A bad escape stays as it is. */
size_t query_decode(const char *text, size_t n, char *out);
/* Likewise for a part of a path, where + is a plus. */
size_t path_decode(const char *text, size_t n, char *out);

#endif
