/*
 * The libraries. A read-only table is an empty one whose metatable shows another: so existing fields can't be
 * assigned either. Left out: io, package, debug, dofile, loadfile, warn, string.dump, most of os; collectgarbage only
 * counts; __gc is refused, since Lua runs finalizers without hooks.
 */
#include "config.h"
#include "app/sandbox.h"

#include <string.h>
#include <lauxlib.h>
#include <lualib.h>

#include "app/charge.h"
#include "app/guard.h"
#include "app/lazy.h"
#include "app/strings.h"

/* In a read-only table's metatable, the table it shows. */
static const char shown_key;

bool sandbox_frozen(lua_State *L, int index)
{
	if (!lua_istable(L, index) || !lua_getmetatable(L, index))
		return false;
	if (lua_rawgetp(L, -1, &shown_key) == LUA_TTABLE) {
		lua_remove(L, -2);
		return true;
	}
	lua_pop(L, 2);
	return false;
}

static int refuse_write(lua_State *L)
{
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);

	return luaL_error(L, lua_tostring(L, lua_upvalueindex(1)), name);
}

int sandbox_next(lua_State *L)
{
	lua_settop(L, 2);
	if (sandbox_frozen(L, 1) || lazy_table(L, 1))
		lua_replace(L, 1);
	luaL_checktype(L, 1, LUA_TTABLE);
	if (lua_next(L, 1))
		return 2;
	lua_pushnil(L);
	return 1;
}

static int frozen_pairs(lua_State *L)
{
	lua_pushcfunction(L, sandbox_next);
	lua_pushvalue(L, 1);
	return 2;
}

/* Makes the empty table at index `front` show the one on the top, which is popped. */
static void show(lua_State *L, int front, const char *message)
{
	front = lua_absindex(L, front);
	lua_createtable(L, 0, 5);
	lua_pushvalue(L, -2);
	lua_rawsetp(L, -2, &shown_key);
	lua_pushvalue(L, -2);
	lua_setfield(L, -2, "__index");
	lua_pushstring(L, message);
	lua_pushcclosure(L, refuse_write, 1);
	lua_setfield(L, -2, "__newindex");
	lua_pushcfunction(L, frozen_pairs);
	lua_setfield(L, -2, "__pairs");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, front);
	lua_pop(L, 1);
}

void sandbox_freeze(lua_State *L, const char *what)
{
	lua_newtable(L);
	lua_insert(L, -2);
	lua_pushfstring(L, "%s is read-only: cannot set '%%s'", what);
	lua_insert(L, -2);
	show(L, -3, lua_tostring(L, -2));
	lua_pop(L, 1);
}

/* The table of globals stays the same object, all functions have it as _ENV: its fields move to another. */
void sandbox_freeze_globals(lua_State *L)
{
	int globals, shown;

	lua_pushglobaltable(L);
	globals = lua_gettop(L);
	lua_newtable(L);
	shown = globals + 1;
	for (lua_pushnil(L); lua_next(L, globals);) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, shown);
	}
	for (lua_pushnil(L); lua_next(L, shown);) {
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		lua_pushnil(L);
		lua_rawset(L, globals);
	}
	if (lua_getmetatable(L, globals))
		lua_setmetatable(L, shown);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_pushvalue(L, shown);
	lua_setfield(L, -2, LUA_GNAME); /* where tracebacks look for names */
	lua_pop(L, 1);
	show(L, globals, "cannot assign global '%s' in a handler: use a local, or socket.data for what must last");
	lua_pop(L, 1);
}

/* type: a decoded table is a table */
static int sandbox_type(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushstring(L, lazy_is(L, 1) ? "table" : luaL_typename(L, 1));
	return 1;
}

static int sandbox_setmetatable(lua_State *L)
{
	if (lua_istable(L, 2)) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "__gc is not available: finalizers run outside the limits");
		lua_pop(L, 1);
	}
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int sandbox_rawget(lua_State *L)
{
	luaL_checkany(L, 2);
	if (sandbox_frozen(L, 1))
		lua_replace(L, 1);
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	lua_rawget(L, 1);
	return 1;
}

static int sandbox_rawset(lua_State *L)
{
	if (sandbox_frozen(L, 1))
		return luaL_error(L, "rawset: the table is read-only");
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int sandbox_collectgarbage(lua_State *L)
{
	if (strcmp(luaL_optstring(L, 1, "count"), "count") != 0)
		return luaL_error(L, "collectgarbage can only \"count\"");
	lua_pushnumber(L, (lua_Number)lua_gc(L, LUA_GCCOUNT) + (lua_Number)lua_gc(L, LUA_GCCOUNTB) / 1024);
	return 1;
}

/* Puts a function of ours around the field's own one, which becomes its upvalue; the table is on the top. */
static void wrap(lua_State *L, const char *field, lua_CFunction by)
{
	lua_getfield(L, -1, field);
	lua_pushcclosure(L, by, 1);
	lua_setfield(L, -2, field);
}

static void drop(lua_State *L, const char *const *fields)
{
	for (; *fields; fields++) {
		lua_pushnil(L);
		lua_setfield(L, -2, *fields);
	}
}

static void open_base(lua_State *L)
{
	static const char *const gone[] = {"dofile", "loadfile", "warn", NULL};
	static const luaL_Reg functions[] = {{"next", sandbox_next},
		{"type", sandbox_type},
		{"rawget", sandbox_rawget},
		{"collectgarbage", sandbox_collectgarbage},
		{NULL, NULL}};

	luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
	drop(L, gone);
	luaL_setfuncs(L, functions, 0);
	wrap(L, "setmetatable", sandbox_setmetatable);
	wrap(L, "rawset", sandbox_rawset);
	guard_base(L);
	charge_base(L);
	lua_pop(L, 1);
}

/* Opens a library, lets prepare change it, and gives the script a read-only view. Tracebacks find names in the original. */
static void open_library(lua_State *L, const char *name, lua_CFunction open, void (*prepare)(lua_State *L))
{
	luaL_requiref(L, name, open, 0);
	if (prepare)
		prepare(L);
	sandbox_freeze(L, name);
	lua_setglobal(L, name);
}

static void prepare_string(lua_State *L)
{
	static const char *const gone[] = {"dump", NULL};

	drop(L, gone);
	strings_install(L);
	charge_string(L);
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}

static void prepare_os(lua_State *L)
{
	static const char *const gone[] = {"execute", "exit", "getenv", "remove", "rename", "setlocale", "tmpname", NULL};

	drop(L, gone);
}

void sandbox_open(lua_State *L)
{
	open_base(L);
	open_library(L, LUA_STRLIBNAME, luaopen_string, prepare_string);
	open_library(L, LUA_TABLIBNAME, luaopen_table, charge_table);
	open_library(L, LUA_MATHLIBNAME, luaopen_math, NULL);
	open_library(L, LUA_UTF8LIBNAME, luaopen_utf8, charge_utf8);
	open_library(L, LUA_COLIBNAME, luaopen_coroutine, guard_coroutine);
	open_library(L, LUA_OSLIBNAME, luaopen_os, prepare_os);
}
