/*
 * Several binary attachments as one run of bytes: each a 4-byte big-endian length and its bytes. The form in which
 * the log keeps them. Pure.
 */
#ifndef POLLUX_ATTACHMENTS_H
#define POLLUX_ATTACHMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATTACHMENT_HEAD 4

/* Writes the head that stands before an attachment of len bytes. */
static inline void attachment_head(uint32_t len, unsigned char out[ATTACHMENT_HEAD])
{
	out[0] = (unsigned char)(len >> 24);
	out[1] = (unsigned char)(len >> 16);
	out[2] = (unsigned char)(len >> 8);
	out[3] = (unsigned char)len;
}

/* Walks packed attachments: *cursor starts as 0; true and the next one's bytes. Ends early on damaged input. */
static inline bool attachment_next(const char *packed, size_t len, size_t *cursor, const char **data, size_t *data_len)
{
	const unsigned char *p = (const unsigned char *)packed + *cursor;

	if (len - *cursor < ATTACHMENT_HEAD)
		return false;
	*data_len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (len - *cursor - ATTACHMENT_HEAD < *data_len)
		return false;
	*data = packed + *cursor + ATTACHMENT_HEAD;
	*cursor += ATTACHMENT_HEAD + *data_len;
	return true;
}

#endif
