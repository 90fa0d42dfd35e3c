/* io.in_(room):fetch_sockets() and what else is done to sockets by rooms: methods of targets and functions of namespaces. */
#ifndef POLLUX_APP_SOCKETS_H
#define POLLUX_APP_SOCKETS_H

#include <lua.h>

/* Each takes the target at index 1, then its own arguments. */
int sockets_fetch(lua_State *L);
int sockets_join(lua_State *L);
int sockets_leave(lua_State *L);
int sockets_disconnect(lua_State *L);

#endif
