/*
 * Timers. What is due is taken out of the store (or set to its next time) outside of the event whose handler then runs: so it runs once, in
 * whichever process has the writer lock first, and a handler that fails is not tried again.
 *
 * What repeats stands in the store by namespace and name. Processes of two versions of an application may serve for a while: one that is due and unknown here is set
 * to its next time; at its start (and reload) a process puts its own list in the place of what is there.
 */
#include "config.h"
#include "core/timers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/event_run.h"
#include "db/timers.h"

/* That wait at once. */
#define TIMERS_MAX 100000
/* Of those in the store that repeat, so many are looked at. */
#define REPEATED_MAX 1024

static struct log_text log_string(const char *s)
{
	return (struct log_text){s, strlen(s)};
}

static struct text text_of(struct log_text t)
{
	return (struct text){t.at, t.len};
}

int event_after(struct event *ev, const char *nsp, struct text name, struct text context, int64_t after_ms, int64_t *id)
{
	struct timer t = {.nsp = log_string(nsp), .name = {name.at, name.len}, .context = {context.at, context.len},
			  .due_ms = clock_mono_ms() + after_ms};
	int error = event_write(ev);
	int64_t count;

	if (error)
		return error;
	if (context.len > CONTEXT_MAX_BYTES)
		return POLLUX_TOO_BIG;
	count = timer_count(ev->s->store);
	if (count < 0 || count >= TIMERS_MAX)
		return count < 0 ? (int)count : POLLUX_TOO_BIG;
	error = timer_insert(ev->s->store, &t);
	ev->s->deadlines_set = true;
	*id = t.id;
	return error;
}

int event_cancel(struct event *ev, int64_t id)
{
	int error = event_write(ev);

	return error ? error : timer_cancel(ev->s->store, id);
}

/* --- what repeats --- */

struct known {
	int64_t ids[REPEATED_MAX], every_ms[REPEATED_MAX], due_ms[REPEATED_MAX];
	const struct repeated *as[REPEATED_MAX];   /* NULL: not ours */
	size_t count;
	const struct handler *h;
};

static bool is(struct log_text t, const char *s)
{
	return strlen(s) == t.len && memcmp(s, t.at, t.len) == 0;
}

static int know(void *ctx, const struct timer *t)
{
	struct known *k = ctx;

	if (k->count == REPEATED_MAX)
		return 0;
	k->ids[k->count] = t->id;
	k->every_ms[k->count] = t->every_ms;
	k->due_ms[k->count] = t->due_ms;
	k->as[k->count] = NULL;
	for (size_t i = 0; i < k->h->repeated_count; i++)
		if (is(t->nsp, k->h->repeated[i].nsp) && is(t->name, k->h->repeated[i].name))
			k->as[k->count] = &k->h->repeated[i];
	k->count++;
	return 0;
}

static bool is_known(const struct known *k, const struct repeated *r)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->as[i] == r)
			return true;
	return false;
}

static int add(struct server *s, const struct repeated *r, int64_t now)
{
	struct timer t = {.nsp = log_string(r->nsp), .name = log_string(r->name), .context = log_string(""), .every_ms = r->every_ms,
			  .due_ms = now + r->every_ms};
	int error = timer_insert(s->store, &t);

	return error == POLLUX_EXISTS ? 0 : error;
}

/* One that stands there already keeps its time, unless its interval has changed. */
static int settle(struct server *s, const struct known *k, size_t i, int64_t now)
{
	const struct repeated *r = k->as[i];
	int64_t due;

	if (!r)
		return timer_delete(s->store, k->ids[i]);
	if (r->every_ms == k->every_ms[i])
		return 0;
	due = k->due_ms[i] < now + r->every_ms ? k->due_ms[i] : now + r->every_ms;
	return timer_set(s->store, k->ids[i], due, r->every_ms);
}

int timers_declare(struct server *s)
{
	struct known *k = calloc(1, sizeof(*k));
	int64_t now = clock_mono_ms();
	int error;

	if (!k)
		return POLLUX_NO_MEMORY;
	k->h = s->handler;
	error = timer_repeating(s->store, know, k);
	error = error < 0 ? error : 0;
	for (size_t i = 0; i < k->count && !error; i++)
		error = settle(s, k, i, now);
	for (size_t i = 0; i < k->h->repeated_count && !error; i++)
		if (!is_known(k, &k->h->repeated[i]))
			error = add(s, &k->h->repeated[i], now);
	free(k);
	s->deadlines_set = true;
	return error;
}

/* --- running --- */

/* Times that were missed are left out: the next one is that of the same rhythm behind now. */
static int set_next(struct server *s, const struct timer *t, int64_t now)
{
	int64_t missed = (now - t->due_ms) / t->every_ms;

	return timer_set(s->store, t->id, t->due_ms + (missed + 1) * t->every_ms, t->every_ms);
}

static int call(struct server *s, struct event *ev, const struct timer *t)
{
	const struct handler *h = s->handler;

	watchdog_note(s->watchdog, "", t->name.at, (int)t->name.len);
	if (t->every_ms)
		return h->repeat ? h->repeat(h->ctx, ev, text_of(t->name)) : 0;
	return h->timer ? h->timer(h->ctx, ev, text_of(t->name), text_of(t->context)) : 0;
}

static int run(struct server *s, const struct timer *t, int64_t now)
{
	struct event ev;
	int error = t->every_ms ? set_next(s, t, now) : timer_delete(s->store, t->id);

	if (error)
		return error;
	event_open_unasked(&ev, s, t->nsp.at);
	return event_end_unasked(&ev, call(s, &ev, t));
}

int timers_run_one(struct server *s, int64_t now_ms)
{
	struct timer t;
	int error = timer_load_due(s->store, now_ms, &t);

	if (error)
		return error == POLLUX_NOT_FOUND ? 0 : error;
	error = run(s, &t, now_ms);
	timer_deinit(&t);
	return error ? error : 1;
}
