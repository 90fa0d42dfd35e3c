/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. Pure. */
#ifndef POLLUX_UTF8_H
#define POLLUX_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_ACCEPT 0
#define UTF8_REJECT 1

/* Feeds bytes to a state (starts as UTF8_ACCEPT); UTF8_REJECT is final; any other value is inside a character. */
uint32_t utf8_feed(uint32_t state, const char *data, size_t len);
/* True when the bytes are whole, valid UTF-8. */
bool utf8_valid(const char *data, size_t len);
/* Bytes of the run of whole, well-formed characters over U+007F at the start; 0 when it starts with ASCII or is malformed. */
size_t utf8_high_span(const char *data, size_t len);
/* Writes one scalar value; returns 1 to 4. out has room for 4. */
size_t utf8_write(uint32_t scalar, char *out);

#endif
