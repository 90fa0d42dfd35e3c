/* An application's files as text: reading them, compiling them. Only while the application loads. */
#ifndef POLLUX_APP_SOURCE_H
#define POLLUX_APP_SOURCE_H

#include <lua.h>
#include "base/buf.h"

#define SOURCE_MAX_BYTES ((size_t)4 << 20)

/* Reads all of a regular file into out (emptied before) and closes the descriptor. 0, or an error (SYSTEM: see errno). */
int source_read(struct buf *out, int fd) WARN_UNUSED;
/* Pushes the text as a function; name: for its errors, a file's. Raises what is wrong with it. */
void source_compile(lua_State *L, const struct buf *text, const char *name);

#endif
