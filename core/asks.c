/* Which answers count. A row's recipients are found again as they were when it was written: by the intervals of membership. */
#include "config.h"
#include "core/asks.h"

#include <string.h>

#include "core/route.h"

/* Of what the application keeps for its handler. */
#define CONTEXT_MAX_BYTES ((size_t)64 << 10)

int asks_add(struct server *s, const struct emission *e, int64_t seq)
{
	struct log_text sid = {NULL, 0}, context = {"", 0};

	if (e->ack_context.len > CONTEXT_MAX_BYTES)
		return POLLUX_TOO_BIG;
	if (e->direct)
		sid = (struct log_text){e->rooms[0].at, e->rooms[0].len};
	if (e->ack_context.at)
		context = (struct log_text){e->ack_context.at, e->ack_context.len};
	return ask_insert(s->store, seq, sid, context);
}

static int keep_row(void *ctx, const struct log_row *row)
{
	struct row **kept = ctx;

	*kept = row_new(row, true);
	return *kept ? 0 : POLLUX_NO_MEMORY;
}

/* The client as the store knows it in this transaction: the server's own copies show what is committed. */
static int reaches(struct event *ev, const struct row *row, bool *yes)
{
	struct clients all = {0};
	int error;
	const struct client *c = client_get(&all, ev->s->store, ev->client, &error);

	*yes = c && route_reaches_socket(c, ev->socket->sid, row);
	clients_deinit(&all);
	return c ? 0 : error;
}

/* One that many were asked: was this socket among them? */
static int was_asked(struct event *ev, int64_t seq)
{
	struct row *row = NULL;
	bool yes = false;
	int n = log_read(ev->s->store, seq - 1, 1, keep_row, &row), error = n < 0 ? n : 0;

	if (!error && row && row->seq == seq)
		error = reaches(ev, row, &yes);
	row_unref(row);
	return error || yes ? error : POLLUX_NOT_FOUND;
}

static int answer(struct event *ev, int64_t seq, const struct ask *ask)
{
	const char *sid = ev->socket->sid;
	int error;

	if (ask->sid[0])
		return strcmp(ask->sid, sid) == 0 ? ask_delete(ev->s->store, seq) : POLLUX_NOT_FOUND;
	error = was_asked(ev, seq);
	if (!error)
		error = ask_answer(ev->s->store, seq, (struct log_text){sid, strlen(sid)});
	return error == POLLUX_EXISTS ? POLLUX_NOT_FOUND : error;
}

int asks_take(struct event *ev, int64_t seq, struct ask *ask)
{
	int error = ask_load(ev->s->store, seq, ask);

	if (!error)
		error = answer(ev, seq, ask);
	if (error)
		ask_deinit(ask);
	return error;
}
