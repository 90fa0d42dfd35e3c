/* The settings whose values are more than a number: what io.set hands on for CORS, the cookie, transports, compression, headers, recovery. */
#ifndef POLLUX_APP_OPTIONS_WEB_H
#define POLLUX_APP_OPTIONS_WEB_H

#include <lua.h>
#include "app/state.h"

/* Each takes the value on the top, which stays. Raises what is wrong with it. Set again, a value replaces what was there. */
void options_set_cors(lua_State *L, struct settings *s);
void options_set_cookie(lua_State *L, struct settings *s);
void options_set_transports(lua_State *L, struct settings *s);
void options_set_compression(lua_State *L, struct settings *s);
void options_set_trusted(lua_State *L, struct settings *s);
void options_set_recovery(lua_State *L, struct settings *s);
void options_set_headers(lua_State *L, struct settings *s);
void options_set_initial_headers(lua_State *L, struct host *h);
void options_set_allow_request(lua_State *L, struct host *h);

#endif
