/* Who is asked, and whose answer counts. Who is in a room when the row is written is asked: that is written down at once, so an answer is one look-up. */
#include "config.h"
#include "core/asks.h"

#include <string.h>

#include "base/clock.h"
#include "core/pack.h"
#include "db/audience.h"

static struct log_text log_text(struct text t)
{
	return (struct log_text){t.at, t.len};
}

static struct log_text log_string(const char *s)
{
	return (struct log_text){s, strlen(s)};
}

/* Those whom the row will reach: the store's set, until the row is written. */
static int choose(struct event *ev, const struct emission *e)
{
	struct store *store = ev->s->store;
	struct log_text nsp = log_string(e->nsp);
	int error = audience_begin(store);
	int64_t count;

	if (!error && !e->rooms_count)
		error = audience_add(store, nsp, (struct log_text){NULL, 0});
	for (size_t i = 0; i < e->rooms_count && !error; i++)
		error = audience_add(store, nsp, log_text(e->rooms[i]));
	for (size_t i = 0; i < e->except_count && !error; i++)
		error = audience_remove(store, nsp, log_text(e->except[i]));
	count = error ? error : audience_count(store);
	if (count < 0)
		return (int)count;
	return count > ASKED_MAX ? POLLUX_TOO_BIG : 0;
}

/* A socket that has gone answers nothing, and nobody would forget the question. */
static int check_socket(struct event *ev, const struct emission *e)
{
	const struct socket_view *view;
	char sid[RANDOM_ID_LEN + 1] = "";

	if (e->rooms_count != 1 || e->rooms[0].len >= sizeof(sid))
		return POLLUX_NOT_FOUND;
	memcpy(sid, e->rooms[0].at, e->rooms[0].len);
	if (ev->socket && strcmp(ev->socket->sid, sid) == 0)
		return 0;
	return event_find_socket(ev, e->nsp, sid, &view);
}

static int check_waiting(struct event *ev)
{
	int64_t questions, answers;
	int error = ask_waiting(ev->s->store, &questions, &answers);

	if (error)
		return error;
	return questions >= QUESTIONS_MAX || answers > AWAITED_MAX - ASKED_MAX ? POLLUX_TOO_BIG : 0;
}

int asks_check(struct event *ev, const struct emission *e)
{
	int error;

	if (e->ack_context.len > CONTEXT_MAX_BYTES)
		return POLLUX_TOO_BIG;
	if (e->direct)
		return check_socket(ev, e);
	error = e->ack_timeout_ms ? check_waiting(ev) : POLLUX_PROTOCOL;
	return error ? error : choose(ev, e);
}

int asks_add(struct server *s, const struct emission *e, int64_t seq)
{
	struct ask_row row = {
		.seq = seq,
		.by_ms = e->ack_timeout_ms ? clock_mono_ms() + e->ack_timeout_ms : -1,
		.nsp = log_string(e->nsp),
		.sid = e->direct ? log_text(e->rooms[0]) : (struct log_text){NULL, 0},
		.context = e->ack_context.at ? log_text(e->ack_context) : log_string(""),
	};
	int64_t waiting = 1;
	int error = ask_insert(s->store, &row);

	if (!error && e->ack_timeout_ms)
		s->deadlines_set = true;
	if (!error && !e->direct)
		waiting = ask_audience(s->store, seq);
	if (waiting == 0)
		s->due = true;
	return waiting < 0 ? (int)waiting : error;
}

static int keep_answer(struct event *ev, const struct incoming *in)
{
	struct log_text sid = log_string(ev->socket->sid), args = {in->payload.at, in->payload.len};
	struct buf packed;
	bool last = false;
	int error;

	buf_init(&packed, (size_t)ASK_ANSWERS_MAX_BYTES + 1024);
	error = pack_attachments(&packed, in->attachments, in->attachments_count);
	if (!error)
		error = ask_answer(ev->s->store, in->ack_id, sid, args, (struct log_text){packed.data, packed.len}, &last);
	buf_deinit(&packed);
	ev->s->due = ev->s->due || last;
	return error;
}

static int answer(struct event *ev, const struct incoming *in, const struct ask *ask)
{
	if (!ask->sid[0])
		return keep_answer(ev, in);
	return strcmp(ask->sid, ev->socket->sid) == 0 ? ask_delete(ev->s->store, in->ack_id) : POLLUX_NOT_FOUND;
}

int asks_take(struct event *ev, const struct incoming *in, struct ask *ask)
{
	int error = ask_load(ev->s->store, in->ack_id, ask);

	if (!error)
		error = answer(ev, in, ask);
	if (error)
		ask_deinit(ask);
	return error;
}
