/* Building a server, and the watchers that make it tick. */
#include "config.h"
#include "core/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/bundle.h"
#include "core/duties.h"
#include "core/event_run.h"
#include "core/housekeeping.h"
#include "core/journal.h"
#include "core/poll.h"
#include "core/server_side.h"
#include "core/tick.h"
#include "db/log.h"

/* The log is looked at this often, bell or no bell; and where there is no inotify. */
#define LOOK_S 0.25
#define LOOK_DEAF_S 0.03
/* How long a tick may go on taking inputs. */
#define HOLD_MAX_US 2000
#define SCRATCH_MAX_BYTES ((size_t)256 << 20)

static void on_before_wait(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct server *s = w->data;

	(void)revents;
	tick_run(s);
	if (s->inputs.count && !s->waiting_for_lock && clock_mono_ms() >= s->retry_at_ms)
		ev_idle_start(loop, &s->again);   /* more than one tick's worth: do not sleep */
	else
		ev_idle_stop(loop, &s->again);
	if (s->draining && !s->open_exchanges && !s->links.count && !s->inputs.count && s->on_idle) {
		void (*on_idle)(void *) = s->on_idle;

		s->on_idle = NULL;
		on_idle(s->on_idle_ctx);
	}
}

static void on_bell(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *s = w->data;

	(void)loop, (void)revents;
	bell_heard(s->bell);
	s->look = true;
}

static void on_lock(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop, (void)revents;
	tick_granted(w->data);
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server *s = w->data;
	int64_t next;

	(void)loop, (void)revents;
	s->look = true;
	if (client_next_expiry(s->store, &next) == 0 && next <= clock_mono_ms())
		s->expire = true;
	duties_look(s);
}

static void on_house(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	housekeeping_look(w->data);
}

/* Nothing to do but wake: the tick runs before the next wait. */
static void on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)w, (void)revents;
}

static void on_again(struct ev_loop *loop, ev_idle *w, int revents)
{
	(void)loop, (void)w, (void)revents;
}

static void start_watchers(struct server *s)
{
	struct ev_loop *loop = s->options.loop;
	double every = bell_fd(s->bell) < 0 ? LOOK_DEAF_S : LOOK_S;

	ev_prepare_init(&s->before_wait, on_before_wait);
	ev_timer_init(&s->look_timer, on_look, every, every);
	ev_timer_init(&s->house_timer, on_house, 1, 1);
	ev_timer_init(&s->retry_timer, on_retry, 0, 0);
	ev_idle_init(&s->again, on_again);
	ev_io_init(&s->lock_io, on_lock, writer_lock_fd(s->lock), EV_READ);
	ev_io_init(&s->bell_io, on_bell, bell_fd(s->bell) < 0 ? 0 : bell_fd(s->bell), EV_READ);
	s->before_wait.data = s->look_timer.data = s->house_timer.data = s->retry_timer.data = s;
	s->lock_io.data = s->bell_io.data = s;
	ev_prepare_start(loop, &s->before_wait);
	ev_timer_start(loop, &s->look_timer);
	ev_timer_start(loop, &s->house_timer);
	ev_io_start(loop, &s->lock_io);
	if (bell_fd(s->bell) >= 0)
		ev_io_start(loop, &s->bell_io);
	duties_start(s);
}

static void stop_watchers(struct server *s)
{
	struct ev_loop *loop = s->options.loop;

	ev_prepare_stop(loop, &s->before_wait);
	ev_timer_stop(loop, &s->look_timer);
	ev_timer_stop(loop, &s->house_timer);
	ev_timer_stop(loop, &s->retry_timer);
	ev_idle_stop(loop, &s->again);
	ev_io_stop(loop, &s->lock_io);
	ev_io_stop(loop, &s->bell_io);
	duties_stop(s);
}

static int open_store(struct server *s)
{
	struct store_options options = {.create = true, .sync_full = s->settings->sync_full, .cgi = s->options.cgi};
	char why[512];
	int error = store_open(&s->store, s->options.db_path, &options, why, sizeof(why));

	if (error)
		say(SAY_ERROR, "db", NULL, "%s: %s", s->options.db_path, why);
	return error;
}

/* At start the lock is simply waited for, up to ten seconds (a foreign writer may hold a transaction). */
static int register_process(struct server *s)
{
	int64_t until = clock_mono_ms() + 10000;
	int error;

	do {
		error = writer_lock_try(s->lock);
		if (!error) {
			error = store_begin(s->store, "register");
			if (!error)
				error = processes_register(s->processes, s->store, s->options.kind, s->options.cgi, clock_mono_ms(),
							   &s->process_id);
			if (!error)
				error = store_commit(s->store);
			else if (store_in_transaction(s->store))
				store_rollback(s->store);
			writer_lock_release(s->lock);
		}
		if (error == POLLUX_BUSY)
			ev_sleep(0.005);
	} while (error == POLLUX_BUSY && clock_mono_ms() < until);
	return error;
}

static int open_parts(struct server *s)
{
	int error = open_store(s);

	if (!error)
		error = writer_lock_new(&s->lock, s->options.db_path);
	if (!error)
		error = bell_new(&s->bell, s->options.db_path);
	if (!error)
		error = processes_new(&s->processes, s->options.db_path);
	if (!error)
		error = register_process(s);
	if (!error && !s->options.cgi)
		error = checkpoint_start(&s->checkpoint, s->options.db_path);
	if (!error)
		error = watchdog_start(&s->watchdog, s->settings->tick_limit_ms);
	s->bundle = bundle_load(s->settings->serve_client ? s->options.client_dir : NULL);
	return error || s->bundle ? error : POLLUX_NO_MEMORY;
}

int server_new(struct server **out, const struct server_options *options)
{
	struct server *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return POLLUX_NO_MEMORY;
	s->options = *options;
	s->settings = options->settings;
	s->handler = options->handler;
	s->hold_max_us = HOLD_MAX_US;
	inputs_init(&s->inputs);
	inputs_init(&s->done);
	inputs_init(&s->waiting);
	links_init(s);
	buf_init(&s->scratch, SCRATCH_MAX_BYTES);
	error = open_parts(s);
	if (!error && (s->position = log_last(s->store)) < 0)
		error = (int)s->position;
	if (!error)
		error = recent_init(&s->recent, s->position);
	if (error) {
		say(SAY_ERROR, "core", NULL, "cannot start: %s", pollux_strerror(error));
		server_free(s);
		return error;
	}
	s->newest = s->position;
	start_watchers(s);
	*out = s;
	return 0;
}

void server_reloaded(struct server *s)
{
	watchdog_set_limit(s->watchdog, s->settings->tick_limit_ms);
	duties_declare(s);
}

void server_drain(struct server *s, void (*on_idle)(void *ctx), void *ctx)
{
	s->draining = true;
	s->due = false;
	s->on_idle = on_idle;
	s->on_idle_ctx = ctx;
	poll_ready_all(s);
	links_drain(s);
}

static void unregister_process(struct server *s)
{
	if (!s->process_id || writer_lock_try(s->lock) != 0)
		return;
	if (store_begin(s->store, "unregister") == 0 && processes_unregister(s->processes, s->store) == 0 &&
	    store_commit(s->store) == 0)
		say(SAY_DEBUG, "core", NULL, "process %lld has ended", (long long)s->process_id);
	else if (store_in_transaction(s->store))
		store_rollback(s->store);
	writer_lock_release(s->lock);
}

void server_free(struct server *s)
{
	struct input *in;

	if (!s)
		return;
	if (s->before_wait.data)
		stop_watchers(s);
	watchdog_stop(s->watchdog);
	checkpoint_stop(s->checkpoint);
	HASH_CLEAR(hh, s->posts);
	while ((in = inputs_take(&s->inputs)) || (in = inputs_take(&s->waiting)))
		input_free(in);
	poll_stop_all(s);
	links_deinit(s);
	clients_deinit(&s->clients);
	throttle_deinit(&s->throttle);
	recent_deinit(&s->recent);
	journal_deinit(&s->journal);
	server_side_deinit(s);
	frames_deinit(&s->frames);
	compressed_deinit(&s->compressed);
	event_forget_own_socket(s);
	buf_deinit(&s->scratch);
	unregister_process(s);
	bundle_free(s->bundle);
	processes_free(s->processes);
	bell_free(s->bell);
	writer_lock_free(s->lock);
	store_close(s->store);
	free(s);
}
