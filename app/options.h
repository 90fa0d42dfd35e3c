/* io.set: settings by name, with types, ranges and, for a misspelt name, the nearest one. */
#ifndef POLLUX_APP_OPTIONS_H
#define POLLUX_APP_OPTIONS_H

#include <lua.h>

/* io.set{name = value, …}, while the file loads */
int options_set(lua_State *L);

#endif
