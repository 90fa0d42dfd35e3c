/*
 * JSON as Lua values. Scalars are decoded at once: that is cheap. An array or object becomes a userdata that keeps its JSON
 * text and is decoded, one level deep, when it is first looked into. Until it (or anything in it) is written to, it is
 * emitted as that very text; afterwards it is encoded anew. To scripts it is a table: type, next, pairs, ipairs, # and the table
 * library take it for one.
 *
 * Chosen over plain tables since those can't tell that they were written to: an argument that a handler only looks at, the usual
 * case, goes on byte for byte with its key order and numbers as they were. And over an empty table with a
 * metatable since a userdata is one allocation, not three. The text is copied, so a value that a script
 * keeps beyond its event stays whole; the values inside share the copy.
 */
#ifndef POLLUX_APP_LAZY_H
#define POLLUX_APP_LAZY_H

#include <stdbool.h>
#include <lua.h>
#include "proto/json.h"

/* Makes the class. May raise. */
void lazy_open(lua_State *L);
/* Pushes any JSON value that json_check accepted. attachments: index of a table of binaries that placeholders in it mean, by num
 * + 1; 0: there are none. null becomes io.null. depth: how deep it stands in its source, 1 for an argument. */
void lazy_push(lua_State *L, struct json_slice value, int attachments, int depth);
/* True when the value is an array or object decoded from JSON. */
bool lazy_is(lua_State *L, int index);
/* Likewise, and pushes the table of its elements (decoding it); writing to that is seen by nobody. */
bool lazy_table(lua_State *L, int index);
bool lazy_is_array(lua_State *L, int index);
/* True when it still is what it was: *text, as long as the value lives, and its depth. */
bool lazy_text(lua_State *L, int index, struct json_slice *text, int *depth);
/* Pushes the table of attachments its placeholders mean, or nil. */
void lazy_push_attachments(lua_State *L, int index);

#endif
