/* The module "pollux": what require gives to a script. */
#ifndef POLLUX_APP_MODULE_H
#define POLLUX_APP_MODULE_H

#include <lua.h>

/* Puts require and print among the globals. May raise. */
void module_open(lua_State *L);

#endif
