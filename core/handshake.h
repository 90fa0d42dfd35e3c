/* socket.handshake as JSON: headers, query, address, time, issued, url, secure. */
#ifndef POLLUX_HANDSHAKE_H
#define POLLUX_HANDSHAKE_H

#include "base/buf.h"
#include "core/exchange.h"

/* Appends the object. 0 or the buffer's error. */
int handshake_write(struct buf *out, const struct exchange *x);

#endif
