/* Decoding, and the userdata that puts it off. */
#include "config.h"
#include "app/lazy.h"

#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "app/class.h"
#include "app/sandbox.h"
#include "app/values.h"

struct lazy {
	struct json_slice text;
	int depth;
	bool array, decoded;
	bool dirty;      /* it or something in it was written to */
	char copy[];     /* of the outermost one: text */
};

enum { PARENT = 1, TABLE, ATTACHMENTS, VALUES = ATTACHMENTS };

static const struct class lazy_class = {"table"};

static struct lazy *make(lua_State *L, struct json_slice text, size_t extra, int depth)
{
	struct lazy *v = class_make(L, &lazy_class, sizeof(*v) + extra, VALUES);

	v->text = text;
	v->depth = depth;
	v->array = json_kind(text) == JSON_ARRAY;
	v->decoded = v->dirty = false;
	return v;
}

static void push_root(lua_State *L, struct json_slice text, int attachments, int depth)
{
	struct lazy *v = make(L, text, text.len, depth);

	memcpy(v->copy, text.at, text.len);
	v->text.at = v->copy;
	if (attachments) {
		lua_pushvalue(L, attachments);
		lua_setiuservalue(L, -2, ATTACHMENTS);
	}
}

/* parent: index of the value it stands in, which keeps the text alive and hears of writes. */
static void push_inner(lua_State *L, struct json_slice text, int parent, int depth)
{
	make(L, text, 0, depth);
	lua_pushvalue(L, parent);
	lua_setiuservalue(L, -2, PARENT);
	if (lua_getiuservalue(L, parent, ATTACHMENTS) == LUA_TNIL)
		lua_pop(L, 1);
	else
		lua_setiuservalue(L, -2, ATTACHMENTS);
}

static void push_string(lua_State *L, struct json_slice s)
{
	luaL_Buffer b;
	char *at;

	if (!memchr(s.at, '\\', s.len)) {
		lua_pushlstring(L, s.at + 1, s.len - 2);
		return;
	}
	at = luaL_buffinitsize(L, &b, s.len);
	luaL_pushresultsize(&b, json_string_decode(s, at, s.len));
}

/* "-0" is no integer in Lua that could be written again; what doesn't fit 64 bits becomes a float, as in JavaScript. A number is
 * always followed by a byte that ends it: it stands in an array or object. */
static void push_number(lua_State *L, struct json_slice n)
{
	int64_t integer;

	if (json_to_integer(n, &integer) && (integer || n.at[0] != '-'))
		lua_pushinteger(L, integer);
	else
		lua_pushnumber(L, strtod(n.at, NULL));
}

/* Pushes the binary when the object is a placeholder. */
static bool push_attachment(lua_State *L, struct json_slice object, int attachments)
{
	struct json_slice found;
	size_t cursor = 0;
	int64_t num;

	if (!json_placeholder_next(object, &cursor, &found, &num) || found.at != object.at || num < 0)
		return false;
	if (lua_rawgeti(L, attachments, num + 1) != LUA_TNIL)
		return true;
	lua_pop(L, 1);
	return false;
}

static bool push_scalar(lua_State *L, struct json_slice value)
{
	switch (json_kind(value)) {
	case JSON_NULL: values_push_null(L); return true;
	case JSON_FALSE: lua_pushboolean(L, 0); return true;
	case JSON_TRUE: lua_pushboolean(L, 1); return true;
	case JSON_NUMBER: push_number(L, value); return true;
	case JSON_STRING: push_string(L, value); return true;
	default: return false;
	}
}

void lazy_push(lua_State *L, struct json_slice value, int attachments, int depth)
{
	luaL_checkstack(L, 4, "too many values");
	if (push_scalar(L, value))
		return;
	if (attachments && json_kind(value) == JSON_OBJECT && push_attachment(L, value, attachments))
		return;
	push_root(L, value, attachments, depth);
}

/* self: index of the value that is being decoded; attachments: of its table of them, or 0. */
static void push_element(lua_State *L, struct json_slice value, int self, int attachments, int depth)
{
	if (push_scalar(L, value))
		return;
	if (attachments && json_kind(value) == JSON_OBJECT && push_attachment(L, value, attachments))
		return;
	push_inner(L, value, self, depth + 1);
}

static void decode_array(lua_State *L, const struct lazy *v, int self, int attachments)
{
	struct json_slice value;
	size_t cursor = 0;
	lua_Integer i = 0;

	while (json_array_next(v->text, &cursor, &value)) {
		push_element(L, value, self, attachments, v->depth);
		lua_rawseti(L, -2, ++i);
	}
	values_mark_array(L);
}

static void decode_object(lua_State *L, const struct lazy *v, int self, int attachments)
{
	struct json_slice key, value;
	size_t cursor = 0;

	while (json_object_next(v->text, &cursor, &key, &value)) {
		push_string(L, key);
		push_element(L, value, self, attachments, v->depth);
		lua_rawset(L, -3);
	}
}

/* Pushes the value's table. Half-decoded (memory ran short) counts as not decoded. */
static void push_table(lua_State *L, int index, struct lazy *v)
{
	int attachments = 0;

	index = lua_absindex(L, index);
	luaL_checkstack(L, 8, "too many values");
	if (v->decoded) {
		lua_getiuservalue(L, index, TABLE);
		return;
	}
	if (lua_getiuservalue(L, index, ATTACHMENTS) != LUA_TNIL)
		attachments = lua_gettop(L);
	lua_newtable(L);
	(v->array ? decode_array : decode_object)(L, v, index, attachments);
	lua_remove(L, -2);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, index, TABLE);
	v->decoded = true;
}

bool lazy_is(lua_State *L, int index)
{
	return class_test(L, index, &lazy_class);
}

bool lazy_table(lua_State *L, int index)
{
	struct lazy *v = class_test(L, index, &lazy_class);

	if (v)
		push_table(L, index, v);
	return v;
}

bool lazy_is_array(lua_State *L, int index)
{
	const struct lazy *v = class_test(L, index, &lazy_class);

	return v && v->array;
}

bool lazy_text(lua_State *L, int index, struct json_slice *text, int *depth)
{
	const struct lazy *v = class_test(L, index, &lazy_class);

	if (!v || v->dirty)
		return false;
	*text = v->text;
	*depth = v->depth;
	return true;
}

void lazy_push_attachments(lua_State *L, int index)
{
	lua_getiuservalue(L, index, ATTACHMENTS);
}

/* All it stands in has changed as well. */
static void mark_dirty(lua_State *L, int index)
{
	struct lazy *v;

	lua_pushvalue(L, index);
	while ((v = lua_touserdata(L, -1)) && !v->dirty) {
		v->dirty = true;
		lua_getiuservalue(L, -1, PARENT);
		lua_remove(L, -2);
	}
	lua_pop(L, 1);
}

static int lazy_get(lua_State *L)
{
	push_table(L, 1, class_check(L, 1, &lazy_class));
	lua_pushvalue(L, 2);
	lua_rawget(L, -2);
	return 1;
}

static int lazy_set(lua_State *L)
{
	push_table(L, 1, class_check(L, 1, &lazy_class));
	luaL_argcheck(L, !lua_isnil(L, 2), 2, "index is nil");
	luaL_argcheck(L, lua_type(L, 2) != LUA_TNUMBER || lua_tonumber(L, 2) == lua_tonumber(L, 2), 2, "index is NaN");
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 3);
	lua_rawset(L, -3);
	mark_dirty(L, 1);
	return 0;
}

static int lazy_len(lua_State *L)
{
	push_table(L, 1, class_check(L, 1, &lazy_class));
	lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
	return 1;
}

/* The script's next knows these values; the table itself must not get into its hands. */
static int lazy_pairs(lua_State *L)
{
	lua_pushcfunction(L, sandbox_next);
	lua_pushvalue(L, 1);
	return 2;
}

void lazy_open(lua_State *L)
{
	static const luaL_Reg meta[] = {
		{"__index", lazy_get}, {"__newindex", lazy_set}, {"__len", lazy_len}, {"__pairs", lazy_pairs}, {NULL, NULL}};

	class_new(L, &lazy_class, meta, NULL);
}
