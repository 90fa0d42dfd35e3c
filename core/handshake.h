/* socket.handshake as JSON: headers, query, address, time, issued, url, secure; of plain clients room. */
#ifndef POLLUX_HANDSHAKE_H
#define POLLUX_HANDSHAKE_H

#include "base/buf.h"
#include "core/exchange.h"

/* Appends the object; a plain client's has its room, too (room NULL: Socket.IO). 0 or the buffer's error. */
int handshake_write(struct buf *out, const struct exchange *x, const char *room);

#endif
