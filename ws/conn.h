/*
 * WebSocket connections after their handshake: core's channels (core/channel.h) over a socket in the loop. Loop thread only.
 *
 * An idle connection is its struct and nothing else: incomplete input and unsent output are kept beside it only while there is any,
 * and all connections read into one buffer.
 */
#ifndef POLLUX_WS_CONN_H
#define POLLUX_WS_CONN_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "core/exchange.h"

/* A peer that never answers a close, or never takes what is queued before it, is dropped after so long. */
#define CONN_CLOSE_PATIENCE_MS 5000

struct block;
struct conn;

/* All of them. Embedded by the front. */
struct conns {
	struct ev_loop *loop;
	size_t max_queued; /* bytes a slow peer may leave with us: then channel_send says TOO_BIG */
	char *scratch; /* what is read */
	struct block *blocks; /* where they live */
	struct conn *free; /* of these, unused */
	struct conn *open, *closing; /* closing: in the order of their deadlines */
	size_t count; /* of both */
	ev_timer reaper; /* running while any closes */
};

/* 0 or NO_MEMORY. */
int conns_init(struct conns *set, struct ev_loop *loop, size_t max_queued) WARN_UNUSED;
/* Closes the sockets of all; nothing is called. */
void conns_deinit(struct conns *set);
/* Takes fd, whatever comes, and calls opened before it returns: with a new channel, or NULL when there is no memory for it. Then
 * extra, which the client sent behind its handshake, is read. */
void conn_open(struct conns *set, int fd, size_t max_message, exchange_opened *opened, void *ctx, const char *extra, size_t extra_len);

#endif
