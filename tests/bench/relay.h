/*
 * The application of relay.lua in C behind core/handler.h: what core and the front cost without Lua (POLLUX_BENCH_PROGRAM in
 * servers.mjs and POLLUX_BENCH_WS_PROGRAM in wsservers.mjs). Not for anybody's use.
 */
#ifndef BENCH_RELAY_H
#define BENCH_RELAY_H

#include "front/app.h"

/* A front_app's load and unload; file is not looked at. */
int relay_load(void **out, const char *file, struct settings *settings, struct handler *handler);
void relay_unload(void *loaded);

#endif
