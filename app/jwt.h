/* io.jwt: tokens that somebody with the key has signed. */
#ifndef POLLUX_APP_JWT_H
#define POLLUX_APP_JWT_H

#include <lua.h>

/* Pushes the table with verify and sign. May raise. */
void jwt_push_module(lua_State *L);

#endif
