/*
 * WebSocket as a client writes and reads it (RFC 6455): the handshake, masked frames out, unmasked frames in. Pure. Not proto/'s codec,
 * which is the server's side of it and is what is measured.
 */
#ifndef BENCH_WSFRAME_H
#define BENCH_WSFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum ws_opcode { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

/* Bytes a written frame has besides its payload, at most. */
#define WSFRAME_HEAD 14

struct wsframe {
	enum ws_opcode opcode;
	const char *payload; /* into the parsed bytes */
	size_t len;
};

/* The request. Returns its length, 0 when it does not fit. target: path and query. */
size_t wsframe_handshake(char *out, size_t cap, const char *target);
/* Bytes of a 101 that answers it, 0 when more are needed, -1 when it is anything else. */
ssize_t wsframe_answer(const char *data, size_t len);
/* Writes one whole masked frame of at most 65535 bytes; out has room for len + WSFRAME_HEAD. Returns bytes written. */
size_t wsframe_write(char *out, enum ws_opcode opcode, const char *payload, size_t len, uint32_t mask);
/* Bytes of one whole frame, 0 when more are needed, -1 when it is masked, fragmented (nobody here has a reason to) or over max. */
ssize_t wsframe_read(const char *data, size_t len, size_t max, struct wsframe *out);

#endif
