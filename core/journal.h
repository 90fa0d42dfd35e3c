/*
 * What a transaction appends to the log, and what follows from it once it is committed. Loop thread only,
 * inside the tick.
 */
#ifndef POLLUX_JOURNAL_H
#define POLLUX_JOURNAL_H

#include "core/state.h"

/* Where an event began: what is cut back when it is undone. */
struct journal_mark {
	size_t rows, leaving;
	int64_t touched;
};

/* Appends a row to the log and to the journal. row->seq is set. EXISTS: its key is there. */
int journal_append(struct server *s, struct log_row *row) WARN_UNUSED;
/* Appends a ready Socket.IO packet (or Engine.IO message) for one client; attachments packed, or none. */
int journal_reply(struct server *s, int64_t client, const char *packet, size_t len, const char *attachments,
		  size_t attachments_len) WARN_UNUSED;
/* The client's sockets or rooms change: its version grows, and a control row tells every process that holds its poll. row: the
 * caller's copy of the client's row, or NULL. */
int journal_touch(struct server *s, int64_t client, struct client_row *row) WARN_UNUSED;
/* The same, with a row of its own even if the client's last touch is of this transaction too: it parts what lies below it from what comes behind. */
int journal_touch_again(struct server *s, int64_t client, struct client_row *row) WARN_UNUSED;
/* Many sockets have joined or left a room: a control row tells every process to read that room again, and no client's version grows. */
int journal_touch_room(struct server *s, const char *nsp, struct text room) WARN_UNUSED;
/* Remembers that a socket is to be disconnected after the handler. */
int journal_leaving(struct server *s, const char *nsp, const char *sid, bool close) WARN_UNUSED;
struct journal_mark journal_mark(const struct server *s);
void journal_cut(struct server *s, struct journal_mark mark);
void journal_deinit(struct journal *j);

#endif
