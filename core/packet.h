/* What a client's messages do: Socket.IO packets with their attachments, or plain messages for an Engine.IO application. */
#ifndef POLLUX_PACKET_H
#define POLLUX_PACKET_H

#include "core/state.h"
#include "proto/eio.h"
#include "proto/sio.h"

/* The packets of one request, in order: a binary packet may be received in pieces, also over several requests. */
struct packet_stream {
	struct server *s;
	struct client_row *client;
	struct partial_row partial;      /* the half-received one */
	bool has_partial;
	bool closed;                     /* the session is over: what follows is not run */
};

/* Reads what an earlier request has left. */
int packet_stream_open(struct packet_stream *ps, struct server *s, struct client_row *client) WARN_UNUSED;
/* Runs one message. A violation closes the session (closed is set); an error ends the tick. */
int packet_run(struct packet_stream *ps, struct text data, bool binary) WARN_UNUSED;
/* The same for an Engine.IO message as it was parsed from text, base64 included. */
int packet_run_eio(struct packet_stream *ps, const struct eio_packet *p) WARN_UNUSED;
/* Runs an event that is complete; p->payload is valid JSON. */
int packet_event(struct packet_stream *ps, const struct sio_packet *p, const struct text *attachments, int count) WARN_UNUSED;
/* Stores what is still incomplete; frees the rest. keep false: frees only. */
int packet_stream_close(struct packet_stream *ps, bool keep) WARN_UNUSED;

#endif
