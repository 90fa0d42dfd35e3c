/* require: the modules of Pollux, and those that lie beside the application. */
#ifndef POLLUX_APP_MODULES_H
#define POLLUX_APP_MODULES_H

#include <lua.h>

/* Makes require a global. pollux: the module of that name is on the top of the stack, and popped. May raise. */
void modules_open(lua_State *L);

#endif
