/*
 * What the files of the JSON scanner share: white space, and how a string is
 * stepped over in text that is known to be valid. Not for other modules.
 * Bounds are kept also in text that is not valid.
 */
#ifndef POLLUX_JSON_SCAN_H
#define POLLUX_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool json_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *json_skip_space(const char *at, const char *end)
{
	while (at < end && json_is_space(*at))
		at++;
	return at;
}

/* at stands on the opening quote; returns what follows the closing one, or end. */
static inline const char *json_skip_string(const char *at, const char *end)
{
	const char *start = at + 1, *quote = at, *slash;

	while ((quote = memchr(quote + 1, '"', (size_t)(end - quote - 1))) != NULL) {
		for (slash = quote; slash > start && slash[-1] == '\\'; slash--)
			;
		if ((quote - slash) % 2 == 0)
			return quote + 1;
	}
	return end;
}

#endif
