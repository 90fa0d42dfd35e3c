/*
 * What a WebSocket's socket has not taken yet: references to frames, in order. Exists only while there is something; pure but for
 * the sending. Loop thread only.
 */
#ifndef POLLUX_WS_OUTBOX_H
#define POLLUX_WS_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "core/channel.h"

struct outbox;

/* Sends whole pieces without a queue, up to IOV_MAX a system call, until the socket takes no more. *done: bytes that were sent.
 * 0 (all or a part), or GONE. */
int outbox_send_now(int fd, const struct channel_piece *pieces, size_t count, size_t *done) WARN_UNUSED;

/* NULL: out of memory. */
struct outbox *outbox_new(void);
/* Lets all references go. NULL is fine. */
void outbox_free(struct outbox *o);
/* Bytes that wait. */
size_t outbox_bytes(const struct outbox *o);
/* Queues what is left of the pieces behind their first `sent` bytes, taking references. 0 or NO_MEMORY, and then nothing is queued. */
int outbox_add(struct outbox *o, const struct channel_piece *pieces, size_t count, size_t sent) WARN_UNUSED;
/* Queues a pong frame before everything that has not begun to be sent, in place of an earlier pong that waits. 0 or NO_MEMORY. */
int outbox_add_pong(struct outbox *o, struct bytes *frame) WARN_UNUSED;
/* Sends what the socket takes. 0: all is sent; AGAIN: some waits still; GONE. */
int outbox_flush(struct outbox *o, int fd) WARN_UNUSED;

#endif
