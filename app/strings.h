/* string.find, match, gmatch and gsub over the step-counted matcher. */
#ifndef POLLUX_APP_STRINGS_H
#define POLLUX_APP_STRINGS_H

#include <lua.h>

/* Replaces the four in the string library's table on the top of the stack. */
void strings_install(lua_State *L);

#endif
