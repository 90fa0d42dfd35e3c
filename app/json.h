/* require "json": encode and decode, by the rules of events' arguments. */
#ifndef POLLUX_APP_JSON_H
#define POLLUX_APP_JSON_H

#include <lua.h>

/* Pushes the module. May raise. */
void json_push_module(lua_State *L);

#endif
