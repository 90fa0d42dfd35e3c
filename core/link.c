/* Connections: how they come, what they send and are sent, how they end. What their messages mean is in link_run.c. */
#include "config.h"
#include "core/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/http.h"
#include "core/link_run.h"
#include "core/poll.h"
#include "core/session.h"
#include "core/tick.h"

/* So many bytes of one connection wait for the tick; beyond them it is not read from. */
#define INBOX_BYTES ((size_t)256 << 10)
/* Pieces a call of channel_send; more are sent with more calls. */
#define PIECES_MAX 256
/* What ends connections when the server drains: clients come back. An upgrade that has been probed may take so long. */
#define DRAIN_CODE 1012
#define DRAIN_REASON "server shutting down"
#define DRAIN_SWITCH_MS 1000

struct link *link_new(struct server *s)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->s = s;
	l->refs = 2;
	return l;
}

struct link *link_ref(struct link *l)
{
	l->refs++;
	return l;
}

void link_unref(struct link *l)
{
	if (!l || --l->refs)
		return;
	bytes_unref(l->hello);
	free(l);
}

int link_attach(struct link *l, const struct client_row *row)
{
	struct server *s = l->s;
	int error;
	struct client *c = client_get(&s->clients, s->store, row, &error);

	if (!c)
		return error;
	c->link = l;
	c->attached = true;
	c->cursor = row->cursor;
	c->cut_at = 0;
	c->final = 0;
	c->gone = c->ends = c->lingers = c->switched = c->flush = c->probed = false;
	c->pinged = row->pinged;
	c->ping_at_ms = row->ping_at_ms;
	client_drop_pending(c, INT64_MIN);
	l->c = c;
	l->client = row->id;
	l->plain = row->protocol == CLIENT_PLAIN;
	return 0;
}

void link_detach(struct link *l)
{
	struct client *c = l->c;

	c->link = NULL;
	c->attached = false;
	c->version = -1;
	client_drop_pending(c, INT64_MIN);
	l->c = NULL;
}

/* Nothing comes from it or goes to it any more. */
static void end(struct link *l)
{
	struct client *c = l->c;

	if (l->state == LINK_ENDED)
		return;
	l->state = LINK_ENDED;
	link_wait_end(l);
	if (c) {
		c->link = NULL;
		c->used_ms = clock_mono_ms();
		client_drop_pending(c, INT64_MIN);
		l->c = NULL;
	}
	l->s->links.count--;
}

void link_close(struct link *l, int code, const char *reason)
{
	struct channel *ch = l->ch;

	end(l);
	l->ch = NULL;
	if (!ch)
		return;   /* its opening is still under way and finds it ended */
	channel_close(ch, code, reason);
	link_unref(l);
}

/* Behind what it has said. */
static void tell_session(struct link *l, const char *reason)
{
	struct input *in = l->inbox ? NULL : input_new(INPUT_LEFT, NULL);

	if (l->inbox) {
		l->inbox->reason = reason;
		return;
	}
	if (!in) {
		say(SAY_ERROR, "core", NULL, "no memory to end a session");
		return;
	}
	in->link = link_ref(l);
	in->client = l->client;
	in->reason = reason;
	tick_add(l->s, in);
}

void link_drop(struct link *l, int code, const char *reason)
{
	if (l->state == LINK_ENDED)
		return;
	tell_session(l, reason);
	link_close(l, code, "");
}

static void on_closed(struct channel *ch, int code)
{
	struct link *l = ch->owner;

	(void)code;
	l->ch = NULL;
	tell_session(l, "transport close");
	end(l);
	link_unref(l);
}

/* A record of the inbox: whether binary, the length, the bytes. */
static int queue_message(struct link *l, const char *data, size_t len, bool binary)
{
	uint32_t n = (uint32_t)len;
	struct input *in = l->inbox;

	if (!in) {
		in = input_new(INPUT_MESSAGES, NULL);
		if (!in)
			return POLLUX_NO_MEMORY;
		in->link = link_ref(l);
		in->client = l->client;
		l->inbox = in;
		tick_add(l->s, in);
	}
	buf_add_char(&in->messages, (char)binary);
	buf_add(&in->messages, &n, sizeof(n));
	return buf_add(&in->messages, data, len);
}

static void on_message(struct channel *ch, const char *data, size_t len, bool binary)
{
	struct link *l = ch->owner;

	if (l->state == LINK_OPEN && !l->plain && !binary && len == 1 && data[0] == '3') {
		link_pong(l);
		return;
	}
	if (queue_message(l, data, len, binary)) {
		say(SAY_ERROR, "core", NULL, "a websocket's message is lost for want of memory: it is closed");
		link_drop(l, 1011, "transport error");
		return;
	}
	if (l->inbox->messages.len > INBOX_BYTES && !l->held) {
		l->held = true;
		channel_hold(ch, true);
	}
}

void link_release(struct link *l)
{
	if (!l->held)
		return;
	l->held = false;
	if (l->ch)
		channel_hold(l->ch, false);
}

static void on_pong(struct channel *ch)
{
	struct link *l = ch->owner;

	if (l->state == LINK_OPEN && l->plain)
		link_pong(l);
}

static void send_bytes(struct link *l, struct bytes *b)
{
	struct channel_piece piece = {b, b ? b->data : NULL, b ? b->len : 0};
	int error = b ? channel_send(l->ch, &piece, 1) : POLLUX_NO_MEMORY;

	bytes_unref(b);
	if (error && error != POLLUX_GONE)
		link_drop(l, 1011, "transport error");
}

void link_probed(struct link *l)
{
	if (!l->ch)
		return;
	l->probed = true;
	send_bytes(l, frames_text("3probe", 6));
}

void link_send_ping(struct link *l)
{
	if (l->ch)
		send_bytes(l, l->plain ? frames_ping() : frames_text("2", 1));
}

static void start_heartbeat(struct link *l)
{
	struct server *s = l->s;

	if (l->c->pinged)
		link_wait(l, LINK_WAIT_PONG, l->c->ping_at_ms + s->settings->ping_timeout_ms);
	else
		link_wait(l, LINK_WAIT_PING, l->c->ping_at_ms);
}

/* The connection is there. One that was refused, or has ended meanwhile, is closed at once. */
static void on_opened(void *ctx, struct channel *ch)
{
	struct link *l = ctx;

	if (!ch) {
		if (l->state != LINK_ENDED)
			tell_session(l, "transport close");
		end(l);
		link_unref(l);
		return;
	}
	if (l->state == LINK_ENDED) {
		channel_close(ch, 1000, "");
		link_unref(l);
		return;
	}
	ch->owner = l;
	ch->message = on_message;
	ch->closed = on_closed;
	ch->pong = on_pong;
	l->ch = ch;
	if (l->state == LINK_PROBING)
		return;
	if (l->hello)
		send_bytes(l, l->hello);
	l->hello = NULL;
	if (l->c && l->c->pending_count)
		poll_ready(l->s, l->c);
}

static void refuse(struct server *s, struct input *in)
{
	struct link *l = in->link;

	in->link = NULL;
	free(l);   /* the connection's reference and the input's: nobody else has seen it */
	http_answer(s, in);
}

void link_accept(struct server *s, struct input *in)
{
	struct link *l = in->link;
	struct bytes *headers;

	if (in->status != 101) {
		refuse(s, in);
		return;
	}
	s->links.count++;
	if (l->c) {
		l->c->attached = false;
		l->state = LINK_OPEN;
		l->hello = in->body->len ? frames_text(in->body->data, in->body->len) : NULL;
		start_heartbeat(l);
	} else if (in->second) {
		end(l);
	} else {
		l->state = LINK_PROBING;
		l->client = in->client;
		link_wait(l, LINK_WAIT_UPGRADE, clock_mono_ms() + s->settings->upgrade_timeout_ms);
	}
	headers = http_handshake_headers(s, in);
	s->open_exchanges--;
	exchange_upgrade(in->x, headers ? headers->data : "", (size_t)s->settings->max_http_buffer_size, on_opened, l);
	bytes_unref(headers);
	input_free(in);
}

void link_switched(struct link *l)
{
	l->c->attached = false;
	l->state = LINK_OPEN;
	start_heartbeat(l);
	if (l->s->draining)
		link_drop(l, DRAIN_CODE, DRAIN_REASON);
}

/* Volatile rows are only for those who can take them now: not behind what the socket has not taken yet. */
static int send_rows(struct link *l, struct client *c)
{
	struct channel_piece pieces[PIECES_MAX], next;
	bool idle = channel_is_idle(l->ch);
	size_t count = 0;
	int error = 0;

	for (uint32_t i = 0; i < c->pending_count && !error; i++) {
		if (c->pending[i]->kind == LOG_VOLATILE && !idle)
			continue;
		error = (l->plain ? frames_plain : frames_of)(&l->s->frames, c->pending[i], &next);
		if (error || !next.len)
			continue;
		if (count && pieces[count - 1].at + pieces[count - 1].len == next.at && pieces[count - 1].owner == next.owner) {
			pieces[count - 1].len += next.len;
			continue;
		}
		if (count == PIECES_MAX) {
			error = channel_send(l->ch, pieces, count);
			idle = channel_is_idle(l->ch);
			count = 0;
		}
		pieces[count++] = next;
	}
	return error || !count ? error : channel_send(l->ch, pieces, count);
}

void link_send_pending(struct server *s, struct client *c)
{
	struct link *l = c->link;
	int error;

	if (!l->ch)
		return;
	error = send_rows(l, c);
	client_drop_pending(c, INT64_MIN);
	if (c->ends) {
		link_close(l, 1000, "");
		client_forget(&s->clients, c);
		return;
	}
	if (!error || error == POLLUX_GONE)
		return;
	say(SAY_WARN, "core", NULL, "a websocket is closed: %s",
	    error == POLLUX_TOO_BIG ? "its client reads too slowly" : pollux_strerror(error));
	link_drop(l, 1013, "transport error");
}

void links_drop(struct server *s, int code, const char *reason)
{
	struct client *c, *next;

	HASH_ITER(hh, s->clients.by_id, c, next)
		if (c->link && !c->attached)
			link_drop(c->link, code, reason);
}

void links_drain(struct server *s)
{
	struct link *l = s->links.waiting[LINK_WAIT_UPGRADE].first, *last = s->links.waiting[LINK_WAIT_UPGRADE].last, *next;

	links_drop(s, DRAIN_CODE, DRAIN_REASON);
	for (bool more = l != NULL; more; l = next) {
		next = l->next;
		more = l != last;
		if (l->probed)
			link_wait(l, LINK_WAIT_UPGRADE, clock_mono_ms() + DRAIN_SWITCH_MS);
		else
			link_drop(l, DRAIN_CODE, DRAIN_REASON);
	}
}
