/*
 * The tick: collect what came, catch up with the log, take the writer lock, run handlers, commit once, ring, and
 * only then send. Loop thread only.
 */
#ifndef POLLUX_TICK_H
#define POLLUX_TICK_H

#include "core/state.h"

/* Takes an input; it runs in the next tick. */
void tick_add(struct server *s, struct input *in);
/* Runs what is due. Called before the loop sleeps. */
void tick_run(struct server *s);
/* Whether the transaction has run its share: what may be left off between two events goes on in a later tick. */
bool tick_is_full(const struct server *s);
/* The writer lock has come. */
void tick_granted(struct server *s);

#endif
