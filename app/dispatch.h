/* The functions of core/handler.h: from an event to the script's handlers and back. */
#ifndef POLLUX_APP_DISPATCH_H
#define POLLUX_APP_DISPATCH_H

#include "app/state.h"

void dispatch_fill(struct handler *handler, struct host *h);
/* Calls a C function that may raise, with light userdata `ctx`; logs what it raised, with a traceback. what: for the log, "event \"say\"".
 * 0, POLLUX_REFUSED, or the error that ended the event. */
int dispatch_protected(struct host *h, lua_CFunction f, void *ctx, const char *sid, const char *what) WARN_UNUSED;

#endif
