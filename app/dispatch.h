/* The functions of core/handler.h: from an event to the script's handlers and back. */
#ifndef POLLUX_APP_DISPATCH_H
#define POLLUX_APP_DISPATCH_H

#include "app/state.h"

void dispatch_fill(struct handler *handler, struct host *h);
/* Calls a C function that may raise, with light userdata `ctx`; logs what it raised, with a traceback. what: for the log, "event \"say\"".
 * 0, POLLUX_REFUSED, or the error that ended the event. */
int dispatch_protected(struct host *h, lua_CFunction f, void *ctx, const char *sid, const char *what) WARN_UNUSED;
/* Runs an event: f, with light userdata `ctx`, under its limits. what: for the log. As dispatch_protected; NOT_FOUND: its namespace is none of ours. */
int dispatch_run(struct host *h, struct event *ev, lua_CFunction f, void *ctx, const char *what) WARN_UNUSED;
/* Pushes the table of the event's attachments and returns its index; 0: there are none, and nothing is pushed. */
int dispatch_push_attachments(lua_State *L, const struct incoming *in);
/* Pushes the arguments from cursor on: behind the event's name. null comes as nil. */
void dispatch_push_arguments(lua_State *L, const struct incoming *in, size_t cursor, int attachments);
/* Runs an event that is no socket's and of no namespace. Likewise. */
int dispatch_unattended(struct host *h, struct event *ev, lua_CFunction f, void *ctx, const char *what) WARN_UNUSED;

#endif
