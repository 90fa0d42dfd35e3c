/* server_side_emit: an event for the other processes, each of which runs its io.on_server_side handlers. */
#ifndef POLLUX_APP_SERVER_SIDE_H
#define POLLUX_APP_SERVER_SIDE_H

#include <lua.h>
#include "app/state.h"

/* Adds server_side_emit and on_server_side for that namespace to the module on the top. */
void server_side_functions(lua_State *L, struct namespace *nsp);
/* See core/handler.h. */
int server_side_run(void *ctx, struct event *ev, const struct incoming *in);

#endif
