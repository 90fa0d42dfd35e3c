/*
 * A row of the log in memory, shared by reference count: its wire form is built once, by the
 * first recipient that needs it, for all. Loop thread only.
 */
#ifndef POLLUX_ROW_H
#define POLLUX_ROW_H

#include "base/bytes.h"
#include "core/channel.h"
#include "core/event.h"
#include "db/log.h"

struct row {
	uint32_t refs;
	enum log_kind kind;
	int64_t seq, client;
	bool ack;                                              /* its id is its seq: the recipients are asked for an acknowledgement */
	const char *epoch;                                     /* its position is shown to Socket.IO clients; NULL: it is not. Borrowed from the store */
	struct text nsp, room, targets, packet, attachments;   /* point into store[] */
	struct bytes *polling;                                 /* its packets in a polling payload, joined by \x1e; NULL until asked for */
	struct channel_piece frames;                           /* its WebSocket frames (core/frames.h); owner NULL until asked for */
	struct channel_piece plain;                            /* likewise as plain WebSockets get it; len 0: they don't */
	char store[];
};

/* A copy of a log row, with one reference. NULL: out of memory. A row that somebody else may have written (foreign) is checked: what is no
 * proper event becomes a control row, which reaches nobody. epoch: the log's, where clients recover what they missed; NULL elsewhere. */
struct row *row_new(const struct log_row *from, bool foreign, const char *epoch);
struct row *row_ref(struct row *r);
/* NULL is fine. */
void row_unref(struct row *r);
/* The wire form for polling (borrowed from the row), NULL: out of memory. */
const struct bytes *row_polling(struct row *r);
/* The text of its Engine.IO message, with the 4 before it, if it has one (row->packet.at): returns its length; writes it unless to is NULL. */
size_t row_text(const struct row *r, char *to);
/* About how many bytes it holds, its wire forms left aside: they come and stay with their readers. */
size_t row_size(const struct row *r);

#endif
