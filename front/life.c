/* Signals and the end: libev watchers around a front's steps. */
#include "config.h"
#include "front/life.h"

#include <signal.h>
#include "base/say.h"

#define CUT_S 1.5

static void on_hangup(struct ev_loop *loop, ev_signal *w, int events)
{
	struct life *l = w->data;

	(void)loop;
	(void)events;
	if (!l->stopping)
		l->steps->reload(l->ctx);
}

static void on_end(struct ev_loop *loop, ev_signal *w, int events)
{
	struct life *l = w->data;

	(void)events;
	if (l->stopping)
		return;
	l->stopping = true;
	say(SAY_INFO, l->steps->who, NULL, "stopping");
	ev_prepare_start(loop, &l->finished);
	ev_timer_start(loop, &l->cut);
	ev_timer_start(loop, &l->patience);
	l->steps->stop(l->ctx);
}

static void on_finished(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct life *l = w->data;

	(void)events;
	if (l->steps->finished(l->ctx))
		ev_break(loop, EVBREAK_ALL);
}

static void on_cut(struct ev_loop *loop, ev_timer *w, int events)
{
	struct life *l = w->data;

	(void)loop;
	(void)events;
	l->steps->cut(l->ctx);
}

static void on_patience(struct ev_loop *loop, ev_timer *w, int events)
{
	struct life *l = w->data;

	(void)events;
	l->steps->give_up(l->ctx);
	ev_break(loop, EVBREAK_ALL);
}

void life_begin(struct life *l, struct ev_loop *loop, const struct life_steps *steps, void *ctx, double patience_s)
{
	*l = (struct life){ .steps = steps, .ctx = ctx, .loop = loop };
	ev_signal_init(&l->term, on_end, SIGTERM);
	ev_signal_init(&l->interrupt, on_end, SIGINT);
	ev_signal_init(&l->hangup, on_hangup, SIGHUP);
	ev_timer_init(&l->cut, on_cut, CUT_S, 0);
	ev_timer_init(&l->patience, on_patience, patience_s, 0);
	ev_prepare_init(&l->finished, on_finished);
	l->term.data = l->interrupt.data = l->hangup.data = l->cut.data = l->patience.data = l->finished.data = l;
	ev_signal_start(loop, &l->term);
	ev_signal_start(loop, &l->interrupt);
	ev_signal_start(loop, &l->hangup);
}

void life_end(struct life *l)
{
	ev_signal_stop(l->loop, &l->term);
	ev_signal_stop(l->loop, &l->interrupt);
	ev_signal_stop(l->loop, &l->hangup);
	ev_timer_stop(l->loop, &l->cut);
	ev_timer_stop(l->loop, &l->patience);
	ev_prepare_stop(l->loop, &l->finished);
}
