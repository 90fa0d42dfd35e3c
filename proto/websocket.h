/*
 * WebSocket frames (RFC 6455) as a server reads and writes them.
 *   81 85 37fa213d 7f9f4d5158      text "Hello" from a client (masked)         81 05 48656c6c6f     from a server
 *   01 83 … "Hel"   80 82 … "lo"   the same in two fragments                   88 02 03e8           close, code 1000
 *   89 80 …   8a 80 …              ping and pong, also between fragments
 * Pure: no I/O, no clock, no memory of its own; results point into the caller's bytes. Any thread, one reader at a time.
 */
#ifndef POLLUX_WEBSOCKET_H
#define POLLUX_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum websocket_opcode {
	WEBSOCKET_CONTINUATION = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
};

/* Close codes (RFC 6455 section 7.4 and IANA's registry) that this server says or must tell apart. */
enum websocket_code {
	WEBSOCKET_NORMAL = 1000,
	WEBSOCKET_GOING_AWAY = 1001,
	WEBSOCKET_PROTOCOL_ERROR = 1002,
	WEBSOCKET_NO_CODE = 1005,        /* a close frame without a code; never on the wire */
	WEBSOCKET_ABNORMAL = 1006,       /* no close frame at all; never on the wire */
	WEBSOCKET_BAD_TEXT = 1007,
	WEBSOCKET_POLICY = 1008,
	WEBSOCKET_TOO_BIG = 1009,
	WEBSOCKET_INTERNAL = 1011,
	WEBSOCKET_RESTART = 1012,
	WEBSOCKET_TRY_LATER = 1013,
};

/* What a client's message may be. The same for all connections, so it is given with each call, not kept in each reader. */
struct websocket_limits {
	uint64_t max_message_bytes;      /* payload of all frames of a message (as sent: compressed ones count compressed) */
	uint32_t max_fragments;          /* frames of a message, empty ones included; at least 1 */
	bool allow_rsv1;                 /* a message's first frame may set RSV1 (an extension was agreed on: permessage-deflate) */
};

/*
 * A connection's state; all zero is a new connection's. It owns nothing: forget it when the connection ends.
 * The fields are websocket_read.c's.
 */
struct websocket_reader {
	uint64_t frame_left;             /* payload bytes of the data frame that is being read, still to come */
	uint64_t message_bytes;          /* payload of the open message's frames so far, the current one's whole */
	uint32_t fragments;
	uint32_t utf8;                   /* state of utf8_feed; between messages UTF8_ACCEPT */
	unsigned char mask[4];           /* for the next payload byte on */
	uint8_t opcode;                  /* the open message's; 0: none is open */
	bool fin : 1, begun : 1, rsv1 : 1, over : 1;
};

/*
 * What websocket_read found: one of these, or a control frame's opcode.
 *   WEBSOCKET_PING   data, len (at most 125): answer with a pong of the same bytes
 *   WEBSOCKET_PONG   data, len
 *   WEBSOCKET_CLOSE  code (WEBSOCKET_NO_CODE if there was none); data, len: the reason, UTF-8
 */
enum websocket_result {
	WEBSOCKET_NEED_MORE = 16,        /* nothing to tell: read from the network, then call again */
	WEBSOCKET_PIECE,                 /* the next bytes of a message: opcode, data, len, first, last, rsv1 */
	WEBSOCKET_ERROR,                 /* code to close with (1002, 1007, 1008, 1009); data, len: why, static, NUL-terminated */
};

struct websocket_event {
	const char *data;                /* into the caller's buffer, unmasked (WEBSOCKET_ERROR: static); never NULL but for NEED_MORE */
	size_t len;
	enum websocket_opcode opcode;    /* of the message: TEXT or BINARY */
	uint16_t code;
	bool first, last;                /* this piece begins, ends its message; both for a whole one */
	bool rsv1;                       /* the message came with RSV1: its text is not checked, that is for whoever inflates it */
};

/* What NEED_MORE may leave unread at most: a control frame or a frame's head of which some bytes are missing. */
#define WEBSOCKET_REST_MAX 130

/*
 * Reads one thing from what a client sent. Payload is unmasked in place; nothing is copied.
 *   data, len   bytes as they were read; the pointer may be anything if len is 0
 *   *used       how many of them are done with
 * Call again with the rest (data + *used) until NEED_MORE comes. What NEED_MORE leaves unread (len - *used, at most WEBSOCKET_REST_MAX
 * bytes, still as they were sent) the caller keeps, and gives again in front of what comes next: control frames and heads are read whole
 * only. Between frames there is no rest, so an idle connection keeps nothing but its reader.
 *
 * Pieces: a message that lies in the buffer in one frame is exactly one piece; others come in as many pieces as frames and reads make
 * of it, control frames between them. A piece is empty only if it is the last. Text is valid UTF-8 up to the piece's end (which may lie
 * inside a character unless it is the last). A message is told only piece by piece: what has come of one that turns out wrong or is
 * never finished is the caller's to throw away.
 *
 * After CLOSE or ERROR all further bytes are skipped: *used = len, NEED_MORE.
 */
int websocket_read(struct websocket_reader *r, const struct websocket_limits *limits, char *data, size_t len, size_t *used,
	struct websocket_event *out);

/* The longest head of a server's frame, and the longest control frame. */
#define WEBSOCKET_HEADER_MAX 10
#define WEBSOCKET_CONTROL_MAX 127
#define WEBSOCKET_CONTROL_PAYLOAD_MAX 125
/* May be or'ed to a message's first opcode: RSV1, where an extension was agreed on. */
#define WEBSOCKET_RSV1 0x40

/* Writes the head of an unmasked frame of len payload bytes; returns its size. The payload follows as it is, so one frame serves all. */
size_t websocket_frame_header(char out[WEBSOCKET_HEADER_MAX], int opcode, bool fin, uint64_t len);
/*
 * Writes a whole close frame; returns its size. With a code that may not be sent (0, WEBSOCKET_NO_CODE, …) the frame is empty, reason and
 * all: so a received close's code answers it. reason: UTF-8, cut to 123 bytes between characters; may be NULL if len is 0.
 */
size_t websocket_close_frame(char out[WEBSOCKET_CONTROL_MAX], unsigned code, const char *reason, size_t len);
/* Whether a close code may stand in a close frame: 1000-1003, 1007-1014, 3000-4999. */
bool websocket_code_valid(unsigned code);

/* Characters of Sec-WebSocket-Accept, and of Sec-WebSocket-Key. */
#define WEBSOCKET_ACCEPT_LEN 28
#define WEBSOCKET_KEY_LEN 24

/* Whether a Sec-WebSocket-Key is the base64 of 16 bytes. */
bool websocket_key_valid(const char *key);
/* Writes the Sec-WebSocket-Accept that answers the key, and a NUL. False, and nothing written, if the key is not valid. Needs libcrypto. */
bool websocket_accept_key(const char *key, char out[WEBSOCKET_ACCEPT_LEN + 1]);

#endif
