/* Header lines from Lua: { ["X-Frame-Options"] = "DENY", ["Set-Cookie"] = { "a=1", "b=2" } }. */
#ifndef POLLUX_APP_HEADERS_H
#define POLLUX_APP_HEADERS_H

#include <stdbool.h>
#include <lua.h>
#include "base/buf.h"

/* Appends the lines of the table at index. what: for errors, "io.set: initial_headers". Raises what is wrong with it. */
void headers_write(lua_State *L, int index, const char *what, struct buf *out);
/* Whether text is a token, as names of headers and cookies are. */
bool headers_is_token(const char *text, size_t len);

#endif
