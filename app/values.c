/*
 * null is a light userdata of a fixed address, the only light userdata a script ever sees; an array is a table with
 * a certain metatable; bytes are a userdata, so that they are not taken for text.
 */
#include "config.h"
#include "app/values.h"

#include <string.h>
#include <lauxlib.h>

#include "app/class.h"

struct binary {
	size_t len;
	char data[];
};

static const struct class binary_class = {"binary"};
static const char null_address, array_key;

void values_push_null(lua_State *L)
{
	lua_pushlightuserdata(L, (void *)&null_address);
}

bool values_is_null(lua_State *L, int index)
{
	return lua_touserdata(L, index) == &null_address;
}

void values_mark_array(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
	lua_setmetatable(L, -2);
}

bool values_is_array(lua_State *L, int index)
{
	bool is;

	if (!lua_getmetatable(L, index))
		return false;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
	is = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return is;
}

void values_push_binary(lua_State *L, const char *data, size_t len)
{
	struct binary *b = class_make(L, &binary_class, sizeof(*b) + len, 0);

	b->len = len;
	if (len)
		memcpy(b->data, data, len);
}

bool values_to_binary(lua_State *L, int index, struct text *out)
{
	const struct binary *b = class_test(L, index, &binary_class);

	if (b)
		*out = (struct text){b->data, b->len};
	return b;
}

int values_array(lua_State *L)
{
	if (lua_isnoneornil(L, 1)) {
		lua_settop(L, 0);
		lua_newtable(L);
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	if (lua_getmetatable(L, 1)) {
		lua_pop(L, 1);
		if (!values_is_array(L, 1))
			return luaL_error(L, "io.array: the table has a metatable of its own");
		return 1;
	}
	values_mark_array(L);
	return 1;
}

int values_binary(lua_State *L)
{
	size_t len;
	const char *data = luaL_checklstring(L, 1, &len);

	values_push_binary(L, data, len);
	return 1;
}

int values_is_binary(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, class_test(L, 1, &binary_class) != NULL);
	return 1;
}

static int binary_tostring(lua_State *L)
{
	const struct binary *b = class_check(L, 1, &binary_class);

	lua_pushlstring(L, b->data, b->len);
	return 1;
}

static int binary_len(lua_State *L)
{
	const struct binary *b = class_check(L, 1, &binary_class);

	lua_pushinteger(L, (lua_Integer)b->len);
	return 1;
}

static int binary_eq(lua_State *L)
{
	const struct binary *a = class_test(L, 1, &binary_class), *b = class_test(L, 2, &binary_class);

	lua_pushboolean(L, a && b && a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
	return 1;
}

static int null_tostring(lua_State *L)
{
	lua_pushliteral(L, "null");
	return 1;
}

static void protect(lua_State *L)
{
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
}

void values_open(lua_State *L)
{
	static const luaL_Reg binary_meta[] = {
		{"__tostring", binary_tostring}, {"__len", binary_len}, {"__eq", binary_eq}, {NULL, NULL}};

	class_new(L, &binary_class, binary_meta, NULL);
	lua_newtable(L);
	protect(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
	values_push_null(L);
	lua_newtable(L);
	protect(L);
	lua_pushcfunction(L, null_tostring);
	lua_setfield(L, -2, "__tostring");
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}
