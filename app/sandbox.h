/* The world a script sees: Lua's libraries without files, processes, bytecode and finalizers; read-only tables. */
#ifndef POLLUX_APP_SANDBOX_H
#define POLLUX_APP_SANDBOX_H

#include <stdbool.h>
#include <lua.h>

/* Fills the globals. May raise. */
void sandbox_open(lua_State *L);
/* Replaces the table on the top of the stack by a read-only one that shows it. what: for the error's text. */
void sandbox_freeze(lua_State *L, const char *what);
/* Makes the globals read-only: what the file defined stays, nothing can be assigned any more. */
void sandbox_freeze_globals(lua_State *L);
/* True, and the table behind it is pushed, when the value is one that sandbox_freeze made. */
bool sandbox_frozen(lua_State *L, int index);
/* The script's next, for tables of all kinds: Lua's, read-only ones and decoded ones. */
int sandbox_next(lua_State *L);

#endif
