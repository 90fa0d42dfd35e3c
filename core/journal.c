/* The journal of a transaction. */
#include "config.h"
#include "core/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/clients.h"

/* Room for one more in an array that doubles. */
static int grow(void **array, size_t *room, size_t count, size_t size)
{
	size_t wanted = *room ? *room * 2 : 16;
	void *grown;

	if (count < *room)
		return 0;
	grown = realloc(*array, wanted * size);
	if (!grown)
		return POLLUX_NO_MEMORY;
	*array = grown;
	*room = wanted;
	return 0;
}

int journal_append(struct server *s, struct log_row *row)
{
	struct journal *j = &s->journal;
	int error = grow((void **)&j->rows, &j->rows_room, j->rows_count, sizeof(struct row *));

	if (!error)
		error = log_append(s->store, row);
	if (error)
		return error;
	j->rows[j->rows_count] = row_new(row, false, server_epoch(s));
	if (!j->rows[j->rows_count])
		return POLLUX_NO_MEMORY;
	j->rows_count++;
	return 0;
}

int journal_reply(struct server *s, int64_t client, const char *packet, size_t len, const char *attachments,
		  size_t attachments_len)
{
	struct log_row row = {
		.kind = LOG_REPLY,
		.client = client,
		.nsp = {"", 0},
		.packet = {packet, len},
		.attachments = {attachments, attachments_len},
	};

	return journal_append(s, &row);
}

int journal_touch(struct server *s, int64_t client, struct client_row *row)
{
	struct log_row control = {.kind = LOG_CONTROL, .client = client, .nsp = {"", 0}};
	int error = client_touch(s->store, client);

	if (error)
		return error;
	if (row && row->id == client)
		row->version++;
	if (s->journal.touched == client)
		return 0;
	error = journal_append(s, &control);
	if (!error)
		s->journal.touched = client;
	return error;
}

int journal_touch_again(struct server *s, int64_t client, struct client_row *row)
{
	s->journal.touched = 0;
	return journal_touch(s, client, row);
}

int journal_touch_room(struct server *s, const char *nsp, struct text room)
{
	struct log_row control = {.kind = LOG_CONTROL, .nsp = {nsp, strlen(nsp)}, .room = {room.at, room.len}};

	return journal_append(s, &control);
}

int journal_leaving(struct server *s, const char *nsp, const char *sid, bool close)
{
	struct journal *j = &s->journal;
	int error = grow((void **)&j->leaving, &j->leaving_room, j->leaving_count, sizeof(*j->leaving));
	struct leaving *l;

	if (error)
		return error;
	l = &j->leaving[j->leaving_count++];
	snprintf(l->nsp, sizeof(l->nsp), "%s", nsp);
	snprintf(l->sid, sizeof(l->sid), "%s", sid);
	l->close = close;
	return 0;
}

struct journal_mark journal_mark(const struct server *s)
{
	return (struct journal_mark){s->journal.rows_count, s->journal.leaving_count, s->journal.touched};
}

void journal_cut(struct server *s, struct journal_mark mark)
{
	struct journal *j = &s->journal;

	while (j->rows_count > mark.rows)
		row_unref(j->rows[--j->rows_count]);
	j->leaving_count = mark.leaving;
	j->touched = mark.touched;
}

void journal_deinit(struct journal *j)
{
	while (j->rows_count)
		row_unref(j->rows[--j->rows_count]);
	free(j->rows);
	free(j->leaving);
	memset(j, 0, sizeof(*j));
}
