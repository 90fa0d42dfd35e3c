/* GETs of the polling transport. */
#include "config.h"
#include "core/poll.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/catch_up.h"
#include "core/http.h"
#include "core/limits.h"
#include "core/session.h"
#include "core/tick.h"
#include "core/upgrade.h"
#include "proto/eio.h"

/* So long a poll is held that comes while its client goes over to a WebSocket, the first one apart. */
#define PROBED_HOLD_MS 100
#define ANSWER_TYPE "text/plain; charset=UTF-8"

void poll_ready(struct server *s, struct client *c)
{
	if (c->ready)
		return;
	c->ready = true;
	c->ready_next = s->ready;
	s->ready = c;
}

void poll_ready_all(struct server *s)
{
	struct client *c, *next;

	HASH_ITER(hh, s->clients.by_id, c, next)
		if (c->x)
			poll_ready(s, c);
}

void poll_stop_all(struct server *s)
{
	struct client *c, *next;

	HASH_ITER(hh, s->clients.by_id, c, next)
		if (c->parked)
			ev_timer_stop(s->options.loop, &c->due);
}

/* Leaves what is over ANSWER_BYTES (one packet may be longer) to the next poll. *cursor becomes the last one's seq that is answered. Nothing
 * is dropped before the commit: it may fail. */
static int cut_pending(struct client *c, int64_t *cursor)
{
	size_t bytes = 0;

	c->answer_count = c->pending_count;
	for (uint32_t i = 0; i < c->pending_count; i++) {
		const struct bytes *wire = row_polling(c->pending[i]);

		if (!wire)
			return POLLUX_NO_MEMORY;
		bytes += wire->len + 1;
		if (!i || bytes <= ANSWER_BYTES)
			continue;
		*cursor = c->pending[i - 1]->seq;
		c->answer_count = i;
		return 0;
	}
	if (c->cut_at)
		*cursor = c->cut_at;
	return 0;
}

/* Joins the first pending rows' wire forms in the scratch buffer. */
static int write_pending(struct server *s, const struct client *c, uint32_t count)
{
	struct buf *out = &s->scratch;

	buf_clear(out);
	for (uint32_t i = 0; i < count; i++) {
		const struct bytes *wire = row_polling(c->pending[i]);

		if (!wire)
			return POLLUX_NO_MEMORY;
		if (out->len)
			buf_add_char(out, EIO_SEPARATOR);
		buf_add(out, wire->data, wire->len);
	}
	return out->error;
}

static int write_packet(struct buf *out, char packet)
{
	if (out->len)
		buf_add_char(out, EIO_SEPARATOR);
	return buf_add_char(out, packet);
}

/* Answers a repeated GET at once with what it got: the same rows, which were cut to an answer's length then, and the same packet. */
static int answer_again(struct server *s, struct input *in, struct client *c, const struct client_row *row)
{
	int error;

	client_drop_pending(c, INT64_MIN);
	error = catch_up_gather(s, c, row->answered_from, row->cursor, SIZE_MAX);
	if (!error)
		error = write_pending(s, c, c->pending_count);
	client_drop_pending(c, INT64_MIN);
	if (!error && row->answered_with)
		error = write_packet(&s->scratch, row->answered_with);
	if (!error && !s->scratch.len)
		error = write_packet(&s->scratch, '6');
	if (!error)
		input_answer(in, 200, ANSWER_TYPE, s->scratch.data, s->scratch.len);
	return error;
}

static int refuse_overlap(struct server *s, struct input *in, struct client_row *row)
{
	bool closed;
	int error;

	say(SAY_INFO, "core", row->sid, "session closed: a second poll while one is pending");
	http_refuse(in, REFUSE_REQUEST);
	error = session_close(s, row, "transport error", '1', SESSION_DROP);
	return error ? error : session_leave_asked(s, row, &closed);
}

static bool is_repeated(const struct input *in, const struct client_row *row)
{
	return in->t[0] && strcmp(in->t, row->answered_t) == 0 && !row->holder;
}

static void take_poll(struct server *s, struct input *in, struct client *c, const struct client_row *row)
{
	c->x = in->x;
	c->cors = bytes_ref(in->cors);
	c->gzip = in->gzip;
	c->claim = row->claim;
	c->cursor = row->cursor;
	c->pinged = row->pinged;
	c->parked = c->is_due = c->gone = c->ends = c->flush = c->switched = false;
	c->probed = upgrade_under_way(s, row);
	c->lingers = row->state == CLIENT_CLOSING;
	c->final = c->lingers ? row->final : 0;
	c->cut_at = 0;
	memcpy(c->t, in->t, sizeof(c->t));
	c->ping_at_ms = row->ping_at_ms;
	client_drop_pending(c, INT64_MIN);
	in->polling = c;
	poll_ready(s, c);
}

static int check_row(struct server *s, struct input *in, struct client_row *row, bool *stop)
{
	bool closed;
	int error;

	*stop = true;
	if (in->misused) {
		http_refuse(in, REFUSE_REQUEST);
		return 0;
	}
	if (row->transport != CLIENT_POLLING) {
		http_refuse(in, REFUSE_REQUEST);
		return 0;
	}
	if (in->left) {   /* while it waited for room */
		http_refuse(in, REFUSE_SID);
		error = session_close(s, row, "transport error", '1', SESSION_DROP);
		return error ? error : session_leave_asked(s, row, &closed);
	}
	if (row->expires_at_ms <= clock_mono_ms()) {
		http_refuse(in, REFUSE_SID);
		error = session_close(s, row, row->connect_by_ms && row->connect_by_ms <= clock_mono_ms() ?
				      "forced server close" : "ping timeout", '1', SESSION_DROP);
		return error ? error : session_leave_asked(s, row, &closed);
	}
	if (row->holder && (processes_alive(s->processes, row->holder) || row->state == CLIENT_CLOSED)) {
		if (row->state == CLIENT_OPEN)
			return refuse_overlap(s, in, row);
		http_refuse(in, REFUSE_SID);
		return 0;
	}
	*stop = false;
	return 0;
}

int poll_arrive(struct server *s, struct input *in)
{
	struct client_row row;
	struct client *c;
	bool stop;
	int error = client_load(s->store, in->sid, strlen(in->sid), &row);

	if (error == POLLUX_NOT_FOUND) {
		http_refuse(in, REFUSE_SID);
		return 0;
	}
	if (!error)
		error = check_row(s, in, &row, &stop);
	if (error || stop)
		return error;
	c = client_get(&s->clients, s->store, &row, &error);
	if (!c)
		return error;
	if (c->x)
		return refuse_overlap(s, in, &row);
	c->used_ms = clock_mono_ms();
	if (is_repeated(in, &row))
		return answer_again(s, in, c, &row);
	take_poll(s, in, c, &row);
	error = upgrade_meet_poll(s, &row, &c->flush);
	if (error)
		return error;
	return catch_up_gather(s, c, row.cursor, s->position, ANSWER_BYTES);
}

void poll_gone(struct server *s, int64_t id)
{
	struct client *c = client_find(&s->clients, id);

	if (!c || !client_is_here(c))
		return;
	c->gone = true;
	c->read_in = s->transaction;   /* so that a rollback makes it look again */
	poll_ready(s, c);
}


int poll_abort(struct server *s, struct input *in)
{
	struct client_row row;
	bool closed;
	int error = client_load_id(s->store, in->client, &row);

	if (error == POLLUX_NOT_FOUND || (!error && row.claim != in->claim))
		return 0;
	if (error)
		return error;
	row.holder = 0;
	if (row.state != CLIENT_OPEN)
		return client_delete(s->store, row.id);
	error = session_close(s, &row, "transport error", '1', SESSION_DROP);
	return error ? error : session_leave_asked(s, &row, &closed);
}

/* Why a poll that has nothing to say is answered now: the ping, the hold, the end. 0: it goes on waiting. */
static int due_packet(struct server *s, struct client *c, char *with)
{
	struct client_row row;
	int error = client_load_id(s->store, c->id, &row);

	if (error == POLLUX_NOT_FOUND) {
		c->gone = true;
		*with = '1';
		return 0;
	}
	if (error)
		return error;
	c->pinged = row.pinged;
	c->ping_at_ms = row.ping_at_ms;
	if (row.ping_at_ms <= clock_mono_ms() && !row.pinged)
		*with = '2';
	else if (c->is_due && (c->probed || server_hold_ms(s)))
		*with = '6';
	return 0;
}

/*
 * The end, a ping that is due, or nothing more than noop. Where something is queued at the end, the final packet comes with
 * the next poll: the stock client handles a close at once but packets later, so a DISCONNECT beside it would come too late.
 */
static int choose_packet(struct server *s, struct client *c, char *with)
{
	bool ping_due = !c->pinged && c->ping_at_ms <= clock_mono_ms();
	int error = 0;

	*with = 0;
	if (c->final || c->gone) {
		*with = c->final ? c->final : '1';
		if (*with != '6' && c->lingers && c->pending_count)
			*with = 0;
		return 0;
	}
	if (c->is_due || (!c->parked && ping_due))
		error = due_packet(s, c, with);
	if (!error && !*with && !c->pending_count && (s->draining || c->flush))
		*with = '6';
	return error;
}

static int settle_answer(struct server *s, struct client *c, char with)
{
	int64_t cursor = s->newest;
	int error = 0;

	c->answer_count = 0;
	if (c->final != '6')   /* who closed wants nothing more */
		error = cut_pending(c, &cursor);
	if (error)
		return error;
	c->outcome = POLL_ANSWER;
	c->with = cursor == s->newest ? with : 0;
	c->ends = with && (c->final || c->gone);
	if (c->ends)
		return client_delete(s->store, c->id);
	return client_answer(s->store, c->id, c->claim, cursor, c->t, c->with);
}

/* Its cursor is not kept: what is sent by WebSocket is not sent again. */
static int settle_link(struct server *s, struct client *c)
{
	c->ends = c->final || c->gone;
	if (c->pending_count || c->ends)
		c->outcome = POLL_ANSWER;
	return c->ends && !c->gone ? client_delete(s->store, c->id) : 0;
}

static int settle_one(struct server *s, struct client *c)
{
	char with;
	int error;

	c->outcome = POLL_WAIT;
	if (c->link)
		return settle_link(s, c);
	if (!c->x)
		return 0;
	if (c->switched) {
		c->outcome = POLL_REFUSE;
		return 0;
	}
	error = choose_packet(s, c, &with);
	if (error)
		return error;
	if (with || c->pending_count)
		error = settle_answer(s, c, with);
	else if (!c->parked) {
		c->outcome = POLL_PARK;
		error = client_park(s->store, c->id, c->claim, s->process_id, s->newest);
	}
	if (error != POLLUX_GONE)
		return error;
	say(SAY_WARN, "core", NULL, "a poll lost its claim");
	c->ends = true;
	c->with = '1';
	c->outcome = POLL_ANSWER;
	c->answer_count = 0;
	return 0;
}

int poll_settle(struct server *s)
{
	int error = 0;

	for (struct client *c = s->ready; c && !error; c = c->ready_next)
		error = settle_one(s, c);
	return error;
}

static void on_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct client *c = (struct client *)((char *)w - offsetof(struct client, due));

	(void)loop, (void)revents;
	c->is_due = true;
	poll_ready(w->data, c);
}

static void on_aborted(struct exchange *x)
{
	struct client *c = x->owner;
	struct server *s = c ? c->due.data : NULL;
	struct input *in = c ? input_new(INPUT_ABORT, NULL) : NULL;

	if (!in)
		return;
	in->client = c->id;
	in->claim = c->claim;
	tick_add(s, in);
}

/* The ping, or the hold; a poll that has had its ping waits for the pong, or for its session's end. */
static void start_due(struct server *s, struct client *c)
{
	int64_t now = clock_mono_ms(), hold = server_hold_ms(s), at = c->ping_at_ms;

	if (c->pinged)
		at = now + s->settings->ping_interval_ms;
	if (c->probed)
		hold = PROBED_HOLD_MS;
	if (hold && now + hold < at)
		at = now + hold;
	ev_timer_init(&c->due, on_due, (double)(at > now ? at - now : 0) / 1000.0, 0);
	c->due.data = s;
	ev_timer_start(s->options.loop, &c->due);
}

static void send_park(struct server *s, struct client *c)
{
	c->claim++;
	c->cursor = s->newest;
	c->parked = true;
	c->x->owner = c;
	c->x->aborted = on_aborted;
	exchange_park(c->x);
	start_due(s, c);
}

static void release(struct server *s, struct client *c)
{
	if (c->parked)
		ev_timer_stop(s->options.loop, &c->due);
	c->x = NULL;
	c->parked = false;
	c->used_ms = clock_mono_ms();
	bytes_unref(c->cors);
	c->cors = NULL;
	client_drop_pending(c, INT64_MIN);
}

static void send_answer(struct server *s, struct client *c)
{
	struct http_reply r = {.status = 200, .type = ANSWER_TYPE, .gzip = c->gzip, .cors = c->cors};

	if (write_pending(s, c, c->answer_count) || (c->with && write_packet(&s->scratch, c->with)))
		say(SAY_ERROR, "core", NULL, "no memory for an answer");
	r.body = s->scratch.data;
	r.body_len = s->scratch.len;
	http_send(s, c->x, &r);
	s->open_exchanges--;
	release(s, c);
	if (c->ends)
		client_forget(&s->clients, c);
}

static void send_refusal(struct server *s, struct client *c)
{
	struct input *in = input_new(INPUT_REFUSED, c->x);

	if (in) {
		in->cors = bytes_ref(c->cors);
		http_refuse(in, REFUSE_REQUEST);
		http_answer(s, in);
	} else {
		exchange_respond(c->x, 400, "", NULL, 0);
		s->open_exchanges--;
	}
	release(s, c);
}

/* Due again though nothing was to be said: the pong came meanwhile and moved the next ping. */
static void wait_on(struct server *s, struct client *c)
{
	if (!c->x || !c->is_due)
		return;
	c->is_due = false;
	ev_timer_stop(s->options.loop, &c->due);
	start_due(s, c);
}

void poll_send(struct server *s)
{
	struct client *c = s->ready, *next;

	s->ready = NULL;
	for (; c; c = next) {
		next = c->ready_next;
		c->ready = false;
		if (c->outcome == POLL_ANSWER && c->link)
			link_send_pending(s, c);
		else if (c->outcome == POLL_ANSWER)
			send_answer(s, c);
		else if (c->outcome == POLL_REFUSE)
			send_refusal(s, c);
		else if (c->outcome == POLL_PARK)
			send_park(s, c);
		else
			wait_on(s, c);
	}
}

void poll_send_links(struct server *s)
{
	struct client **at = &s->ready, *c;

	while ((c = *at)) {
		if (!c->link || c->final || c->gone) {
			at = &c->ready_next;
			continue;
		}
		*at = c->ready_next;
		c->ready = false;
		link_send_pending(s, c);
	}
}

/* The input of a poll that came in this tick. */
static struct input *input_of(const struct server *s, const struct client *c)
{
	struct input *in = s->done.first;

	while (in && in->polling != c)
		in = in->next;
	return in;
}

void poll_evict(struct server *s, int64_t id)
{
	struct client *c = client_find(&s->clients, id);
	struct input *in;

	if (!c || !c->x)
		return;
	in = c->parked ? input_new(INPUT_REFUSED, c->x) : input_of(s, c);
	if (!in)
		return;
	if (c->parked) {
		in->cors = bytes_ref(c->cors);
		c->x->owner = NULL;
		inputs_add(&s->done, in);
	}
	in->polling = NULL;
	http_refuse(in, REFUSE_REQUEST);
	release(s, c);
}

/* Those that came in this tick go back to their inputs; parked ones keep what was committed, and stay ready. What was read of clients in the
 * transaction is worth nothing now. */
void poll_revert(struct server *s)
{
	struct client *c, *next;

	s->ready = NULL;
	HASH_ITER(hh, s->clients.by_id, c, next) {
		c->ready = false;
		if (c->attached)
			link_detach(c->link);
		if (!c->parked && !c->link) {
			c->version = -1;
			c->x = NULL;
			bytes_unref(c->cors);
			c->cors = NULL;
		}
		client_drop_pending(c, c->parked || c->link ? s->position : INT64_MIN);
		if (client_is_here(c) && (c->pending_count || c->is_due || c->final || c->gone || c->flush || c->switched || s->draining))
			poll_ready(s, c);
	}
}
