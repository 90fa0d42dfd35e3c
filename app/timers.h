/* io.after and io.every: handlers that run at a time, in whichever process is first. */
#ifndef POLLUX_APP_TIMERS_H
#define POLLUX_APP_TIMERS_H

#include <lua.h>
#include "app/state.h"

/* Adds after, cancel, every and on_timer for that namespace to the module on the top. */
void timers_functions(lua_State *L, struct namespace *nsp);
/* Forgets what io.every said. */
void timers_forget(struct host *h);
/* See core/handler.h. */
int timers_run(void *ctx, struct event *ev, struct text name, struct text context);
int timers_repeat(void *ctx, struct event *ev, struct text name);

#endif
