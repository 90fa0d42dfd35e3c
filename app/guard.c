/*
 * Whatever catches errors in Lua, wrapped: after each, limits_caught() raises again what must not be caught. A
 * coroutine has its own hook, which it inherits; the meters are the event's.
 */
#include "config.h"
#include "app/guard.h"

#include <lauxlib.h>
#include <lualib.h>

#include "app/limits.h"

static int end_of_pcall(lua_State *L, int status, lua_KContext skip)
{
	limits_caught(L, status);
	if (status == LUA_OK || status == LUA_YIELD)
		return lua_gettop(L) - (int)skip;
	lua_pushboolean(L, 0);
	lua_insert(L, -2);
	return 2;
}

/* pcall(f, ...) → true, results… or false, error */
static int guarded_pcall(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, 1);
	lua_insert(L, 1);
	return end_of_pcall(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, end_of_pcall), 0);
}

/* While the hook raises, hooks are off: a script's message handler would run without limits. */
static int message_handler(lua_State *L)
{
	if (limits_of(L)->doomed)
		return 1;
	lua_settop(L, 1);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, 1, 1);
	return 1;
}

/* xpcall(f, handler, ...): the stack becomes handler, true, f, arguments */
static int guarded_xpcall(lua_State *L)
{
	int args = lua_gettop(L) - 2;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, message_handler, 1);
	lua_pushboolean(L, 1);
	lua_pushvalue(L, 1);
	lua_rotate(L, 1, 3);
	lua_remove(L, 4);
	lua_remove(L, 4);
	return end_of_pcall(L, lua_pcallk(L, args, LUA_MULTRET, 1, 1, end_of_pcall), 1);
}

/* load(text, name, mode, env): text only, no bytecode, no reader functions. */
static int guarded_load(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	const char *name = luaL_optstring(L, 2, "=(load)");
	int has_env = !lua_isnone(L, 4), status;

	limits_charge(L, (int64_t)len);
	status = luaL_loadbufferx(L, text, len, name, "t");
	limits_caught(L, status);
	if (status != LUA_OK) {
		luaL_pushfail(L);
		lua_insert(L, -2);
		return 2;
	}
	if (has_env) {
		lua_pushvalue(L, 4);
		if (!lua_setupvalue(L, -2, 1))
			lua_pop(L, 1);
	}
	return 1;
}

void guard_base(lua_State *L)
{
	static const luaL_Reg functions[] = {{"pcall", guarded_pcall}, {"xpcall", guarded_xpcall}, {"load", guarded_load}, {NULL, NULL}};

	luaL_setfuncs(L, functions, 0);
}

static int too_many(lua_State *L)
{
	lua_pushliteral(L, "too many values to pass to or from a coroutine");
	return -1;
}

/* Passes args values from the top of L; the results, or one error (then -1), are left on the top of L. */
static int resume(lua_State *L, lua_State *co, int args)
{
	struct limits *m = limits_of(L);
	lua_State *before = m->running;
	int status, results;

	if (!lua_checkstack(co, args))
		return too_many(L);
	lua_xmove(L, co, args);
	m->running = co;
	status = lua_resume(co, L, args, &results);
	m->running = before;
	if (status != LUA_OK && status != LUA_YIELD) {
		lua_xmove(co, L, 1);
		limits_caught(L, status);
		return -1;
	}
	limits_caught(L, LUA_OK);
	if (!lua_checkstack(L, results + 1)) {
		lua_pop(co, results);
		return too_many(L);
	}
	lua_xmove(co, L, results);
	return results;
}

static lua_State *check_coroutine(lua_State *L)
{
	lua_State *co = lua_tothread(L, 1);

	if (!co)
		luaL_typeerror(L, 1, "coroutine");
	return co;
}

/* A coroutine that ends before its hook was called is paid for here. */
static int guarded_create(lua_State *L)
{
	lua_State *co;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	limits_charge(L, LIMITS_STEP);
	co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	return 1;
}

static int guarded_resume(lua_State *L)
{
	lua_State *co = check_coroutine(L);
	int results = resume(L, co, lua_gettop(L) - 1);

	lua_pushboolean(L, results >= 0);
	lua_insert(L, results < 0 ? -2 : -(results + 1));
	return results < 0 ? 2 : results + 1;
}

/* Closes what a failed coroutine left open: its error may become another. */
static void close_failed(lua_State *L, lua_State *co)
{
	int status = lua_status(co);

	if (status == LUA_OK || status == LUA_YIELD)
		return;
	lua_xmove(L, co, 1);
	status = lua_resetthread(co);
	lua_xmove(co, L, 1);
	limits_caught(L, status);
}

static int wrapped(lua_State *L)
{
	lua_State *co = lua_tothread(L, lua_upvalueindex(1));
	int results = resume(L, co, lua_gettop(L));

	if (results >= 0)
		return results;
	close_failed(L, co);
	if (lua_type(L, -1) == LUA_TSTRING) {
		luaL_where(L, 1);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

static int guarded_wrap(lua_State *L)
{
	guarded_create(L);
	lua_pushcclosure(L, wrapped, 1);
	return 1;
}

/* The original stands as upvalue: what may be closed when is its business. */
static int guarded_close(lua_State *L)
{
	int results = lua_tocfunction(L, lua_upvalueindex(1))(L);

	limits_caught(L, results == 2 ? LUA_ERRRUN : LUA_OK);
	return results;
}

void guard_coroutine(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"create", guarded_create}, {"resume", guarded_resume}, {"wrap", guarded_wrap}, {NULL, NULL}};

	luaL_setfuncs(L, functions, 0);
	lua_getfield(L, -1, "close");
	lua_pushcclosure(L, guarded_close, 1);
	lua_setfield(L, -2, "close");
}
