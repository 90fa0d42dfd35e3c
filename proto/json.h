/*
 * A scanner for JSON (RFC 8259) that validates and slices, and builds no tree: arguments are
 * relayed byte for byte. Pure: no I/O, no allocation, results point into the
 * caller's bytes. All functions but json_check expect text that json_check accepted.
 * No name here may be one of jansson's, which libjwt brings: the program's would take the library's place.
 */
#ifndef POLLUX_JSON_H
#define POLLUX_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 64

#define JSON_MALFORMED (-1)
#define JSON_TOO_DEEP (-2)

struct json_slice {
	const char *at;
	size_t len;
};

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* 0 when text is exactly one valid value (white space around it allowed, UTF-8 well-formed, lone surrogate escapes
 * accepted as JSON.parse does, at most max_depth nested: [] is 1 deep), else a negative: JSON_MALFORMED or
 * JSON_TOO_DEEP. A max_depth over JSON_MAX_DEPTH counts as that. */
int json_check(const char *text, size_t len, int max_depth);
/* The kind of a value, by its first character after white space. */
enum json_kind json_kind(struct json_slice value);
/* Walks an array: *cursor starts as 0; true and *value (white space trimmed) while there is one more. */
bool json_array_next(struct json_slice array, size_t *cursor, struct json_slice *value);
/* Walks an object likewise; *key is the string with its quotes. */
bool json_object_next(struct json_slice object, size_t *cursor, struct json_slice *key, struct json_slice *value);
/* The last member of that (plain ASCII) name, which may be written with escapes: true and *value. */
bool json_object_find(struct json_slice object, const char *name, struct json_slice *value);
/* True when a string value (with quotes, escapes or not) says that plain ASCII text. */
bool json_string_is(struct json_slice string, const char *text);
/* Decodes a string value (with quotes) to UTF-8. Returns the bytes it takes (without NUL), also when that is more
 * than cap; writes only when it fits. A lone surrogate becomes U+FFFD. out may be NULL with cap 0. */
size_t json_string_decode(struct json_slice string, char *out, size_t cap);
/* Writes text as a JSON string with quotes (escapes " \ and controls; also U+2028/9). Returns bytes needed as above.
 * A byte that is no UTF-8 becomes U+FFFD: what comes out is valid whatever goes in. */
size_t json_string_encode(const char *text, size_t len, char *out, size_t cap);
/* True and *number when the value is an integer that fits int64 exactly (1, -2, 1.0 is not). */
bool json_to_integer(struct json_slice value, int64_t *number);
/* Walks every {"_placeholder":true,"num":N} inside the value, at any depth, in order: *cursor starts as 0; true with
 * the object's slice and *num (-1 when num is missing or no integer) while there is one more. One that holds another
 * object is passed over: json_placeholders_ok, which a packet has to pass first, refuses such. */
bool json_placeholder_next(struct json_slice value, size_t *cursor, struct json_slice *object, int64_t *num);
/* True when every placeholder's num is an integer from 0 to count - 1 and none holds another object. One pass. */
bool json_placeholders_ok(struct json_slice value, int count);

#endif
