/* What other processes emitted for this one. */
#include "config.h"
#include "core/server_side.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "core/event_run.h"
#include "core/pack.h"
#include "proto/attachments.h"
#include "proto/sio.h"

/* That wait for the lock; further ones are lost, and told. */
#define HEARD_MAX 10000

static int append(struct event *ev, const char *nsp, struct text args, const struct buf *packed)
{
	struct log_row row = {
		.kind = LOG_SERVER_SIDE,
		.nsp = {nsp, strlen(nsp)},
		.packet = {args.at, args.len},
		.attachments = {packed->data, packed->len},
	};
	int error = event_write(ev);

	return error ? error : journal_append(ev->s, &row);
}

int event_server_side(struct event *ev, const char *nsp, struct text args, const struct text *attachments, int attachments_count)
{
	struct buf packed;
	int error = event_check_args(args);

	if (error)
		return error;
	buf_init(&packed, ROW_MAX_BYTES);
	error = pack_attachments(&packed, attachments, attachments_count);
	if (!error)
		error = append(ev, nsp, args, &packed);
	buf_deinit(&packed);
	return error;
}

static bool make_room(struct heard *h)
{
	size_t room = h->room ? h->room * 2 : 16;
	struct row **rows;

	if (h->count < h->room)
		return true;
	rows = h->count < HEARD_MAX ? realloc(h->rows, room * sizeof(*rows)) : NULL;
	if (!rows)
		return false;
	h->rows = rows;
	h->room = room;
	return true;
}

void server_side_take(struct server *s, struct row *row)
{
	struct heard *h = &s->heard;

	if (row->kind != LOG_SERVER_SIDE || !s->handler->server_side)
		return;
	if (!make_room(h)) {
		say(SAY_ERROR, "core", NULL, "a server-side event is lost: %zu wait already", h->count);
		return;
	}
	h->rows[h->count++] = row_ref(row);
	s->due = true;
}

static int run(struct server *s, const struct row *row)
{
	struct text attachments[SIO_MAX_ATTACHMENTS];
	struct incoming in = {.payload = {row->packet.at, row->packet.len}, .attachments = attachments, .ack_id = -1};
	char nsp[NAMESPACE_MAX + 1] = "";
	size_t cursor = 0;
	struct event ev;

	memcpy(nsp, row->nsp.at, row->nsp.len <= NAMESPACE_MAX ? row->nsp.len : 0);
	while (in.attachments_count < SIO_MAX_ATTACHMENTS &&
	       attachment_next(row->attachments.at, row->attachments.len, &cursor, &attachments[in.attachments_count].at,
			       &attachments[in.attachments_count].len))
		in.attachments_count++;
	watchdog_note(s->watchdog, "", "server-side event", 17);
	event_open_unasked(&ev, s, nsp);
	return event_end_unasked(&ev, s->handler->server_side(s->handler->ctx, &ev, &in));
}

int server_side_run_one(struct server *s)
{
	struct heard *h = &s->heard;
	int error;

	if (h->next == h->count)
		return 0;
	error = run(s, h->rows[h->next++]);
	return error ? error : 1;
}

void server_side_commit(struct server *s)
{
	struct heard *h = &s->heard;

	for (size_t i = 0; i < h->next; i++)
		row_unref(h->rows[i]);
	h->count -= h->next;
	if (h->count)
		memmove(h->rows, h->rows + h->next, h->count * sizeof(struct row *));
	h->next = 0;
}

void server_side_revert(struct server *s)
{
	s->heard.next = 0;
}

void server_side_deinit(struct server *s)
{
	s->heard.next = s->heard.count;
	server_side_commit(s);
	free(s->heard.rows);
}
