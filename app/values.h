/* Values that JSON has and Lua has not: null, arrays (an empty one too), bytes. */
#ifndef POLLUX_APP_VALUES_H
#define POLLUX_APP_VALUES_H

#include <stdbool.h>
#include <lua.h>
#include "core/event.h"

/* Makes the classes. May raise. */
void values_open(lua_State *L);
void values_push_null(lua_State *L);
bool values_is_null(lua_State *L, int index);
/* Marks the table on the top as an array. */
void values_mark_array(lua_State *L);
bool values_is_array(lua_State *L, int index);
/* Pushes io.binary with a copy of the bytes; and the bytes of one, valid as long as the value. */
void values_push_binary(lua_State *L, const char *data, size_t len);
bool values_to_binary(lua_State *L, int index, struct text *out);
/* io.array{…}, io.binary(string) and io.is_binary(value) */
int values_array(lua_State *L);
int values_binary(lua_State *L);
int values_is_binary(lua_State *L);

#endif
