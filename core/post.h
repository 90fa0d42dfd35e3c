/* The polling transport's POST. Inside the tick's transaction. */
#ifndef POLLUX_POST_H
#define POLLUX_POST_H

#include "core/state.h"

/* Runs the packets of a POST, or as many as the tick takes (in->unfinished), and sets its answer. */
int post_run(struct server *s, struct input *in) WARN_UNUSED;

#endif
