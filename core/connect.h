/* CONNECT: a client joins a namespace. Inside the tick's transaction. */
#ifndef POLLUX_CONNECT_H
#define POLLUX_CONNECT_H

#include "core/state.h"
#include "proto/sio.h"

/* Runs a CONNECT packet: middleware, the reply, the connection handlers. *violation: the client is there already,
 * or the name is too long. */
int connect_run(struct server *s, struct client_row *client, const struct sio_packet *p, bool *violation) WARN_UNUSED;

/* A plain client's one socket: middleware, the room ("": none), connection handlers. Not *admitted: refusal holds the reason's JSON, or
 * nothing when a handler failed. */
int connect_plain(struct server *s, struct client_row *client, const char *room, struct buf *refusal, bool *admitted) WARN_UNUSED;

#endif
