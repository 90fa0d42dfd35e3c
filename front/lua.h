/* Lua applications (app/host.h) for a struct front_app. */
#ifndef POLLUX_FRONT_LUA_H
#define POLLUX_FRONT_LUA_H

#include "front/app.h"

int front_lua_load(void **out, const char *file, struct settings *settings, struct handler *handler);
void front_lua_unload(void *loaded);

#endif
