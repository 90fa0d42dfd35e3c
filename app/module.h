/* The module "pollux": what require gives to a script. */
#ifndef POLLUX_APP_MODULE_H
#define POLLUX_APP_MODULE_H

#include <lua.h>
#include "app/state.h"

/* Puts require and print among the globals. May raise. */
void module_open(lua_State *L);
/* Pushes a new module of the namespace; the table of those that the file names: name → module. */
void module_push(lua_State *L, struct namespace *nsp);
void module_push_all(lua_State *L);

#endif
