/*
 * One tick. Everything from store_begin to store_commit is under the writer lock, at most EVENTS_MAX events or hold_max_us; the
 * rest waits for the next tick, so that other processes get their turn, and a long POST's rest goes behind what others sent. When a commit fails nothing has happened:
 * the inputs run again, one a transaction, and what fails again is refused.
 */
#include "config.h"
#include "core/tick.h"

#include <string.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/catch_up.h"
#include "core/duties.h"
#include "core/housekeeping.h"
#include "core/http.h"
#include "core/journal.h"
#include "core/link_run.h"
#include "core/poll.h"
#include "core/post.h"
#include "core/session.h"
#include "core/waiting.h"

#define EVENTS_MAX 256
/* A foreign writer is waited for so long; a full disk so long. */
#define BUSY_RETRY_MS 5
#define FULL_RETRY_MS 200
/* Between two batches of a duty that has fallen behind: others get the lock. */
#define DUTY_AGAIN_MS 5

void tick_add(struct server *s, struct input *in)
{
	struct input *open = NULL;

	if (in->kind == INPUT_POST) {
		HASH_FIND_STR(s->posts, in->sid, open);
		in->overlaps = open != NULL;
		if (!open)
			HASH_ADD_STR(s->posts, sid, in);
	}
	inputs_add(&s->inputs, in);
}

static int run_input(struct server *s, struct input *in)
{
	switch (in->kind) {
	case INPUT_HANDSHAKE:
		return session_open(s, in);
	case INPUT_POLL:
		return poll_arrive(s, in);
	case INPUT_POST:
		return post_run(s, in);
	case INPUT_ABORT:
		return poll_abort(s, in);
	case INPUT_UPGRADE:
		return link_run_claim(s, in);
	case INPUT_MESSAGES:
		return link_run_messages(s, in);
	case INPUT_LEFT:
		return link_run_left(s, in);
	case INPUT_REFUSED:
		http_refuse(in, REFUSE_REQUEST);
		return 0;
	}
	return 0;
}

bool tick_is_full(const struct server *s)
{
	return s->events >= EVENTS_MAX || clock_mono_us() > s->full_at_us;
}

static int run_inputs(struct server *s)
{
	struct input *in;
	int error = 0;

	s->events = 0;
	s->full_at_us = clock_mono_us() + s->hold_max_us;
	while (!error && (in = inputs_take(&s->inputs))) {
		watchdog_note(s->watchdog, in->sid, "", 0);
		error = run_input(s, in);
		inputs_add(&s->done, in);
		s->events++;
		if (s->alone || tick_is_full(s))
			break;
	}
	return error;
}

static int run_duties(struct server *s)
{
	int error = 0;

	if (s->expire)
		error = session_expire(s);
	if (!error && !s->alone)   /* an input that runs alone shall not fail for the sake of something else */
		error = duties_run(s);
	if (!error && !s->alone && s->parting)
		error = session_part(s);
	if (error)
		return error;
	if (s->housekeeping)
		return housekeeping_run(s);
	if (s->reaping)
		return session_reap(s);
	return s->forgetting ? housekeeping_forget(s) : 0;
}

static int run_transaction(struct server *s)
{
	int error = catch_up_read(s);

	if (!error)
		error = run_inputs(s);
	if (!error)
		error = run_duties(s);
	if (!error)
		error = catch_up_own(s);
	if (!error)
		error = poll_settle(s);
	return error ? error : store_commit(s->store);
}

static void finish_input(struct server *s, struct input *in)
{
	struct input *open = NULL;

	if (in->kind == INPUT_POST) {
		HASH_FIND_STR(s->posts, in->sid, open);
		if (open == in)
			HASH_DEL(s->posts, in);
	}
	if (in->link)
		link_finish(s, in);
	else if (in->x && !in->polling)
		http_answer(s, in);
	else
		input_free(in);
}

/* What was run of a POST stands; its rest goes behind what others have sent meanwhile. */
static void go_on_later(struct server *s, struct input *in)
{
	if (in->link)
		link_finish(s, in);
	in->kept = in->cursor;
	in->unfinished = false;
	inputs_add(&s->inputs, in);
}

static void finish_inputs(struct server *s)
{
	struct input *in;

	while ((in = inputs_take(&s->done))) {
		if (s->alone)
			s->alone--;
		if (in->tries)
			waiting_tried(s, in);
		if (in->unfinished)
			go_on_later(s, in);
		else
			finish_input(s, in);
	}
}

static void wake_in(struct server *s, int64_t ms)
{
	ev_timer_stop(s->options.loop, &s->retry_timer);
	ev_timer_set(&s->retry_timer, (double)ms / 1000.0, 0);
	ev_timer_start(s->options.loop, &s->retry_timer);
}

static void tick_committed(struct server *s)
{
	bool appended = s->journal.rows_count > 0;

	if (appended && s->failure) {
		say(SAY_INFO, "core", NULL, "ticks succeed again");
		s->failure = 0;
	}
	writer_lock_release(s->lock);
	watchdog_leave(s->watchdog);   /* answering thousands takes its time, and holds up nobody else */
	if (appended)
		bell_ring(s->bell);
	catch_up_commit(s);
	journal_cut(s, (struct journal_mark){0});
	s->housekeeping = false;
	poll_send(s);
	s->stillborn = false;
	finish_inputs(s);
	duties_commit(s);
	if (s->due || s->expire || s->forgetting || s->reaping || s->parting)
		wake_in(s, s->due ? 0 : DUTY_AGAIN_MS);
}

static void refuse_input(struct server *s, struct input *in)
{
	in->polling = NULL;
	input_answer(in, 503, NULL, NULL, 0);
	if (in->link)
		link_refuse(s, in);
	else
		finish_input(s, in);
}

/* One that failed alone. A WebSocket's end is never given up: nobody else would end its session. */
static void give_up(struct server *s, struct input *in, int error)
{
	s->alone--;
	if (in->kind == INPUT_LEFT || (error == POLLUX_NO_SPACE && waiting_is_for(in))) {
		waiting_add(s, in);
		return;
	}
	say(SAY_ERROR, "core", in->sid, "refused: %s: %s", pollux_strerror(error), store_error(s->store));
	refuse_input(s, in);
}

/* The store does not even begin, or cannot be read: nobody shall wait for that. It has been logged. */
static void refuse_all(struct server *s)
{
	for (size_t n = s->inputs.count; n; n--) {
		struct input *in = inputs_take(&s->inputs);

		if (waiting_is_for(in))
			waiting_add(s, in);
		else
			refuse_input(s, in);
	}
	s->alone = 0;
}

/* Back to the queue, in order. A single one that failed alone is refused. */
static void requeue(struct server *s, int error)
{
	struct inputs again;
	struct input *in;
	size_t count = s->done.count;

	inputs_init(&again);
	while ((in = inputs_take(&s->done))) {
		input_reset(in);
		in->polling = NULL;
		in->unfinished = false;
		if (s->alone && error != POLLUX_BUSY)
			give_up(s, in, error);
		else
			inputs_add(&again, in);
	}
	while ((in = inputs_take(&s->inputs)))
		inputs_add(&again, in);
	while ((in = inputs_take(&again)))
		inputs_add(&s->inputs, in);
	if (!s->alone && error != POLLUX_BUSY)
		s->alone = count;
}

static void retry_in(struct server *s, int64_t ms)
{
	s->retry_at_ms = clock_mono_ms() + ms;
	wake_in(s, ms);
}

/* A full disk fails every tick until there is room: its beginning and its end are told. */
static void tell_failure(struct server *s, int error)
{
	if (error == POLLUX_BUSY || error == s->failure)
		return;
	say(SAY_ERROR, "core", NULL, "a tick failed: %s: %s", pollux_strerror(error), store_error(s->store));
	s->failure = error;
}

static void tick_failed(struct server *s, int error)
{
	bool had_inputs = s->done.count > 0;

	if (error != POLLUX_BUSY)   /* it may have been a duty: no input is refused for that. They fall due again by themselves */
		s->expire = s->due = s->housekeeping = s->forgetting = s->reaping = s->parting = false;
	if (store_in_transaction(s->store))
		store_rollback(s->store);
	writer_lock_release(s->lock);
	tell_failure(s, error);
	journal_cut(s, (struct journal_mark){0});
	poll_revert(s);
	catch_up_revert(s);
	duties_revert(s);
	requeue(s, error);
	if (error == POLLUX_BUSY)
		retry_in(s, BUSY_RETRY_MS);
	else if (!had_inputs) {
		if (s->stillborn)
			refuse_all(s);
		retry_in(s, FULL_RETRY_MS);
	}
	s->stillborn = error != POLLUX_BUSY && !had_inputs;
}

static void tick_locked(struct server *s)
{
	int error;

	s->transaction++;
	watchdog_enter(s->watchdog);
	error = store_begin(s->store, "tick");
	if (!error)
		error = run_transaction(s);
	if (!error)
		tick_committed(s);
	else
		tick_failed(s, error);
	watchdog_leave(s->watchdog);
}

static bool has_work(const struct server *s)
{
	return s->inputs.count || s->ready || s->expire || s->due || s->housekeeping || s->forgetting || s->reaping || s->parting;
}

/* Reading needs no lock: what others wrote is known and routed while the lock is still waited for. */
static void look(struct server *s)
{
	int error = store_read_begin(s->store);

	s->look = false;
	if (!error) {
		s->transaction++;
		error = catch_up_read(s);
		store_read_end(s->store);
	}
	if (!error) {
		poll_send_links(s);
		return;
	}
	poll_revert(s);
	catch_up_revert(s);
	tell_failure(s, error);
}

void tick_run(struct server *s)
{
	waiting_look(s);
	if (s->look && (s->waiting_for_lock || !has_work(s)))
		look(s);
	if (!has_work(s) || s->waiting_for_lock || clock_mono_ms() < s->retry_at_ms)
		return;
	if (writer_lock_try(s->lock) == 0) {
		s->look = false;
		tick_locked(s);
		return;
	}
	s->waiting_for_lock = true;
	writer_lock_request(s->lock);
}

void tick_granted(struct server *s)
{
	if (!writer_lock_granted(s->lock))
		return;
	s->waiting_for_lock = false;
	tick_locked(s);
}
