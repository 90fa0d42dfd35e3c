/* Userdata of our own kinds. A class is named by an address: its metatable stands in the registry under it. */
#ifndef POLLUX_APP_CLASS_H
#define POLLUX_APP_CLASS_H

#include <lua.h>
#include <lauxlib.h>

struct class {
	const char *name;    /* as errors show it: "socket" */
};

/* Makes the class with its metamethods and, where methods is not NULL, a table of methods as __index. */
void class_new(lua_State *L, const struct class *c, const luaL_Reg *metamethods, const luaL_Reg *methods);
/* Pushes a new object. */
void *class_make(lua_State *L, const struct class *c, size_t size, int values);
/* The object at index, or NULL when it is none of this class. */
void *class_test(lua_State *L, int index, const struct class *c);
/* Raises instead. */
void *class_check(lua_State *L, int index, const struct class *c);

#endif
