/* The encoder: recursion over tables, JSON_MAX_DEPTH deep at most, which also ends cycles. */
#include "config.h"
#include "app/encode.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "app/lazy.h"
#include "app/limits.h"
#include "app/sandbox.h"
#include "app/values.h"
#include "proto/utf8.h"

static int encode_table(lua_State *L, struct encoder *e, int index, bool array_if_empty, int depth);

void encode_init(struct encoder *e, struct buf *out, int max_attachments)
{
	e->out = out;
	e->max_attachments = max_attachments;
	e->attachments_count = 0;
	e->error[0] = e->path[0] = '\0';
}

static int fail(struct encoder *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct encoder *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->error, sizeof(e->error), format, args);
	va_end(args);
	return -1;
}

/* On the way out of a failure each level puts its step before the path. */
static int fail_inside(struct encoder *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail_inside(struct encoder *e, const char *format, ...)
{
	char step[48], rest[sizeof(e->path)];
	va_list args;

	va_start(args, format);
	vsnprintf(step, sizeof(step), format, args);
	va_end(args);
	memcpy(rest, e->path, sizeof(rest));
	snprintf(e->path, sizeof(e->path), "%s%.*s", step, (int)(sizeof(e->path) - sizeof(step)), rest);
	return -1;
}

static int out_error(struct encoder *e)
{
	if (!e->out->error)
		return 0;
	return fail(e, "more than %zu bytes", e->out->max);
}

static int encode_string(struct encoder *e, const char *s, size_t len)
{
	size_t need = len + 2, room;
	char *at;

	if (!utf8_valid(s, len))
		return fail(e, "the string is not valid UTF-8 (io.binary(s) sends bytes)");
	for (;;) {
		room = need;
		at = buf_reserve(e->out, room);
		if (!at)
			return out_error(e);
		need = json_string_encode(s, len, at, room);
		if (need <= room)
			break;
	}
	buf_commit(e->out, need);
	return 0;
}

/* The shortest text that reads as the same number, and as a float. */
static int encode_float(struct encoder *e, double n)
{
	char text[40];

	if (!isfinite(n))
		return fail(e, "%s is no JSON number", isnan(n) ? "nan" : "infinity");
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, n);
		if (strtod(text, NULL) == n)
			break;
	}
	buf_add_str(e->out, text);
	if (!strpbrk(text, ".e"))
		buf_add_str(e->out, ".0");
	return out_error(e);
}

static int encode_number(lua_State *L, struct encoder *e, int index)
{
	if (!lua_isinteger(L, index))
		return encode_float(e, lua_tonumber(L, index));
	buf_addf(e->out, "%lld", (long long)lua_tointeger(L, index));
	return out_error(e);
}

static int encode_bytes(struct encoder *e, struct text bytes)
{
	if (e->max_attachments == 0)
		return fail(e, "binary cannot be kept here");
	if (e->attachments_count >= e->max_attachments)
		return fail(e, "more than %d binary attachments", e->max_attachments);
	buf_addf(e->out, "{\"_placeholder\":true,\"num\":%d}", e->attachments_count);
	e->attachments[e->attachments_count++] = bytes;
	return out_error(e);
}

/* A cheap look that may be wrong only by saying yes: the key may be written with escapes. */
static bool may_have_placeholders(struct json_slice text)
{
	return memmem(text.at, text.len, "_placeholder", 12) || memmem(text.at, text.len, "\\u00", 4);
}

/* The original text with its placeholders renumbered. attachments: index of their table, or of nil. */
static int encode_original(lua_State *L, struct encoder *e, struct json_slice text, int attachments)
{
	struct json_slice object;
	size_t cursor = 0, done = 0;
	struct text bytes;
	int64_t num;

	while (may_have_placeholders(text) && json_placeholder_next(text, &cursor, &object, &num)) {
		bool found = lua_istable(L, attachments) && num >= 0 && lua_rawgeti(L, attachments, num + 1) && values_to_binary(L, -1, &bytes);

		if (!found)
			return fail(e, "it names an attachment that it doesn't have");
		buf_add(e->out, text.at + done, (size_t)(object.at - text.at) - done);
		if (encode_bytes(e, bytes))
			return -1;
		lua_pop(L, 1);
		done = (size_t)(object.at - text.at) + object.len;
	}
	buf_add(e->out, text.at + done, text.len - done);
	return out_error(e);
}

static int encode_lazy(lua_State *L, struct encoder *e, int index, int depth)
{
	int top = lua_gettop(L), from, error;
	struct json_slice text;

	if (!lazy_text(L, index, &text, &from)) {
		lazy_table(L, index);
		error = encode_table(L, e, top + 1, lazy_is_array(L, index), depth);
	} else if (depth > from && json_check(text.at, text.len, JSON_MAX_DEPTH - depth) != 0) {
		error = fail(e, "nested deeper than %d", JSON_MAX_DEPTH);
	} else {
		lazy_push_attachments(L, index);
		error = encode_original(L, e, text, top + 1);
	}
	lua_settop(L, top);
	return error;
}

static int encode_array(lua_State *L, struct encoder *e, int index, size_t n, int depth)
{
	buf_add_char(e->out, '[');
	for (size_t i = 1; i <= n; i++) {
		if (i > 1)
			buf_add_char(e->out, ',');
		lua_rawgeti(L, index, (lua_Integer)i);
		if (encode_value(L, e, lua_gettop(L), depth + 1))
			return fail_inside(e, "[%zu]", i);
		lua_pop(L, 1);
	}
	buf_add_char(e->out, ']');
	return out_error(e);
}

static int by_bytes(const void *a, const void *b)
{
	const struct text *x = a, *y = b;
	int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Few keys are sorted without a call. */
static void sort_keys(struct text *keys, size_t n)
{
	if (n > 8) {
		qsort(keys, n, sizeof(*keys), by_bytes);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct text key = keys[i];
		size_t j = i;

		for (; j > 0 && by_bytes(&keys[j - 1], &key) > 0; j--)
			keys[j] = keys[j - 1];
		keys[j] = key;
	}
}

static int encode_field(lua_State *L, struct encoder *e, int index, const struct text *key, int depth)
{
	if (key->len == 12 && memcmp(key->at, "_placeholder", 12) == 0)
		return fail(e, "the key _placeholder belongs to the protocol");
	if (encode_string(e, key->at, key->len))
		return fail_inside(e, " (a key)");
	buf_add_char(e->out, ':');
	lua_pushlstring(L, key->at, key->len);
	lua_rawget(L, index);
	if (encode_value(L, e, lua_gettop(L), depth + 1))
		return fail_inside(e, ".%.40s", key->at);
	lua_pop(L, 1);
	return 0;
}

/* n string keys, no others. The keys' bytes are the table's own strings. */
static int encode_object(lua_State *L, struct encoder *e, int index, size_t n, int depth)
{
	struct text few[16], *keys = n <= 16 ? few : lua_newuserdatauv(L, n * sizeof(*keys), 0);
	size_t i = 0;

	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1), i++)
		keys[i].at = lua_tolstring(L, -2, &keys[i].len);
	sort_keys(keys, n);
	buf_add_char(e->out, '{');
	for (i = 0; i < n; i++) {
		if (i)
			buf_add_char(e->out, ',');
		if (encode_field(L, e, index, &keys[i], depth))
			return -1;
	}
	buf_add_char(e->out, '}');
	return out_error(e);
}

/* What kind of table it is: *strings and *items count its keys; others fail. */
static int count_keys(lua_State *L, struct encoder *e, int index, size_t *strings, size_t *items)
{
	*strings = *items = 0;
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		if (lua_type(L, -2) == LUA_TSTRING)
			++*strings;
		else if (lua_isinteger(L, -2))
			++*items;
		else
			return fail(e, "a table's key is a %s: only strings, or items 1 to n, can be sent", luaL_typename(L, -2));
	}
	return 0;
}

static int encode_table(lua_State *L, struct encoder *e, int index, bool array_if_empty, int depth)
{
	size_t strings, items, n = lua_rawlen(L, index);

	if (depth >= JSON_MAX_DEPTH)
		return fail(e, "nested deeper than %d (a table that holds itself?)", JSON_MAX_DEPTH);
	if (count_keys(L, e, index, &strings, &items))
		return -1;
	limits_charge(L, (int64_t)(strings + items) * 2);
	if (strings && items)
		return fail(e, "the table has both items and named fields: it is neither array nor object");
	if (items != n)
		return fail(e, "the array has holes or does not begin at 1 (io.null stands for nothing)");
	if (strings || (!items && !array_if_empty))
		return encode_object(L, e, index, strings, depth);
	return encode_array(L, e, index, n, depth);
}

static int encode_userdata(lua_State *L, struct encoder *e, int index, int depth)
{
	struct text bytes;

	if (lazy_is(L, index))
		return encode_lazy(L, e, index, depth);
	if (values_to_binary(L, index, &bytes))
		return encode_bytes(e, bytes);
	luaL_getmetafield(L, index, "__name");
	return fail(e, "a %s cannot be sent", lua_tostring(L, -1));
}

static int encode_table_or_view(lua_State *L, struct encoder *e, int index, int depth)
{
	int top = lua_gettop(L), error;

	if (!sandbox_frozen(L, index))
		lua_pushvalue(L, index);
	error = encode_table(L, e, top + 1, values_is_array(L, index), depth);
	lua_settop(L, top);
	return error;
}

int encode_value(lua_State *L, struct encoder *e, int index, int depth)
{
	size_t len;
	const char *s;

	luaL_checkstack(L, 8, "nested too deep");
	switch (lua_type(L, index)) {
	case LUA_TNONE:
	case LUA_TNIL:
		return buf_add_str(e->out, "null") ? out_error(e) : 0;
	case LUA_TBOOLEAN:
		return buf_add_str(e->out, lua_toboolean(L, index) ? "true" : "false") ? out_error(e) : 0;
	case LUA_TNUMBER:
		return encode_number(L, e, index);
	case LUA_TSTRING:
		s = lua_tolstring(L, index, &len);
		return encode_string(e, s, len);
	case LUA_TTABLE:
		return encode_table_or_view(L, e, index, depth);
	case LUA_TLIGHTUSERDATA:
		return buf_add_str(e->out, "null") ? out_error(e) : 0;
	case LUA_TUSERDATA:
		return encode_userdata(L, e, index, depth);
	default:
		return fail(e, "a %s cannot be sent", luaL_typename(L, index));
	}
}
