/* Classes of userdata. Metatables are hidden from scripts (__metatable). */
#include "config.h"
#include "app/class.h"

void class_new(lua_State *L, const struct class *c, const luaL_Reg *metamethods, const luaL_Reg *methods)
{
	lua_newtable(L);
	lua_pushstring(L, c->name);
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	if (metamethods)
		luaL_setfuncs(L, metamethods, 0);
	if (methods) {
		lua_newtable(L);
		luaL_setfuncs(L, methods, 0);
		lua_setfield(L, -2, "__index");
	}
	lua_rawsetp(L, LUA_REGISTRYINDEX, c);
}

void *class_make(lua_State *L, const struct class *c, size_t size, int values)
{
	void *made = lua_newuserdatauv(L, size, values);

	lua_rawgetp(L, LUA_REGISTRYINDEX, c);
	lua_setmetatable(L, -2);
	return made;
}

void *class_test(lua_State *L, int index, const struct class *c)
{
	void *at = lua_touserdata(L, index);

	if (!at || lua_islightuserdata(L, index) || !lua_getmetatable(L, index))
		return NULL;
	lua_rawgetp(L, LUA_REGISTRYINDEX, c);
	if (!lua_rawequal(L, -1, -2))
		at = NULL;
	lua_pop(L, 2);
	return at;
}

void *class_check(lua_State *L, int index, const struct class *c)
{
	void *at = class_test(L, index, c);

	if (!at && index == 1)
		luaL_argerror(L, index, lua_pushfstring(L, "%s expected, got %s: methods of a %s are called with a colon", c->name, luaL_typename(L, index), c->name));
	if (!at)
		luaL_typeerror(L, index, c->name);
	return at;
}
