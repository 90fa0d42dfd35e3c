/* Values are JSON, as arguments are, without bytes. */
#include "config.h"
#include "app/store.h"

#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "app/arguments.h"
#include "app/encode.h"
#include "app/lazy.h"
#include "app/sandbox.h"
#include "app/state.h"
#include "app/values.h"
#include "proto/utf8.h"

#define BYTES_AN_INSTRUCTION 4
#define WORK 200
#define EXPIRE_MAX_MS (INT64_C(3660) * 86400 * 1000)
#define LIST_DEFAULT 100
#define LIST_MAX 1000

static struct text check_key(lua_State *L, int arg, const char *what)
{
	struct text key;

	if (lua_type(L, arg) != LUA_TSTRING)
		luaL_error(L, "io.store.%s: the key must be a string, not a %s%s", what, luaL_typename(L, arg),
			   lua_istable(L, arg) ? " (it is called with a dot)" : "");
	key.at = lua_tolstring(L, arg, &key.len);
	if (key.len < 1 || key.len > STORE_KEY_MAX || !utf8_valid(key.at, key.len))
		luaL_error(L, "io.store.%s: a key is 1 to %d bytes of UTF-8", what, STORE_KEY_MAX);
	limits_charge(L, WORK);
	return key;
}

/* Milliseconds from now at index; nil: never. */
static int64_t check_expiry(lua_State *L, int index, const char *what)
{
	lua_Integer ms;
	int is_integer;

	if (lua_isnoneornil(L, index))
		return 0;
	ms = lua_tointegerx(L, index, &is_integer);
	if (!is_integer || ms < 1 || ms > EXPIRE_MAX_MS)
		luaL_error(L, "io.store.%s: it expires in milliseconds: an integer above 0, up to ten years", what);
	return ms;
}

/* It is freed whatever Lua does with it. */
static int push_decoded(lua_State *L)
{
	const struct text *value = lua_touserdata(L, 1);

	limits_charge(L, (int64_t)value->len / BYTES_AN_INSTRUCTION);
	lazy_push(L, (struct json_slice){value->at, value->len}, 0, 0);
	return 1;
}

/* get(key) → value; nil: there is none */
static int store_get(lua_State *L)
{
	struct text key = check_key(L, 1, "get"), value;
	char *text = NULL;
	int status;

	lua_settop(L, 1);
	if (host_check(L, event_store_get(host_event(L, "io.store.get"), key, &text, &value.len), "io.store.get")) {
		luaL_pushfail(L);
		return 1;
	}
	value.at = text;
	lua_pushcfunction(L, push_decoded);
	lua_pushlightuserdata(L, &value);
	status = lua_pcall(L, 1, 1, 0);
	free(text);
	return status == LUA_OK ? 1 : lua_error(L);
}

struct set_options {
	int64_t expire_ms;
	bool if_absent;
};

/* A table, or one that a client sent; false: none. */
static bool is_table(lua_State *L, int arg)
{
	if (lua_isnoneornil(L, arg))
		return false;
	if (lazy_table(L, arg))
		lua_replace(L, arg);
	luaL_checktype(L, arg, LUA_TTABLE);
	return true;
}

static struct set_options check_options(lua_State *L, int arg)
{
	struct set_options o = {0, false};

	if (!is_table(L, arg))
		return o;
	for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
		const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";

		if (strcmp(name, "expire") == 0)
			o.expire_ms = check_expiry(L, lua_gettop(L), "set");
		else if (strcmp(name, "if_absent") == 0)
			o.if_absent = lua_toboolean(L, -1);
		else
			luaL_error(L, "io.store.set: unknown option '%s' (there are expire and if_absent)", name);
	}
	return o;
}

static struct text encode(lua_State *L, int index)
{
	struct buf *out = &host_of(L)->out;
	struct encoder e;

	if (lua_isnoneornil(L, index))
		luaL_error(L, "io.store.set: nil is no value: io.store.delete(key), or io.null");
	buf_clear(out);
	encode_init(&e, out, 0);
	if (encode_value(L, &e, index, 0))
		luaL_error(L, "io.store.set: value%s: %s", e.path, e.error);
	if (out->len > STORE_VALUE_MAX)
		luaL_error(L, "io.store.set: a value has at most %d bytes as JSON", (int)STORE_VALUE_MAX);
	limits_charge(L, (int64_t)out->len / BYTES_AN_INSTRUCTION);
	return (struct text){out->data, out->len};
}

/* set(key, value, { expire =, if_absent = }) → true; false: it was there */
static int store_set(lua_State *L)
{
	struct text key = check_key(L, 1, "set"), value;
	struct event *ev = host_event(L, "io.store.set");
	struct set_options o;

	lua_settop(L, 3);
	o = check_options(L, 3);
	value = encode(L, 2);
	lua_pushboolean(L, host_check(L, event_store_set(ev, key, value, o.expire_ms, o.if_absent), "io.store.set") == 0);
	return 1;
}

/* add(key, n) → what it is now */
static int store_add(lua_State *L)
{
	struct text key = check_key(L, 1, "add");
	int64_t now, by = luaL_optinteger(L, 2, 1);
	int error = event_store_add(host_event(L, "io.store.add"), key, by, &now);

	if (error == POLLUX_PROTOCOL)
		return luaL_error(L, "io.store.add: '%s' is no integer, or would be too large for one", key.at);
	host_check(L, error, "io.store.add");
	lua_pushinteger(L, now);
	return 1;
}

/* delete(key) → whether it was there */
static int store_delete(lua_State *L)
{
	struct text key = check_key(L, 1, "delete");

	lua_pushboolean(L, host_check(L, event_store_delete(host_event(L, "io.store.delete"), key), "io.store.delete") == 0);
	return 1;
}

/* expire(key, ms) → whether it was there; nil: never */
static int store_expire(lua_State *L)
{
	struct text key = check_key(L, 1, "expire");
	int64_t ms = check_expiry(L, 2, "expire");

	lua_pushboolean(L, host_check(L, event_store_expire(host_event(L, "io.store.expire"), key, ms), "io.store.expire") == 0);
	return 1;
}

/* --- list --- */

static int list_row(void *ctx, struct text key, struct text value)
{
	struct buf *rows = ctx;
	size_t lens[2] = {key.len, value.len};

	buf_add(rows, lens, sizeof(lens));
	buf_add(rows, key.at, key.len);
	return buf_add(rows, value.at, value.len);
}

/* The text of an option, which stays on the stack. */
static struct text text_option(lua_State *L, const char *name)
{
	struct text t = {NULL, 0};

	if (lua_isnoneornil(L, 1) || lua_getfield(L, 1, name) == LUA_TNIL)
		return t;
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "io.store.list: %s must be a string", name);
	t.at = lua_tolstring(L, -1, &t.len);
	return t;
}

static int limit_option(lua_State *L)
{
	lua_Integer n;
	int is_integer;

	if (lua_isnoneornil(L, 1) || lua_getfield(L, 1, "limit") == LUA_TNIL)
		return LIST_DEFAULT;
	n = lua_tointegerx(L, -1, &is_integer);
	if (!is_integer || n < 1 || n > LIST_MAX)
		luaL_error(L, "io.store.list: limit must be an integer from 1 to %d", LIST_MAX);
	return (int)n;
}

static void push_rows(lua_State *L, const struct buf *rows)
{
	size_t lens[2];
	lua_Integer n = 0;

	lua_newtable(L);
	values_mark_array(L);
	for (size_t at = 0; at < rows->len; at += lens[0] + lens[1]) {
		memcpy(lens, rows->data + at, sizeof(lens));
		at += sizeof(lens);
		lua_createtable(L, 0, 2);
		lua_pushlstring(L, rows->data + at, lens[0]);
		lua_setfield(L, -2, "key");
		lazy_push(L, (struct json_slice){rows->data + at + lens[0], lens[1]}, 0, 0);
		lua_setfield(L, -2, "value");
		lua_rawseti(L, -2, ++n);
	}
}

/* list{ prefix =, after =, limit = } → { { key =, value = }, … } */
static int store_list(lua_State *L)
{
	struct event *ev = host_event(L, "io.store.list");
	struct buf *rows = &host_of(L)->rows;
	struct text prefix, after;
	int limit;

	if (is_table(L, 1))
		arguments_check_options(L, 1, "io.store.list", (const char *const[]){"prefix", "after", "limit", NULL});
	prefix = text_option(L, "prefix");
	after = text_option(L, "after");
	limit = limit_option(L);
	buf_clear(rows);
	host_check(L, event_store_list(ev, prefix, after, limit, list_row, rows), "io.store.list");
	limits_charge(L, WORK + (int64_t)rows->len / BYTES_AN_INSTRUCTION);
	push_rows(L, rows);
	return 1;
}

void store_push_module(lua_State *L)
{
	static const luaL_Reg functions[] = {{"get", store_get}, {"set", store_set}, {"add", store_add}, {"delete", store_delete},
		{"expire", store_expire}, {"list", store_list}, {NULL, NULL}};

	luaL_newlib(L, functions);
	sandbox_freeze(L, "io.store");
}
