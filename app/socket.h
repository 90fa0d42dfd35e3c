/*
 * A socket as scripts see it. The object lives for one event: a script that keeps one gets an error later. Within an event
 * there is one object a socket, so that its data is one table.
 */
#ifndef POLLUX_APP_SOCKET_H
#define POLLUX_APP_SOCKET_H

#include <lua.h>
#include "app/state.h"

void socket_open(lua_State *L);
/* Pushes the event's socket; to be called once, at the event's beginning. */
void socket_push_own(lua_State *L, const struct socket_view *view);
/* Pushes another socket of that namespace (or the event's own, if it is that). data NULL: "{}". */
void socket_push(lua_State *L, struct namespace *nsp, const char *sid, struct text data);
/* Pushes one that has left, of the event's namespace: it has an id, and can do nothing. */
void socket_push_gone(lua_State *L, const char *sid);
/* Stores what scripts changed in the data of this event's sockets. Raises what event_set_data fails with. */
void socket_store_data(lua_State *L);
/* Forgets the event's sockets. Raises nothing. */
void socket_forget(lua_State *L);

#endif
