/*
 * What a server makes of a client's bytes, as text: one line a message or frame, the same however the bytes were split.
 *   text Hello      rsv1 text x     binary \x00\xff      ping abc      pong      close 1000 bye      error 1002
 * Plays the caller of websocket_read as its header asks: keeps the rest, joins the pieces. Each read ends at a page nobody may touch.
 * For tests.
 */
#ifndef POLLUX_WEBSOCKET_TRANSCRIPT_H
#define POLLUX_WEBSOCKET_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "proto/websocket.h"

struct transcript {
	struct websocket_reader reader;
	struct websocket_limits limits;
	char rest[WEBSOCKET_REST_MAX];
	size_t rest_len;
	struct buf message;              /* what has come of the one that is open */
	struct buf text;                 /* the lines so far; data is NULL while there are none */
	const char *why;                 /* of an error; static */
	size_t pieces;
};

/* limits is copied. What the transcript holds is freed by transcript_deinit. */
void transcript_init(struct transcript *t, const struct websocket_limits *limits);
void transcript_deinit(struct transcript *t);
/* Gives what one read of the socket brought; aborts where the reader breaks its contract. */
void transcript_read(struct transcript *t, const char *data, size_t len);
/* The lines, never NULL. */
const char *transcript_text(const struct transcript *t);
/* Appends a line: the word, and the bytes if there are any. */
void transcript_line(struct buf *text, const char *word, const void *data, size_t len);
/*
 * Whether the bytes give this text: whole, byte by byte, and cut once at each place (twice, up to 64 bytes of them). Says on stderr what
 * is otherwise. why: what an error must say, or NULL.
 */
bool transcript_is(const struct websocket_limits *limits, const struct buf *bytes, const char *text, const char *why);

#endif
