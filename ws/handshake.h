/* What a WebSocket handshake (RFC 6455, 4.2.1) says, from a request's headers (ws/headers.h). Pure. */
#ifndef POLLUX_WS_HANDSHAKE_H
#define POLLUX_WS_HANDSHAKE_H

#include <stdbool.h>
#include "base/buf.h"

enum handshake {
	HANDSHAKE_NONE, /* asks for no WebSocket: a plain request */
	HANDSHAKE_FINE,
	HANDSHAKE_BAD, /* 400 */
	HANDSHAKE_VERSION, /* 426: not version 13 */
};

/* version: "HTTP/1.1". *why: what is wrong, for people; static. */
enum handshake handshake_check(const struct buf *headers, const char *method, const char *version, const char **why);

#define HANDSHAKE_PROTOCOL_MAX 127
/* The first subprotocol that the client offers, if it is a token; false: none. */
bool handshake_protocol(const struct buf *headers, char out[HANDSHAKE_PROTOCOL_MAX + 1]);

#endif
