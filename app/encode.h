/*
 * Lua values as JSON text. Raw access only: no metamethod of a script runs, nothing is allocated in Lua but for scratch, so
 * what the result points to (attachments) stays where it is until the script runs again.
 *
 * A table with items 1…n is an array, one with string keys an object, {} an object, io.array{} an array; keys are sorted, so
 * that the same value always gives the same text. Integers have no fraction, floats always do (1.0).
 */
#ifndef POLLUX_APP_ENCODE_H
#define POLLUX_APP_ENCODE_H

#include <lua.h>
#include "base/buf.h"
#include "core/event.h"
#include "proto/sio.h"

struct encoder {
	struct buf *out;                                    /* borrowed; appended to */
	int max_attachments;                                /* 0: bytes are refused */
	int attachments_count;
	struct text attachments[SIO_MAX_ATTACHMENTS];
	char error[128];                                    /* after a failure: what is wrong… */
	char path[96];                                      /* …and where in the value: ".user[2]", "" at the top */
};

void encode_init(struct encoder *e, struct buf *out, int max_attachments);
/* Appends the value at index; depth: how many arrays and objects it stands in. 0, or -1 and e->error. May raise when memory is short. */
int encode_value(lua_State *L, struct encoder *e, int index, int depth) WARN_UNUSED;

#endif
