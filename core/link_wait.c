/* A link's deadlines: its next ping, the pong to it, the end of its upgrade. One timer for all links. */
#include "config.h"
#include "core/link.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/link_run.h"
#include "core/state.h"

void link_wait_end(struct link *l)
{
	struct link_list *list = &l->s->links.waiting[l->waits_for];

	if (!l->due_ms)
		return;
	*(l->prev ? &l->prev->next : &list->first) = l->next;
	*(l->next ? &l->next->prev : &list->last) = l->prev;
	l->next = l->prev = NULL;
	l->due_ms = 0;
}

static void arm(struct links *links, struct ev_loop *loop)
{
	int64_t first = INT64_MAX, now = clock_mono_ms();

	for (int i = 0; i < LINK_WAITS; i++)
		if (links->waiting[i].first && links->waiting[i].first->due_ms < first)
			first = links->waiting[i].first->due_ms;
	ev_timer_stop(loop, &links->timer);
	if (first == INT64_MAX)
		return;
	ev_timer_set(&links->timer, (double)(first > now ? first - now : 0) / 1000.0, 0);
	ev_timer_start(loop, &links->timer);
}

/* Nearly always at the end: an upgraded session brings along a ping that is due a little earlier. */
void link_wait(struct link *l, enum link_wait what, int64_t due_ms)
{
	struct links *links = &l->s->links;
	struct link_list *list = &links->waiting[what];
	struct link *before;

	link_wait_end(l);
	l->waits_for = (uint8_t)what;
	l->due_ms = due_ms;
	for (before = list->last; before && before->due_ms > due_ms; before = before->prev)
		;
	l->prev = before;
	l->next = before ? before->next : list->first;
	*(l->next ? &l->next->prev : &list->last) = l;
	*(before ? &before->next : &list->first) = l;
	if (list->first == l)
		arm(links, l->s->options.loop);
}

static void ping(struct link *l)
{
	link_wait(l, LINK_WAIT_PONG, clock_mono_ms() + l->s->settings->ping_timeout_ms);
	link_send_ping(l);
}

void link_pong(struct link *l)
{
	link_wait(l, LINK_WAIT_PING, clock_mono_ms() + l->s->settings->ping_interval_ms);
}

static void run_due(struct link *l)
{
	switch ((enum link_wait)l->waits_for) {
	case LINK_WAIT_PING:
		ping(l);
		return;
	case LINK_WAIT_PONG:
		link_drop(l, 1000, "ping timeout");
		return;
	case LINK_WAIT_UPGRADE:
		say(SAY_INFO, "core", NULL, "an upgrade was not completed in time");
		link_drop(l, 1000, "transport close");
		return;
	case LINK_WAITS:
		return;
	}
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server *s = w->data;
	int64_t now = clock_mono_ms();

	(void)revents;
	for (int i = 0; i < LINK_WAITS; i++)
		while (s->links.waiting[i].first && s->links.waiting[i].first->due_ms <= now)
			run_due(s->links.waiting[i].first);
	arm(&s->links, loop);
}

void links_init(struct server *s)
{
	ev_timer_init(&s->links.timer, on_timer, 0, 0);
	s->links.timer.data = s;
}

void links_deinit(struct server *s)
{
	struct client *c, *next;

	if (!s->links.timer.data)
		return;
	ev_timer_stop(s->options.loop, &s->links.timer);
	HASH_ITER(hh, s->clients.by_id, c, next)
		if (c->link) {
			link_unref(c->link);
			c->link = NULL;
		}
	for (struct link *l = s->links.waiting[LINK_WAIT_UPGRADE].first, *after; l; l = after) {
		after = l->next;
		link_unref(l);
	}
}
