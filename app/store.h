/* io.store: values under keys, for all processes. */
#ifndef POLLUX_APP_STORE_H
#define POLLUX_APP_STORE_H

#include <lua.h>

/* Pushes the table io.store. */
void store_push_module(lua_State *L);

#endif
