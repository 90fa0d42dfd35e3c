/*
 * What must not be refused though it cannot be written down, since the disk is full or the store does not open a transaction: GETs,
 * for to the stock client any answer but 200 is its session's end, and the ends of connections. They wait: the first of them tries
 * again every so often, alone, and when it succeeds all do. A GET that has waited as long as a poll is held gets noop: nothing of it
 * was ever committed, so the next one finds everything as it was. Loop thread only, between transactions.
 */
#ifndef POLLUX_WAITING_H
#define POLLUX_WAITING_H

#include "core/state.h"

/* Whether it is of those. */
bool waiting_is_for(const struct input *in);
/* Takes one that failed. */
void waiting_add(struct server *s, struct input *in);
/* Answers GETs that have waited long enough; queues the one that tries again. Before a tick; cheap. */
void waiting_look(struct server *s);
/* The one that tried has run, to be finished by the caller: if it could be written down the others run as well. */
void waiting_tried(struct server *s, const struct input *in);

#endif
