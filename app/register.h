/* Registering handlers: what a file says once, while it loads, for all sockets of a namespace. */
#ifndef POLLUX_APP_REGISTER_H
#define POLLUX_APP_REGISTER_H

#include <lua.h>
#include "app/state.h"

/* Adds on, use, on_any … for that namespace to the module on the top. */
void register_functions(lua_State *L, struct namespace *nsp);
/* Raises unless the file loads; unless the value at arg is a function. what: "io.on". */
void register_check_loading(lua_State *L, const char *what);
void register_check_handler(lua_State *L, int arg, const char *what);

#endif
