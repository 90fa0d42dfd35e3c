/* Joining and leaving rooms, one socket or many, with what io.on_room hears of it. */
#ifndef POLLUX_APP_ROOMS_H
#define POLLUX_APP_ROOMS_H

#include <lua.h>
#include "app/state.h"

#define ROOMS_MAX 256

/* How many rooms the script names at arg: by a string, or by an array of strings. Raises for anything else, a table with named fields
 * above all: it must not be taken for no rooms, nor for all. */
int rooms_count_names(lua_State *L, int arg);
/* Pushes the i-th name, from 0. Raises. */
void rooms_push_name(lua_State *L, int arg, int i);
/* A socket joins or leaves the rooms at arg: a name, or an array of names. What core answered last: 0 or NOT_FOUND. Raise. */
int rooms_join(lua_State *L, struct namespace *nsp, const char *sid, int arg);
int rooms_leave(lua_State *L, struct namespace *nsp, const char *sid, int arg);
/* Likewise the sockets of an audience, whose names stay on the stack. */
void rooms_join_all(lua_State *L, struct namespace *nsp, const struct audience *a, int arg);
void rooms_leave_all(lua_State *L, struct namespace *nsp, const struct audience *a, int arg);
/* Tells of a room that the socket has come into by itself, and of all that it leaves with its connection. */
void rooms_tell_joined(lua_State *L, struct namespace *nsp, const char *sid, struct text room);
void rooms_tell_left(lua_State *L, struct namespace *nsp, const char *sid);
/* And of all in which it is again, having come back. */
void rooms_tell_back(lua_State *L, struct namespace *nsp, const char *sid);

#endif
