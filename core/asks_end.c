/* Acknowledgements that are over: nobody is waited for any more, and the application's handler runs, in an event without a client. */
#include "config.h"
#include "core/asks.h"

#include <stdlib.h>
#include <string.h>

/* All who were asked. Each one's text is one block, which is its sid's. */
struct gathered {
	struct answer *list;
	size_t count, room;
};

static int make_room(struct gathered *g)
{
	size_t room = g->room ? g->room * 2 : 64;
	struct answer *list;

	if (g->count < g->room)
		return 0;
	list = realloc(g->list, room * sizeof(*list));
	if (!list)
		return POLLUX_NO_MEMORY;
	g->list = list;
	g->room = room;
	return 0;
}

static struct text put(char **to, struct log_text from)
{
	struct text kept = {from.at ? *to : NULL, from.len};

	if (from.len)
		memcpy(*to, from.at, from.len);
	(*to)[from.len] = '\0';
	*to += from.len + 1;
	return kept;
}

static int gather_one(void *ctx, struct log_text sid, struct log_text args, struct log_text attachments)
{
	struct gathered *g = ctx;
	struct answer *a;
	char *block;
	int error = make_room(g);

	if (error)
		return error;
	block = malloc(sid.len + args.len + attachments.len + 3);
	if (!block)
		return POLLUX_NO_MEMORY;
	a = &g->list[g->count++];
	a->sid = put(&block, sid).at;
	a->args = put(&block, args);
	a->attachments = put(&block, attachments);
	return 0;
}

static void gathered_free(struct gathered *g)
{
	for (size_t i = 0; i < g->count; i++)
		free((char *)g->list[i].sid);
	free(g->list);
}

static struct text context_of(const struct ask *ask)
{
	return (struct text){ask->context, ask->context_len};
}

static int run_unanswered(struct server *s, struct event *ev, const struct ask *ask)
{
	const struct handler *h = s->handler;
	int error = event_set_socket(ev, (struct text){ask->nsp, strlen(ask->nsp)}, ask->sid);

	if (error && error != POLLUX_NOT_FOUND)
		return error;
	watchdog_note(s->watchdog, ask->sid, "ack timeout", 11);
	return h->unanswered ? h->unanswered(h->ctx, ev, ask->sid, context_of(ask)) : 0;
}

static int run_answers(struct server *s, struct event *ev, const struct ask *ask, const struct gathered *g)
{
	const struct handler *h = s->handler;

	watchdog_note(s->watchdog, "", "acks", 4);
	return h->answers ? h->answers(h->ctx, ev, context_of(ask), g->list, g->count) : 0;
}

/* It is forgotten outside of the event: that it is over stands, also when the handler fails. */
static int end(struct server *s, const struct ask *ask, const struct gathered *g)
{
	struct event ev;
	int result, error = ask_delete(s->store, ask->seq);

	if (error)
		return error;
	event_open_unasked(&ev, s, ask->nsp);
	result = ask->sid[0] ? run_unanswered(s, &ev, ask) : run_answers(s, &ev, ask, g);
	return event_end_unasked(&ev, result);
}

int asks_end_one(struct server *s, int64_t now_ms)
{
	struct gathered g = {0};
	struct ask ask;
	int error = ask_load_due(s->store, now_ms, &ask);

	if (error)
		return error == POLLUX_NOT_FOUND ? 0 : error;
	if (!ask.sid[0])
		error = ask_answers(s->store, ask.seq, gather_one, &g);
	if (error >= 0)
		error = end(s, &ask, &g);
	gathered_free(&g);
	ask_deinit(&ask);
	return error ? error : 1;
}
