/* Frames as a client sends them, for tests: masked, and as wrong as the test wants them. */
#ifndef POLLUX_WEBSOCKET_CLIENT_H
#define POLLUX_WEBSOCKET_CLIENT_H

#include <stdint.h>
#include "base/buf.h"

#define FIN 0x80

/* Appends a masked frame. first: the whole first byte: FIN, reserved bits, opcode. */
void client_frame(struct buf *b, int first, const void *payload, size_t len);
/* Appends a masked frame's head alone, its length in a field of size 0, 2 or 8 bytes, fitting or not. */
void client_head(struct buf *b, int first, size_t size, uint64_t len);
/* Appends a masked close frame with a code and a reason. */
void client_close(struct buf *b, unsigned code, const char *reason);

#endif
