/* Acknowledgements: a value that a script calls once with the answer, in this event or a later one. */
#ifndef POLLUX_APP_ACK_H
#define POLLUX_APP_ACK_H

#include <lua.h>
#include "core/event.h"

void ack_open(lua_State *L);
/* Pushes the ack that the client of this event waits for. */
void ack_push(lua_State *L, const struct socket_view *view, int64_t id);
/* io.ack(reference) → ack */
int ack_from_reference(lua_State *L);

#endif
