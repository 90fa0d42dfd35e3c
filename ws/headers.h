/*
 * A request's headers as core wants them: names in lower case, in the order they came, a header that came several times as one value
 * (RFC 9110, 5.3; cookies are joined by "; "). One block of text. Pure.
 */
#ifndef POLLUX_WS_HEADERS_H
#define POLLUX_WS_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"

/* Appends a header to the block, an empty buffer at first: "name\0value\0". Failures show in b->error. */
void headers_add(struct buf *b, const char *name, const char *value);
/* The value of a header by its lower-case name, or NULL. */
const char *headers_get(const struct buf *b, const char *name);
/* The one at index, from 0; false at the end. */
bool headers_at(const struct buf *b, size_t index, const char **name, const char **value);

#endif
