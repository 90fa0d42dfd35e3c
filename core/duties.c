/* Duties. */
#include "config.h"
#include "core/duties.h"

#include "base/clock.h"
#include "core/asks.h"
#include "core/server_side.h"
#include "core/tick.h"
#include "core/timers.h"
#include "db/timers.h"

static void wake_at(struct server *s, int64_t at_ms)
{
	struct ev_loop *loop = s->options.loop;
	int64_t in_ms = at_ms - clock_mono_ms();

	ev_timer_stop(loop, &s->due_timer);
	if (at_ms == INT64_MAX)
		return;
	ev_now_update(loop);
	ev_timer_set(&s->due_timer, (double)in_ms / 1000.0, 0);
	ev_timer_start(loop, &s->due_timer);
}

void duties_look(struct server *s)
{
	int64_t next;

	if (s->draining)
		return;
	if (s->heard.count)
		s->due = true;
	if (deadline_next(s->store, &next) != 0)
		return;
	if (next <= clock_mono_ms())
		s->due = true;
	else
		wake_at(s, next);
}

static void on_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	duties_look(w->data);
}

void duties_declare(struct server *s)
{
	s->undeclared = true;
	s->due = s->due || s->handler->repeated_count > 0;
	duties_look(s);
}

void duties_start(struct server *s)
{
	ev_timer_init(&s->due_timer, on_due, 0, 0);
	s->due_timer.data = s;
	duties_declare(s);
}

void duties_stop(struct server *s)
{
	ev_timer_stop(s->options.loop, &s->due_timer);
}

static int run_one(struct server *s, int64_t now_ms)
{
	int ran = server_side_run_one(s);

	if (!ran)
		ran = asks_end_one(s, now_ms);
	return ran ? ran : timers_run_one(s, now_ms);
}

/* One at least, however much clients sent. */
static int run_due(struct server *s)
{
	int64_t now = clock_mono_ms();
	int ran;

	do {
		ran = run_one(s, now);
		s->events++;
	} while (ran > 0 && !tick_is_full(s));
	s->due = ran > 0;
	s->deadlines_set = true;
	return ran < 0 ? ran : 0;
}

int duties_run(struct server *s)
{
	int error = s->undeclared ? timers_declare(s) : 0;

	return error || !s->due ? error : run_due(s);
}

void duties_commit(struct server *s)
{
	s->undeclared = false;
	server_side_commit(s);
	if (!s->deadlines_set)
		return;
	s->deadlines_set = false;
	duties_look(s);
}

void duties_revert(struct server *s)
{
	server_side_revert(s);
}
