/*
 * Engine.IO v4 packets and polling payloads.
 *   0{"sid":..}   1   2   2probe   3   4hello   5   6   bAQIDBA==   payload: 4a\x1e4b\x1e2
 * Pure; results point into the caller's bytes.
 */
#ifndef POLLUX_EIO_H
#define POLLUX_EIO_H

#include <stdbool.h>
#include <stddef.h>

#define EIO_SEPARATOR '\x1e'

enum eio_type { EIO_OPEN, EIO_CLOSE, EIO_PING, EIO_PONG, EIO_MESSAGE, EIO_UPGRADE, EIO_NOOP };

struct eio_packet {
	enum eio_type type;
	bool base64;         /* a binary message whose data is base64 text still */
	const char *data;    /* behind the type character; never NULL */
	size_t len;
};

/* One packet from text of a WebSocket message or a part of a payload. 0, or -1 malformed (empty, unknown type, bad base64, no UTF-8). */
int eio_parse_packet(const char *text, size_t len, struct eio_packet *out);
/* Walks a polling payload: *cursor starts as 0. 1 and *out; 0 at the end; -1 malformed (an empty payload is). */
int eio_payload_next(const char *payload, size_t len, size_t *cursor, struct eio_packet *out);

#endif
