/* An event's arguments from Lua's stack to JSON text and attachments. */
#ifndef POLLUX_APP_ARGUMENTS_H
#define POLLUX_APP_ARGUMENTS_H

#include <stdbool.h>
#include <lua.h>
#include "app/encode.h"
#include "app/state.h"

/* Encodes the values from index `first` to the top as a JSON array into host.out; the array's items are named in errors from
 * number `number` on (0: the first is the event's name). Raises naming the argument. */
void arguments_encode(lua_State *L, struct encoder *e, int first, int number);
/* Notes a scalar argument at the top of the stack and the text it came as. */
void arguments_note(lua_State *L, struct json_slice text);
/* Checks an event's name at index: a string, not reserved. Raises. */
void arguments_check_name(lua_State *L, int index);
/* The boolean at index, false if there is none. Raises for anything else. */
bool arguments_optional_boolean(lua_State *L, int index);
/* Checks that the table at index, a function's options, has no field but these (NULL ends them). what: the function, for the error. Raises. */
void arguments_check_options(lua_State *L, int index, const char *what, const char *const *names);

#endif
