/* Base64 (RFC 4648 section 4) as Engine.IO's binary packets use it. Pure. */
#ifndef POLLUX_BASE64_H
#define POLLUX_BASE64_H

#include <stddef.h>
#include <sys/types.h>

#define BASE64_ENCODED_LEN(n) (((n) + 2) / 3 * 4)
#define BASE64_DECODED_MAX(n) (((n) + 3) / 4 * 3)

/* Encodes n bytes to exactly BASE64_ENCODED_LEN(n) characters, no NUL. out must have room. */
void base64_encode(const void *data, size_t n, char *out);
/* Decodes; padding may be missing (as Buffer.from accepts), other characters are refused. Returns the bytes written
 * (out has room for BASE64_DECODED_MAX) or -1. out may be NULL: only checks and counts. */
ssize_t base64_decode(const char *text, size_t n, void *out);

#endif
