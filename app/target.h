/*
 * To whom something is emitted: io.to(r):except(s):once(key). Immutable; each call makes a new one, so that one kept in a
 * local of the file is safe to use.
 */
#ifndef POLLUX_APP_TARGET_H
#define POLLUX_APP_TARGET_H

#include <stdbool.h>
#include <lua.h>
#include "app/rooms.h"
#include "app/state.h"

void target_open(lua_State *L);
/* Pushes a target of the whole namespace; `but` and `to`: index of a room's name to leave out or to add, or 0. direct: to is one socket. */
void target_push(lua_State *L, struct namespace *nsp, int to, int but, bool direct);
/* Pushes a target like the one on index plus the rooms (a string or an array of them) at arg. */
int target_to(lua_State *L, int index, int arg);
int target_except(lua_State *L, int index, int arg);
/* Whose sockets these are, wherever they are held; the names are borrowed from the target, which stays on the stack. */
struct target_names {
	struct text rooms[ROOMS_MAX], except[ROOMS_MAX];
};
struct audience target_audience(lua_State *L, int index, struct target_names *names);
struct namespace *target_namespace(lua_State *L, int index);
/* Emits to the target at index: arguments from `first` on are the event's name and arguments. Returns what emit returns to the
 * script: position, duplicate; or nil, "gone". */
int target_emit(lua_State *L, int index, int first);
/* The same for the event "message": the arguments are from `first` on. */
int target_send(lua_State *L, int index, int first);
/* emit_with_ack(handler, context, event, …) of the target at 1: answers go to the io.on_ack handler of that name, or, of many, to the io.on_acks handler. */
int target_emit_with_ack(lua_State *L);
/* Pushes a target like the one on index that waits for acknowledgements so long: milliseconds at arg. */
int target_timeout(lua_State *L, int index, int arg);
/* A target with the flag volatile. */
int target_volatile(lua_State *L, int index);

#endif
