/*
 * Rows as WebSocket frames. They are written one behind the other into shared chunks of memory, so rows that go to a
 * socket one after the other are mostly one piece, and all recipients share it. Loop thread only.
 */
#ifndef POLLUX_FRAMES_H
#define POLLUX_FRAMES_H

#include "core/channel.h"
#include "core/row.h"

struct frames {
	struct bytes *chunk;   /* being filled; NULL: none */
	size_t used;
};

/* The row's frames: an event is a text frame and one binary frame an attachment. Built for its first recipient. *out borrows from the row.
 * 0 or NO_MEMORY. */
int frames_of(struct frames *f, struct row *r, struct channel_piece *out) WARN_UNUSED;
/* The row as plain WebSockets get it: the first argument of a `message` event, a string as it is, binary as it is, anything else as JSON.
 * out->len is 0 for any other row. */
int frames_plain(struct frames *f, struct row *r, struct channel_piece *out) WARN_UNUSED;
/* A text frame of its own, with one reference. NULL: out of memory. */
struct bytes *frames_text(const char *text, size_t len);
/* Likewise an empty ping frame. */
struct bytes *frames_ping(void);
void frames_deinit(struct frames *f);

#endif
