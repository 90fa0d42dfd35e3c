/* io.secret: a value that a script can use and nobody can print. */
#ifndef POLLUX_APP_SECRET_H
#define POLLUX_APP_SECRET_H

#include <stdbool.h>
#include <lua.h>
#include "core/event.h"

/* Makes the class. May raise. */
void secret_open(lua_State *L);
/* io.secret(file) */
int secret_read(lua_State *L);
/* The bytes of the secret at index, valid as long as it is; false: it is none. */
bool secret_get(lua_State *L, int index, struct text *out);

#endif
