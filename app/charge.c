/*
 * Each wrapper estimates the work from the arguments, pays, and goes on as the original (its upvalue) in the same
 * frame, so errors and tracebacks name what the script called. Bad arguments cost nothing: the original complains.
 */
#include "config.h"
#include "app/charge.h"

#include <lauxlib.h>

#include "app/limits.h"

static int original(lua_State *L)
{
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int64_t length_of(lua_State *L, int arg)
{
	if (lua_type(L, arg) == LUA_TSTRING)
		return (int64_t)lua_rawlen(L, arg);
	if (lua_istable(L, arg) || lua_isuserdata(L, arg))
		return luaL_len(L, arg);
	return 0;
}

static int64_t position(lua_State *L, int arg, int64_t len, int64_t otherwise)
{
	int64_t at = lua_isinteger(L, arg) ? lua_tointeger(L, arg) : otherwise;

	return at < 0 ? at + len + 1 : at;
}

/* Elements from argument i to argument j of the thing in argument 1; subtraction of extremes must not overflow. */
static void pay_range(lua_State *L, int i, int64_t i_otherwise, int j, int64_t j_otherwise)
{
	int64_t len = length_of(L, 1);
	double n = (double)position(L, j, len, j_otherwise) - (double)position(L, i, len, i_otherwise) + 1;

	limits_charge(L, n < 0 ? 0 : n > 9e18 ? INT64_MAX / 2 : (int64_t)n);
}

static int first_string(lua_State *L)
{
	limits_charge(L, length_of(L, 1) / 8);
	return original(L);
}

static int all_arguments(lua_State *L)
{
	limits_charge(L, lua_gettop(L) / 8);
	return original(L);
}

/* string.byte(s, i, j), utf8.codepoint(s, i, j): i alone by default */
static int one_or_range(lua_State *L)
{
	int64_t i = position(L, 2, length_of(L, 1), 1);

	pay_range(L, 2, 1, 3, i);
	return original(L);
}

/* utf8.len(s, i, j): all by default */
static int string_range(lua_State *L)
{
	pay_range(L, 2, 1, 3, -1);
	return original(L);
}

/* utf8.offset(s, n, i) */
static int utf8_offset(lua_State *L)
{
	int64_t n = lua_tointeger(L, 2), len = length_of(L, 1);

	if (n > len || n < -len)
		n = len;
	limits_charge(L, n < 0 ? -n : n);
	return original(L);
}

/* Elements from argument i (default 1) to argument j (default: the table's length). */
static void pay_elements(lua_State *L, int i, int j)
{
	int64_t len = lua_isnoneornil(L, j) ? length_of(L, 1) : lua_tointeger(L, j);
	double n = (double)len - (double)(lua_isnoneornil(L, i) ? 1 : lua_tointeger(L, i)) + 1;

	limits_charge(L, n < 0 ? 0 : n > 9e18 ? INT64_MAX / 2 : (int64_t)n);
}

static int table_concat(lua_State *L)
{
	pay_elements(L, 3, 4);
	return original(L);
}

static int table_unpack(lua_State *L)
{
	pay_elements(L, 2, 3);
	return original(L);
}

static int table_move(lua_State *L)
{
	pay_elements(L, 2, 3);
	return original(L);
}

/* insert(t, value) and remove(t) move nothing. */
static int table_insert(lua_State *L)
{
	if (lua_gettop(L) > 2)
		pay_elements(L, 2, 4);
	return original(L);
}

static int table_remove(lua_State *L)
{
	if (lua_gettop(L) > 1)
		pay_elements(L, 2, 3);
	return original(L);
}

static int table_sort(lua_State *L)
{
	int64_t n = length_of(L, 1), log = 1;

	while (log < 63 && n >> log)
		log++;
	if (n > 0)
		limits_charge(L, n > INT32_MAX ? INT64_MAX / 2 : n * log);
	return original(L);
}

static void wrap_all(lua_State *L, const luaL_Reg *functions)
{
	for (; functions->name; functions++) {
		lua_getfield(L, -1, functions->name);
		lua_pushcclosure(L, functions->func, 1);
		lua_setfield(L, -2, functions->name);
	}
}

void charge_base(lua_State *L)
{
	static const luaL_Reg functions[] = {{"tonumber", first_string}, {"select", all_arguments}, {NULL, NULL}};

	wrap_all(L, functions);
}

void charge_string(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"byte", one_or_range}, {"unpack", first_string}, {"packsize", first_string}, {NULL, NULL}};

	wrap_all(L, functions);
}

void charge_table(lua_State *L)
{
	static const luaL_Reg functions[] = {{"concat", table_concat},
		{"unpack", table_unpack},
		{"move", table_move},
		{"insert", table_insert},
		{"remove", table_remove},
		{"sort", table_sort},
		{NULL, NULL}};

	wrap_all(L, functions);
}

void charge_utf8(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"len", string_range}, {"codepoint", one_or_range}, {"offset", utf8_offset}, {NULL, NULL}};

	wrap_all(L, functions);
}
