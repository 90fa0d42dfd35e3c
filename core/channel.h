/*
 * One WebSocket connection after its handshake, whatever holds the socket: ws/ implements it, core names no file
 * descriptor. Loop thread only.
 *
 * Life: exchange_upgrade() ends in `opened` with a new channel, owned by the front. Core sets message, closed and owner there
 * and then; what the client sent with its handshake arrives after that. When the peer leaves, or breaks the protocol (the front has told it why),
 * `closed` is called once and the channel is gone. Core may end it first with channel_close(): then nothing of it is called any more
 * and core does not touch it again. The front answers pings and shakes hands at the close.
 */
#ifndef POLLUX_CHANNEL_H
#define POLLUX_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include "base/bytes.h"
#include "base/err.h"

struct channel;

/* Whole frames, ready for the wire. owner: whose bytes they are; the front takes a reference if it keeps them. */
struct channel_piece {
	struct bytes *owner;
	const char *at;
	size_t len;
};

struct channel_ops {
	/* Sends the pieces in order, behind what is queued still, in one writev where the socket takes them. 0; GONE: the peer left
	 * (closed follows from the loop, never from in here); TOO_BIG: more is queued than a slow peer may have: nothing of this call is
	 * queued, and the caller closes. */
	int (*send)(struct channel *ch, const struct channel_piece *pieces, size_t count);
	/* Sends a close frame with this code (0: none) behind what is queued, and ends the channel. reason: at most 123 bytes of UTF-8. */
	void (*close)(struct channel *ch, int code, const char *reason);
	/* Stops reading from the peer, or goes on. message may still be called for what was read. */
	void (*hold)(struct channel *ch, bool hold);
	/* Whether all that was sent has been taken by the socket: what is sent now would not have to wait. */
	bool (*is_idle)(const struct channel *ch);
};

/* Embedded first in a front's own struct. */
struct channel {
	const struct channel_ops *ops;
	/* Set by core when it is opened. message: a whole message, unmasked, text being valid UTF-8; borrowed until it returns. */
	void (*message)(struct channel *ch, const char *data, size_t len, bool binary);
	/* code: the peer's close code, 1005 without one, 1006 when the connection broke. */
	void (*closed)(struct channel *ch, int code);
	/* A pong frame has come. May be NULL. */
	void (*pong)(struct channel *ch);
	void *owner;
};

static inline int channel_send(struct channel *ch, const struct channel_piece *pieces, size_t count)
{
	return ch->ops->send(ch, pieces, count);
}

static inline void channel_close(struct channel *ch, int code, const char *reason)
{
	ch->ops->close(ch, code, reason);
}

static inline bool channel_is_idle(const struct channel *ch)
{
	return ch->ops->is_idle(ch);
}

static inline void channel_hold(struct channel *ch, bool hold)
{
	ch->ops->hold(ch, hold);
}

#endif
