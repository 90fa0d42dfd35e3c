/* The functions of io.set that hear of a handshake: allow_request, initial_headers. */
#ifndef POLLUX_APP_ADMISSION_H
#define POLLUX_APP_ADMISSION_H

#include "app/state.h"

/* core/handler.h's handshake; NULL: the application has set neither. */
int (*admission_handshake(const struct host *h))(void *ctx, struct text request, struct buf *refusal, struct buf *headers);

#endif
