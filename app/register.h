/* Registering handlers: what a file says once, while it loads, for all sockets of a namespace. */
#ifndef POLLUX_APP_REGISTER_H
#define POLLUX_APP_REGISTER_H

#include <lua.h>
#include "app/state.h"

/* Adds on, use, on_any … for that namespace to the module on the top. */
void register_functions(lua_State *L, struct namespace *nsp);
/* on_server_side(name, function), its upvalue the namespace */
int register_server_side(lua_State *L);
/* Raises unless the file loads; unless the value at arg is a function. what: "io.on". */
void register_check_loading(lua_State *L, const char *what);
void register_check_handler(lua_State *L, int arg, const char *what);
/* The string at arg 1, a handler's name; raises. */
const char *register_check_name(lua_State *L, const char *what);
/* Gives the function at index the name at arg 1 among the namespace's own; raises when there is one of that name. */
void register_named(lua_State *L, const struct namespace *nsp, enum named kind, int function, const char *what);
/* Pops a name and pushes the function (or array) of that name, or nil. */
void register_push_named(lua_State *L, const struct namespace *nsp, enum named kind);

#endif
