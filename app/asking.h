/*
 * Acknowledgements that a script asks clients for. What goes on with an answer is no closure, since any process may get it: it is a function that the
 * file registered by name, and a context that the store keeps.
 */
#ifndef POLLUX_APP_ASKING_H
#define POLLUX_APP_ASKING_H

#include <lua.h>
#include "app/state.h"

/* Adds on_ack and on_acks for that namespace to the module on the top. */
void asking_functions(lua_State *L, struct namespace *nsp);
/* Checks emit_with_ack's handler at 2, and that an event is at 4; writes what core keeps with the context at 3: valid until something is listed. direct: one socket is asked. Raises. */
struct text asking_context(lua_State *L, const struct namespace *nsp, bool direct, int64_t timeout_ms);
/* See core/handler.h. */
int asking_ack(void *ctx, struct event *ev, struct text context, const struct incoming *in);
int asking_unanswered(void *ctx, struct event *ev, const char *sid, struct text context);
int asking_answers(void *ctx, struct event *ev, struct text context, const struct answer *answers, size_t count);

#endif
