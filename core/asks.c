/* Who is asked, and whose answer counts. Who is in a room when the row is written is asked: that is written down at once, so an answer is one look-up. */
#include "config.h"
#include "core/asks.h"

#include <string.h>

#include "base/clock.h"
#include "core/pack.h"

static struct log_text log_text(struct text t)
{
	return (struct log_text){t.at, t.len};
}

static struct log_text log_string(const char *s)
{
	return (struct log_text){s, strlen(s)};
}

/* At most so many, without looking who is in several rooms or excepted. */
static int check_number(struct event *ev, const struct emission *e)
{
	static const struct text everybody[1];
	const struct text *rooms = e->rooms_count ? e->rooms : everybody;
	size_t rooms_count = e->rooms_count ? e->rooms_count : 1;
	int64_t all = 0, n;

	for (size_t i = 0; i < rooms_count; i++) {
		n = ask_count_sockets(ev->s->store, log_string(e->nsp), log_text(rooms[i]), ASKED_MAX + 1);
		if (n < 0)
			return (int)n;
		all += n;
	}
	return all > ASKED_MAX ? POLLUX_TOO_BIG : 0;
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

int asks_check(struct event *ev, const struct emission *e)
{
	if (e->ack_context.len > CONTEXT_MAX_BYTES)
		return POLLUX_TOO_BIG;
	if (e->direct)
		return check_socket(ev, e);
	return e->ack_timeout_ms ? check_number(ev, e) : POLLUX_PROTOCOL;
}

static int add_rooms(struct server *s, const struct emission *e, int64_t seq)
{
	struct log_text nsp = log_string(e->nsp);
	int error = e->rooms_count ? 0 : ask_expect(s->store, seq, nsp, (struct log_text){NULL, 0});
	int64_t waiting;

	for (size_t i = 0; i < e->rooms_count && !error; i++)
		error = ask_expect(s->store, seq, nsp, log_text(e->rooms[i]));
	for (size_t i = 0; i < e->except_count && !error; i++)
		error = ask_except(s->store, seq, nsp, log_text(e->except[i]));
	waiting = error ? error : ask_begin(s->store, seq);
	if (waiting == 0)
		s->due = true;
	return waiting < 0 ? (int)waiting : 0;
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
	int error = ask_insert(s->store, &row);

	if (!error && e->ack_timeout_ms)
		s->deadlines_set = true;
	return error || e->direct ? error : add_rooms(s, e, seq);
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
	if (strcmp(ask->nsp, ev->socket->nsp) != 0)
		return POLLUX_NOT_FOUND;
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
