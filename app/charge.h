/* Library functions that may work long inside C without allocating: they pay for their work before they do it. */
#ifndef POLLUX_APP_CHARGE_H
#define POLLUX_APP_CHARGE_H

#include <lua.h>

/* Each wraps such functions in the library's table on the top of the stack. */
void charge_base(lua_State *L);
void charge_string(lua_State *L);
void charge_table(lua_State *L);
void charge_utf8(lua_State *L);

#endif
