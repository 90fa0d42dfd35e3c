/*
 * Eight or sixteen bytes at a time: how far plain text goes. The hot loops of the JSON,
 * UTF-8 and base64 codecs stand on this. Pure; nothing is read beyond len.
 */
#ifndef POLLUX_SPAN_H
#define POLLUX_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SPAN_ONES UINT64_C(0x0101010101010101)
#define SPAN_HIGH UINT64_C(0x8080808080808080)

/* The high bit of each byte that is c; exact up to and including the lowest such byte. */
static inline uint64_t span_bytes_equal(uint64_t word, unsigned char c)
{
	uint64_t x = word ^ SPAN_ONES * c;

	return (x - SPAN_ONES) & ~x & SPAN_HIGH;
}

/* Which bytes end plain JSON string text: a quote, a backslash, a control or a byte over 0x7f. */
static inline uint64_t span_json_stops(uint64_t word)
{
	return (((word - SPAN_ONES * 0x20) | word) & SPAN_HIGH) | span_bytes_equal(word, '"') |
	       span_bytes_equal(word, '\\');
}

static inline bool span_is_json_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Bytes before the first stop in the word as it lies in memory. */
static inline size_t span_before_stop(uint64_t stops)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(stops) / 8;
#else
	/* a false stop may lie before the true one here: the byte loop decides */
	(void)stops;
	return 0;
#endif
}

#ifdef __SSE2__
/* One bit a byte of the sixteen at at: those that end plain JSON string text (bytes over 0x7f are negative). */
static inline unsigned span_json_stops16(const char *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i stops = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));

	stops = _mm_or_si128(stops, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
	stops = _mm_or_si128(stops, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
	return (unsigned)_mm_movemask_epi8(stops);
}
#endif

/* How many bytes at the start may stand in a JSON string as they are, ASCII only. */
static inline size_t span_json_plain(const char *at, size_t len)
{
	size_t n = 0;
	uint64_t word, stops;

#ifdef __SSE2__
	for (; len - n >= 16; n += 16) {
		unsigned bits = span_json_stops16(at + n);

		if (bits)
			return n + (size_t)__builtin_ctz(bits);
	}
#endif
	for (; len - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, at + n, sizeof(word));
		stops = span_json_stops(word);
		if (stops) {
			n += span_before_stop(stops);
			break;
		}
	}
	while (n < len && span_is_json_plain((unsigned char)at[n]))
		n++;
	return n;
}

/* How many bytes at the start are ASCII. */
static inline size_t span_ascii(const char *at, size_t len)
{
	size_t n = 0;
	uint64_t word;

	for (; len - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, at + n, sizeof(word));
		if (word & SPAN_HIGH)
			break;
	}
	while (n < len && (unsigned char)at[n] < 0x80)
		n++;
	return n;
}

#endif
