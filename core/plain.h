/*
 * Plain WebSockets: no Socket.IO, a URL that names a room. Each is a socket of the main namespace in that room which knows only the
 * event `message`: a text or binary frame is one, and one to the room is a frame. Loop thread only.
 */
#ifndef POLLUX_PLAIN_H
#define POLLUX_PLAIN_H

#include "core/packet.h"
#include "core/state.h"

/* Takes a request for a plain WebSocket: *path behind the setting's path. False: it is none. */
bool plain_submit(struct server *s, struct exchange *x, const char *path);
/* Inside the transaction, for a client just inserted: middleware, the room, connection handlers. Who is refused is answered so. */
int plain_join(struct server *s, struct input *in, struct client_row *row) WARN_UNUSED;
/* Runs one of its messages. */
int plain_run(struct packet_stream *ps, struct text data, bool binary) WARN_UNUSED;

#endif
