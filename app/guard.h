/* pcall, xpcall, load and the coroutine functions for scripts: as in Lua, but no script catches the end of its event. */
#ifndef POLLUX_APP_GUARD_H
#define POLLUX_APP_GUARD_H

#include <lua.h>

/* Puts pcall, xpcall and load into the table on the top of the stack. */
void guard_base(lua_State *L);
/* Replaces create, wrap, resume and close in the coroutine library's table on the top of the stack. */
void guard_coroutine(lua_State *L);

#endif
