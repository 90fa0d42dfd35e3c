/*
 * Namespaces: those the file names, and the children of those it describes (io.of_pattern, io.of(function)). A child is known by its
 * name alone and made when an event needs it; it shares its parent's handlers.
 */
#ifndef POLLUX_APP_NAMESPACES_H
#define POLLUX_APP_NAMESPACES_H

#include <lua.h>
#include "app/state.h"

/* of(name or function), of_pattern(pattern): push the module. */
int namespaces_of(lua_State *L);
int namespaces_of_pattern(lua_State *L);
/* A namespace as a value that may outlive the event, as children do not: pushed, and back. Raises when it is no more. */
void namespaces_push(lua_State *L, const struct namespace *nsp);
struct namespace *namespaces_at(lua_State *L, int index);
static inline bool namespaces_is_parent(const struct namespace *nsp)
{
	return nsp->kind == NAMESPACE_PATTERN || nsp->kind == NAMESPACE_FUNCTION;
}
/* Raises where it is a parent: what can be done for one namespace alone. */
void namespaces_check_one(lua_State *L, const struct namespace *nsp, const char *what);
/* Emits to all children of a parent that have sockets. The number of them is pushed. */
int namespaces_emit(lua_State *L, struct namespace *parent, struct emission *e);
/* Whether a client may connect: 0, NOT_FOUND, or what ends the transaction. */
int namespaces_admit(struct host *h, struct event *ev, const char *name, struct text auth);
/* The main namespace, before anything else. NULL: out of memory. */
struct namespace *namespaces_make_root(struct host *h);
/* Between events: children are made anew when there have been many, or the store knows whose they are. */
void namespaces_tidy(struct host *h);
void namespaces_free(struct host *h);

#endif
