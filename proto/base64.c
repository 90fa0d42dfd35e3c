/*
 * Base64. Strict in the alphabet, lenient in padding as Buffer.from is: a sender may leave
 * it out. Bits left over in the last character are ignored. Pure, any thread.
 */
#include "config.h"
#include "proto/base64.h"

#include <stdbool.h>
#include <stdint.h>

#define BAD 0x80

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define X8 BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD
#define X32 X8, X8, X8, X8

/* A character's six bits, or BAD. */
static const uint8_t values[256] = {
	X32,
	X8, BAD, BAD, BAD, 62, BAD, BAD, BAD, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, BAD, BAD, BAD, BAD, BAD,
	BAD, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, BAD, BAD, BAD, BAD, BAD,
	X32, X32, X32, X32,
};

void base64_encode(const void *data, size_t n, char *out)
{
	const uint8_t *in = data;
	uint32_t bits;

	for (; n >= 3; n -= 3, in += 3) {
		bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		*out++ = alphabet[bits >> 6 & 63];
		*out++ = alphabet[bits & 63];
	}
	if (n == 0)
		return;
	bits = (uint32_t)in[0] << 16 | (n == 2 ? (uint32_t)in[1] << 8 : 0);
	*out++ = alphabet[bits >> 18];
	*out++ = alphabet[bits >> 12 & 63];
	*out++ = n == 2 ? alphabet[bits >> 6 & 63] : '=';
	*out = '=';
}

/* The characters without padding; false when the padding or the count is wrong. */
static bool strip_padding(const char *text, size_t *n)
{
	size_t pads = 0;

	while (pads < 2 && *n > 0 && text[*n - 1] == '=') {
		--*n;
		pads++;
	}
	if (*n % 4 == 1)
		return false;
	return pads <= (4 - *n % 4) % 4;
}

static bool alphabet_only(const uint8_t *in, size_t n)
{
	uint8_t seen = 0;

	while (n > 0)
		seen |= values[in[--n]];
	return !(seen & BAD);
}

static bool decode_fours(const uint8_t *in, size_t n, uint8_t *out)
{
	uint8_t seen = 0;
	uint32_t bits;

	for (; n >= 4; n -= 4, in += 4) {
		uint8_t a = values[in[0]], b = values[in[1]], c = values[in[2]], d = values[in[3]];

		seen |= a | b | c | d;
		bits = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | d;
		*out++ = (uint8_t)(bits >> 16);
		*out++ = (uint8_t)(bits >> 8);
		*out++ = (uint8_t)bits;
	}
	return !(seen & BAD);
}

/* The last two or three characters. */
static bool decode_rest(const uint8_t *in, size_t n, uint8_t *out)
{
	uint8_t a = values[in[0]], b = values[in[1]], c = n == 3 ? values[in[2]] : 0;

	out[0] = (uint8_t)(a << 2 | b >> 4);
	if (n == 3)
		out[1] = (uint8_t)(b << 4 | c >> 2);
	return !((a | b | c) & BAD);
}

ssize_t base64_decode(const char *text, size_t n, void *out)
{
	const uint8_t *in = (const uint8_t *)text;
	size_t rest, whole;
	bool ok;

	if (!strip_padding(text, &n))
		return -1;
	rest = n % 4;
	whole = n - rest;
	if (!out)
		ok = alphabet_only(in, n);
	else
		ok = decode_fours(in, whole, out) &&
		     (rest == 0 || decode_rest(in + whole, rest, (uint8_t *)out + whole / 4 * 3));
	return ok ? (ssize_t)(whole / 4 * 3 + (rest ? rest - 1 : 0)) : -1;
}
