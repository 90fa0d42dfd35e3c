/*
 * The JSON scanner: validation in one pass, then slicing of what is known to
 * be valid. No tree, no numbers as doubles, no recursion. Pure, any thread.
 *
 * The nesting is a word of bits (1: object) instead of a stack, which is why
 * JSON_MAX_DEPTH is 64. Rejected: a table-driven state machine a byte (a third of the speed
 * on strings, which is what payloads are made of).
 */
#include "config.h"
#include "proto/json.h"

#include "proto/json_scan.h"
#include "proto/span.h"
#include "proto/utf8.h"

struct scan {
	const char *at, *end;
	uint64_t objects;    /* one bit a level, the innermost lowest */
	int depth, max_depth;
};

static bool is_hex(char c)
{
	return json_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* at stands behind a backslash. Surrogates may be alone: JSON.parse takes them. */
static const char *check_escape(const char *at, const char *end)
{
	int i;

	if (at == end)
		return NULL;
	switch (*at++) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return at;
	case 'u':
		for (i = 0; i < 4; i++)
			if (at == end || !is_hex(*at++))
				return NULL;
		return at;
	}
	return NULL;
}

/* at stands behind the opening quote; returns what follows the closing one, or NULL. */
static const char *check_string(const char *at, const char *end)
{
	size_t n;

	while (at && (at += span_json_plain(at, (size_t)(end - at))) < end) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\') {
			at = check_escape(at + 1, end);
			continue;
		}
		n = utf8_high_span(at, (size_t)(end - at));
		if (n == 0)
			return NULL;
		at += n;
	}
	return NULL;
}

static const char *skip_digits(const char *at, const char *end)
{
	while (at < end && json_is_digit(*at))
		at++;
	return at;
}

/* One digit at least, or NULL. */
static const char *check_digits(const char *at, const char *end)
{
	if (at == end || !json_is_digit(*at))
		return NULL;
	return skip_digits(at, end);
}

static const char *check_number(const char *at, const char *end)
{
	if (*at == '-')
		at++;
	if (at < end && *at == '0')
		at++;
	else
		at = check_digits(at, end);
	if (at && at < end && *at == '.')
		at = check_digits(at + 1, end);
	if (at && at < end && (*at | 0x20) == 'e') {
		at++;
		if (at < end && (*at == '+' || *at == '-'))
			at++;
		at = check_digits(at, end);
	}
	return at;
}

static const char *check_word(const char *at, const char *end, const char *word, size_t len)
{
	if ((size_t)(end - at) < len || memcmp(at, word, len) != 0)
		return NULL;
	return at + len;
}

static const char *check_scalar(const char *at, const char *end)
{
	switch (*at) {
	case '"':
		return check_string(at + 1, end);
	case 't':
		return check_word(at, end, "true", 4);
	case 'f':
		return check_word(at, end, "false", 5);
	case 'n':
		return check_word(at, end, "null", 4);
	}
	return *at == '-' || json_is_digit(*at) ? check_number(at, end) : NULL;
}

/* Steps to the next byte that is no white space; false at the end. */
static inline bool next_token(struct scan *s)
{
	s->at = json_skip_space(s->at, s->end);
	return s->at < s->end;
}

/* A member's name and its colon. */
static int check_key(struct scan *s)
{
	if (!next_token(s) || *s->at != '"')
		return JSON_MALFORMED;
	s->at = check_string(s->at + 1, s->end);
	if (!s->at || !next_token(s) || *s->at != ':')
		return JSON_MALFORMED;
	s->at++;
	return 0;
}

/* What a scan has to read next. */
enum step { STEP_VALUE, STEP_AFTER };

/* Enters the container that opens here; an empty one is left at once. */
static int open_container(struct scan *s, enum step *next)
{
	bool object = *s->at++ == '{';

	if (s->depth == s->max_depth)
		return JSON_TOO_DEEP;
	s->depth++;
	s->objects = s->objects << 1 | object;
	if (!next_token(s))
		return JSON_MALFORMED;
	if (*s->at == (object ? '}' : ']')) {
		*next = STEP_AFTER;
		return 0;
	}
	*next = STEP_VALUE;
	return object ? check_key(s) : 0;
}

static int check_value(struct scan *s, enum step *next)
{
	if (!next_token(s))
		return JSON_MALFORMED;
	if (*s->at == '{' || *s->at == '[')
		return open_container(s, next);
	s->at = check_scalar(s->at, s->end);
	*next = STEP_AFTER;
	return s->at ? 0 : JSON_MALFORMED;
}

/* Behind a value inside a container: a comma, or the end of the container. */
static int check_after(struct scan *s, enum step *next)
{
	bool object = s->objects & 1;

	if (!next_token(s))
		return JSON_MALFORMED;
	if (*s->at == ',') {
		s->at++;
		*next = STEP_VALUE;
		return object ? check_key(s) : 0;
	}
	if (*s->at != (object ? '}' : ']'))
		return JSON_MALFORMED;
	s->at++;
	s->depth--;
	s->objects >>= 1;
	*next = STEP_AFTER;
	return 0;
}

int json_check(const char *text, size_t len, int max_depth)
{
	struct scan s = { .at = text, .end = text + len };
	enum step next = STEP_VALUE;
	int error = 0;

	s.max_depth = max_depth < JSON_MAX_DEPTH ? max_depth : JSON_MAX_DEPTH;
	while (!error && (next == STEP_VALUE || s.depth > 0))
		error = next == STEP_VALUE ? check_value(&s, &next) : check_after(&s, &next);
	if (!error && next_token(&s))
		error = JSON_MALFORMED;
	return error;
}

enum json_kind json_kind(struct json_slice value)
{
	const char *end = value.at + value.len;
	const char *at = json_skip_space(value.at, end);

	if (at == end)
		return JSON_NULL;
	switch (*at) {
	case 'n':
		return JSON_NULL;
	case 'f':
		return JSON_FALSE;
	case 't':
		return JSON_TRUE;
	case '"':
		return JSON_STRING;
	case '[':
		return JSON_ARRAY;
	case '{':
		return JSON_OBJECT;
	}
	return JSON_NUMBER;
}

/* at stands on the opening bracket; returns what follows the closing one, or end. */
static const char *skip_container(const char *at, const char *end)
{
	int depth = 0;

	while (at < end) {
		switch (*at) {
		case '"':
			at = json_skip_string(at, end);
			continue;
		case '[':
		case '{':
			depth++;
			break;
		case ']':
		case '}':
			if (--depth == 0)
				return at + 1;
			break;
		}
		at++;
	}
	return end;
}

static const char *skip_value(const char *at, const char *end)
{
	if (at == end)
		return end;
	if (*at == '"')
		return json_skip_string(at, end);
	if (*at == '[' || *at == '{')
		return skip_container(at, end);
	while (at < end && *at != ',' && *at != ']' && *at != '}' && !json_is_space(*at))
		at++;
	return at;
}

/* Where the next element or member starts, or NULL when there is none. */
static const char *next_item(struct json_slice container, size_t cursor, char open)
{
	const char *end = container.at + container.len;
	const char *at = json_skip_space(container.at + cursor, end);

	if (cursor == 0) {
		if (at == end || *at != open)
			return NULL;
		at = json_skip_space(at + 1, end);
	}
	return at == end || *at == ']' || *at == '}' ? NULL : at;
}

/* The value that starts at or behind at, and the cursor behind it and its comma. */
static void take_value(struct json_slice container, const char *at, size_t *cursor, struct json_slice *value)
{
	const char *end = container.at + container.len;

	value->at = json_skip_space(at, end);
	at = skip_value(value->at, end);
	value->len = (size_t)(at - value->at);
	at = json_skip_space(at, end);
	if (at < end && *at == ',')
		at++;
	*cursor = (size_t)(at - container.at);
}

bool json_array_next(struct json_slice array, size_t *cursor, struct json_slice *value)
{
	const char *at = next_item(array, *cursor, '[');

	if (!at)
		return false;
	take_value(array, at, cursor, value);
	return true;
}

bool json_object_next(struct json_slice object, size_t *cursor, struct json_slice *key, struct json_slice *value)
{
	const char *end = object.at + object.len;
	const char *at = next_item(object, *cursor, '{');

	if (!at)
		return false;
	key->at = at;
	at = skip_value(at, end);
	key->len = (size_t)(at - key->at);
	at = json_skip_space(at, end);
	take_value(object, at < end ? at + 1 : at, cursor, value);
	return true;
}

bool json_object_find(struct json_slice object, const char *name, struct json_slice *value)
{
	struct json_slice key, each;
	size_t cursor = 0;
	bool found = false;

	while (json_object_next(object, &cursor, &key, &each)) {
		if (!json_string_is(key, name))
			continue;
		*value = each;
		found = true;
	}
	return found;
}

bool json_to_integer(struct json_slice value, int64_t *number)
{
	const char *end = value.at + value.len;
	const char *at = json_skip_space(value.at, end);
	bool negative = at < end && *at == '-';
	int64_t n = 0;

	at += negative;
	if (at == end || !json_is_digit(*at))
		return false;
	/* counted downwards, since there is one negative number more */
	for (; at < end && json_is_digit(*at); at++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, *at - '0', &n))
			return false;
	if (json_skip_space(at, end) != end || (!negative && n == INT64_MIN))
		return false;
	*number = negative ? n : -n;
	return true;
}
