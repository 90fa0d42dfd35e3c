/*
 * JSON strings to text and back. Decoding expects what json_check accepted,
 * but keeps its bounds in any case. Pure, any thread.
 */
#include "config.h"
#include "proto/json.h"

#include <string.h>

#include "proto/json_scan.h"
#include "proto/span.h"
#include "proto/utf8.h"

#define REPLACEMENT 0xfffd
#define HIGH_STEP 64

/* Counts what is put, and writes it while it fits. */
struct sink {
	char *out;
	size_t cap, len;
};

static inline void put(struct sink *s, const char *data, size_t n)
{
	if (n > 0 && n <= s->cap && s->len <= s->cap - n)
		memcpy(s->out + s->len, data, n);
	s->len += n;
}

static void put_scalar(struct sink *s, uint32_t scalar)
{
	char bytes[4];

	put(s, bytes, utf8_write(scalar, bytes));
}

static uint32_t hex_value(char c)
{
	if (c <= '9')
		return (uint32_t)(c - '0') & 15;
	return (uint32_t)((c | 0x20) - 'a' + 10) & 15;
}

/* The four digits behind \u when they are there, or -1. */
static int32_t read_unit(const char *at, const char *end)
{
	uint32_t unit = 0;
	int i;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (i = 2; i < 6; i++)
		unit = unit << 4 | hex_value(at[i]);
	return (int32_t)unit;
}

/* at stands on \uXXXX; two of them may be one character. Returns the bytes used. */
static size_t read_unicode_escape(const char *at, const char *end, uint32_t *scalar)
{
	int32_t high = read_unit(at, end), low;

	*scalar = REPLACEMENT;
	if (high < 0)
		return (size_t)(end - at);
	if (high < 0xd800 || high > 0xdfff) {
		*scalar = (uint32_t)high;
		return 6;
	}
	low = high < 0xdc00 ? read_unit(at + 6, end) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return 6;
	*scalar = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
	return 12;
}

/* at stands on a backslash. Returns the bytes used and the character. */
static size_t read_escape(const char *at, const char *end, uint32_t *scalar)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *name;

	if (end - at < 2) {
		*scalar = REPLACEMENT;
		return (size_t)(end - at);
	}
	if (at[1] == 'u')
		return read_unicode_escape(at, end, scalar);
	name = memchr(names, at[1], sizeof(names) - 1);
	*scalar = (unsigned char)(name ? values[name - names] : at[1]);
	return 2;
}

/* The text between the quotes. */
static struct json_slice inside(struct json_slice string)
{
	struct json_slice text = { string.at + 1, string.len - 2 };

	if (string.len < 2 || string.at[0] != '"')
		text = (struct json_slice){ string.at, 0 };
	return text;
}

static size_t decode(struct json_slice text, char *out, size_t cap)
{
	const char *at = text.at, *end = at + text.len, *slash;
	struct sink s = { out, cap, 0 };
	uint32_t scalar;

	while ((slash = memchr(at, '\\', (size_t)(end - at))) != NULL) {
		put(&s, at, (size_t)(slash - at));
		at = slash + read_escape(slash, end, &scalar);
		put_scalar(&s, scalar);
	}
	put(&s, at, (size_t)(end - at));
	return s.len;
}

size_t json_string_decode(struct json_slice string, char *out, size_t cap)
{
	struct json_slice text = inside(string);
	size_t need;

	/* decoding never makes text longer */
	if (cap >= text.len)
		return decode(text, out, cap);
	need = decode(text, NULL, 0);
	return need <= cap ? decode(text, out, cap) : need;
}

bool json_string_is(struct json_slice string, const char *text)
{
	struct json_slice raw = inside(string);
	size_t len = strlen(text), used;
	const char *at = raw.at, *end = at + raw.len;
	uint32_t scalar;

	if (raw.len < len || raw.len > len * 6)
		return false;
	if (raw.len == len && memcmp(raw.at, text, len) == 0)
		return memchr(text, '\\', len) == NULL;
	for (; at < end && *text; text++, at += used) {
		scalar = (unsigned char)*at;
		used = *at == '\\' ? read_escape(at, end, &scalar) : 1;
		if (scalar != (unsigned char)*text)
			return false;
	}
	return at == end && !*text;
}

static void put_escaped(struct sink *s, uint32_t unit)
{
	static const char hex[] = "0123456789abcdef";
	static const char values[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	const char *value = unit < 0x80 ? memchr(values, (int)unit, sizeof(values) - 1) : NULL;
	char text[6] = { '\\', 'u', hex[unit >> 12], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15] };

	if (value) {
		text[1] = names[value - values];
		put(s, text, 2);
	} else {
		put(s, text, 6);
	}
}

/* U+2028 and U+2029 end a line in older JavaScript. */
static bool is_separator(const char *at, size_t len)
{
	return len >= 3 && at[0] == '\xe2' && at[1] == '\x80' && (at[2] == '\xa8' || at[2] == '\xa9');
}

/* Well-formed text over U+007F, up to a separator. Some of it: what is looked at twice when there are many is bounded. */
static size_t high_clean(const char *text, size_t len)
{
	size_t n = utf8_high_span(text, len < HIGH_STEP ? len : HIGH_STEP), at = 0;
	const char *e2;

	while ((e2 = memchr(text + at, '\xe2', n - at)) != NULL) {
		at = (size_t)(e2 - text);
		if (is_separator(e2, n - at))
			return at;
		at++;
	}
	return n;
}

/* How many bytes at the start need no escape. */
static size_t clean_span(const char *text, size_t len)
{
	size_t at = 0, n;

	do {
		at += span_json_plain(text + at, len - at);
		n = at < len ? high_clean(text + at, len - at) : 0;
		at += n;
	} while (n > 0);
	return at;
}

/* Writes what cannot stand as it is; returns its bytes. */
static size_t encode_one(struct sink *s, const char *at, size_t len)
{
	if ((unsigned char)*at < 0x80) {
		put_escaped(s, (unsigned char)*at);
		return 1;
	}
	if (is_separator(at, len)) {
		put_escaped(s, at[2] == '\xa8' ? 0x2028 : 0x2029);
		return 3;
	}
	put_scalar(s, REPLACEMENT);
	return 1;
}

static size_t encode(const char *text, size_t len, char *out, size_t cap)
{
	struct sink s = { out, cap, 0 };
	size_t at = 0, n;

	put(&s, "\"", 1);
	while (at < len) {
		n = clean_span(text + at, len - at);
		put(&s, text + at, n);
		at += n;
		if (at < len)
			at += encode_one(&s, text + at, len - at);
	}
	put(&s, "\"", 1);
	return s.len;
}

size_t json_string_encode(const char *text, size_t len, char *out, size_t cap)
{
	size_t need;

	/* at worst each byte becomes \u00xx */
	if (cap >= 2 && len <= (cap - 2) / 6)
		return encode(text, len, out, cap);
	need = encode(text, len, NULL, 0);
	return need <= cap ? encode(text, len, out, cap) : need;
}
