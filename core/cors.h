/* CORS: who may ask from a page of another origin. As npm's cors, which Socket.IO hands its setting to. Pure but for memory. */
#ifndef POLLUX_CORS_H
#define POLLUX_CORS_H

#include "base/buf.h"
#include "core/exchange.h"
#include "core/settings.h"

/* Appends the header lines that every answer to this request gets. */
void cors_add_headers(const struct cors *cors, const struct exchange *x, struct buf *out);
/* Appends those that only the answer to a preflight (OPTIONS) gets. */
void cors_add_preflight(const struct cors *cors, const struct exchange *x, struct buf *out);

#endif
