/*
 * What `pollux check` finds beyond errors: globals that a function assigns (an error once a handler runs it) and globals that nobody defined
 * (a misspelt name, mostly). Read off the compiled functions, so strings and comments mislead nobody.
 */
#ifndef POLLUX_APP_LINT_H
#define POLLUX_APP_LINT_H

#include <lua.h>
#include "base/buf.h"

struct lint_finding;

struct lint {
	struct lint_finding *findings;
	size_t count, room;
};

void lint_init(struct lint *l);
void lint_deinit(struct lint *l);
/* Notes the uses of globals in the function on the top of the stack, which stays: a compiled file. file: its name, copied. */
void lint_scan(lua_State *L, struct lint *l, const char *file);
/* After all has been loaded and the globals are frozen: appends a line a warning, in order. */
void lint_report(struct lint *l, lua_State *L, struct buf *report);

#endif
