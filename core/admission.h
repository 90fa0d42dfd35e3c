/* What the application says to a handshake, before there is a session (handler.h: handshake). Loop thread only. */
#ifndef POLLUX_ADMISSION_H
#define POLLUX_ADMISSION_H

#include <stdbool.h>
#include "core/state.h"

/* Asks. *refused: the input has its answer. Else in->initial are the headers that the application wants with the answer. 0, or an error. */
int admission_ask(struct server *s, struct input *in, bool *refused);

#endif
