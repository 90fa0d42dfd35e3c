/* io.on_any_outgoing: handlers that hear of what is emitted, in the event that emits it. */
#ifndef POLLUX_APP_OUTGOING_H
#define POLLUX_APP_OUTGOING_H

#include <lua.h>
#include "app/state.h"

/* Calls the namespace's handlers with a table that says to whom, and the event's name and arguments, which stand at first … last.
 * What such a handler emits is told to none of them. Raises what they raise. */
void outgoing_tell(lua_State *L, const struct namespace *nsp, const struct emission *e, int first, int last);

#endif
