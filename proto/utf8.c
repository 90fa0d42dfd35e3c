/*
 * UTF-8 validation, in pieces and whole. Pure, any thread.
 *
 * A state inside a character packs what may follow: the number of bytes still
 * to come and the range of the next one (only the second byte's range differs from 80-bf).
 */
#include "config.h"
#include "proto/utf8.h"

#include "proto/span.h"

#define EXPECT(more, low, high) ((uint32_t)(more) << 16 | (uint32_t)(low) << 8 | (uint32_t)(high))

/* What a first byte over 7f calls for (RFC 3629 section 4). */
static inline uint32_t expect_after(unsigned char c)
{
	if (c < 0xc2 || c > 0xf4)
		return UTF8_REJECT;
	if (c < 0xe0)
		return EXPECT(1, 0x80, 0xbf);
	if (c < 0xf0)
		return EXPECT(2, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf);
	return EXPECT(3, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf);
}

static inline uint32_t feed_byte(uint32_t state, unsigned char c)
{
	uint32_t more = state >> 16;

	if (state == UTF8_ACCEPT)
		return c < 0x80 ? UTF8_ACCEPT : expect_after(c);
	if (c < (state >> 8 & 0xff) || c > (state & 0xff))
		return UTF8_REJECT;
	return more == 1 ? UTF8_ACCEPT : EXPECT(more - 1, 0x80, 0xbf);
}

static inline bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of the well-formed character over U+007F at the start, or 0. */
static inline size_t high_len(const char *at, size_t left)
{
	uint32_t expect = expect_after((unsigned char)*at);
	size_t more = expect >> 16, i;
	unsigned char second;

	if (expect == UTF8_REJECT || left <= more)
		return 0;
	second = (unsigned char)at[1];
	if (second < (expect >> 8 & 0xff) || second > (expect & 0xff))
		return 0;
	for (i = 2; i <= more; i++)
		if (!is_tail(at[i]))
			return 0;
	return more + 1;
}

/* Most text over U+007F is of two bytes a character: those at the start. */
static inline size_t two_byte_span(const char *data, size_t len)
{
	size_t at = 0;

	while (len - at >= 2 && (unsigned char)data[at] >= 0xc2 && (unsigned char)data[at] < 0xe0 && is_tail(data[at + 1]))
		at += 2;
	return at;
}

size_t utf8_high_span(const char *data, size_t len)
{
	size_t at = 0, n;

	for (;;) {
		at += two_byte_span(data + at, len - at);
		if (at == len || (unsigned char)data[at] < 0x80)
			break;
		n = high_len(data + at, len - at);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

/* How much of the data is whole characters. */
static size_t valid_span(const char *data, size_t len)
{
	size_t at = 0, n;

	do {
		at += span_ascii(data + at, len - at);
		n = utf8_high_span(data + at, len - at);
		at += n;
	} while (n > 0);
	return at;
}

uint32_t utf8_feed(uint32_t state, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len && state != UTF8_REJECT) {
		if (state == UTF8_ACCEPT)
			at += valid_span(data + at, len - at);
		/* what stops the span is malformed or cut off by the end of the piece */
		if (at < len)
			state = feed_byte(state, (unsigned char)data[at++]);
	}
	return state;
}

bool utf8_valid(const char *data, size_t len)
{
	return valid_span(data, len) == len;
}

size_t utf8_write(uint32_t scalar, char *out)
{
	if (scalar < 0x80) {
		out[0] = (char)scalar;
		return 1;
	}
	if (scalar < 0x800) {
		out[0] = (char)(0xc0 | scalar >> 6);
		out[1] = (char)(0x80 | (scalar & 0x3f));
		return 2;
	}
	if (scalar < 0x10000) {
		out[0] = (char)(0xe0 | scalar >> 12);
		out[1] = (char)(0x80 | (scalar >> 6 & 0x3f));
		out[2] = (char)(0x80 | (scalar & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | scalar >> 18);
	out[1] = (char)(0x80 | (scalar >> 12 & 0x3f));
	out[2] = (char)(0x80 | (scalar >> 6 & 0x3f));
	out[3] = (char)(0x80 | (scalar & 0x3f));
	return 4;
}
