/*
 * The log: everything sent, one row each, one order. Rows are handed out as they
 * lie in SQLite's memory: valid during the callback only.
 */
#ifndef POLLUX_LOG_H
#define POLLUX_LOG_H

#include <stdint.h>
#include "db/store.h"
#include "proto/json.h"

enum log_kind { LOG_EVENT, LOG_DIRECT, LOG_VOLATILE, LOG_CONTROL, LOG_REPLY, LOG_SERVER_SIDE };

/* Text fields: at NULL is SQL NULL. See schema.sql for what each column means. */
struct log_text {
	const char *at;
	size_t len;
};

struct log_row {
	int64_t seq, at_ms;
	enum log_kind kind;
	int64_t client;         /* 0: none */
	struct log_text nsp, room, targets, packet, attachments, sender, key;
	bool ack;               /* asks for an acknowledgement */
};

/* Appends inside a write transaction: sets row->seq (and at_ms where 0). The first append after a boot skips 2^20 numbers.
 * EXISTS: the key is there already, row->seq is that row's. */
int log_append(struct store *s, struct log_row *row) WARN_UNUSED;
/* What the next append would get is above this: the newest seq (0 in an empty log). In a write transaction or a read. Negative: error. */
int64_t log_last(struct store *s);
/* Rows with seq > after, ascending, at most limit. Returns how many, or a negative; each's negative ends it and is returned. */
typedef int log_each(void *ctx, const struct log_row *row);
int log_read(struct store *s, int64_t after, int limit, log_each *each, void *ctx) WARN_UNUSED;
/* An ordinary room's newest `limit` rows with after < seq < before (0: unbounded), oldest first. */
int log_history(struct store *s, struct log_text nsp, struct log_text room, int64_t after, int64_t before, int limit,
		log_each *each, void *ctx) WARN_UNUSED;
/* Rows that a socket may have missed: events with seq > after, to its namespace as a whole, to several rooms, to a room
 * in which it was at that moment, or to itself. Ascending; limit of them when there are more, and then
 * just any. Whether a row did reach it (several rooms, exceptions, when it
 * joined) is the caller's to say. */
int log_missed(struct store *s, struct log_text nsp, struct log_text sid, int64_t after, int limit, log_each *each, void *ctx) WARN_UNUSED;
/* The newest seq that retention has deleted from the ordinary events (for `gap`), and the seq below which direct rows may be missing. */
int log_gaps(struct store *s, int64_t *events_gap, int64_t *direct_gap) WARN_UNUSED;

#endif
