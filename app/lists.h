/* What core lists: history, rooms, sockets. Rows are copied first (Lua may raise, and must not do so through core's frames). */
#ifndef POLLUX_APP_LISTS_H
#define POLLUX_APP_LISTS_H

#include <lua.h>
#include "app/state.h"

/* history(room, {before=, after=, limit=}) with the room at index 1 */
int lists_history(lua_State *L, struct namespace *nsp);
/* rooms() → {name=, here=} */
int lists_rooms(lua_State *L, struct namespace *nsp);
/* fetch_sockets({limit=}), with that at index 2 → sockets of the namespace */
int lists_sockets(lua_State *L, struct namespace *nsp, const struct audience *a);
/* Pushes an array of the names of a socket's rooms. Returns 1. */
int lists_rooms_of(lua_State *L, const char *nsp, const char *sid);
/* Pushes a table of packed attachments and returns its index; 0: there are none, and nothing is pushed. */
int lists_push_attachments(lua_State *L, const char *packed, size_t len);

#endif
