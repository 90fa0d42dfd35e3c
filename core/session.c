/*
 * Sessions. Each change is made in the store, under the writer lock, by whichever process gets there first; so a
 * session ends once, and its sockets' disconnect handlers run once.
 */
#include "config.h"
#include "core/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/admission.h"
#include "core/event_run.h"
#include "core/handshake.h"
#include "core/http.h"
#include "core/plain.h"
#include "core/poll.h"
#include "core/recovery.h"
#include "db/parting.h"
#include "db/sockets.h"
#include "proto/sio.h"

/* How long the end of a session waits for its client to fetch it. */
#define LINGER_MS 30000
/* How old the count of held polls may be. */
#define COUNT_MS 50
#define BATCH 64

/* A batch's share of a tick: handlers may be slow. One is done at least. */
static int64_t share_ends(const struct server *s)
{
	return clock_mono_us() + s->hold_max_us;
}

/* Counting looks at every client: not for every handshake. */
static bool too_many_polls(struct server *s)
{
	int64_t now = clock_mono_ms();

	if (!s->settings->held_polls)
		return false;
	if (now - s->held_counted_ms >= COUNT_MS) {
		s->held_polls = client_held_count(s->store);
		s->held_counted_ms = now;
	}
	return s->held_polls >= s->settings->held_polls;
}

/* Admission: the client's own back-off makes it come again. */
static bool refuse_handshake(struct server *s, struct input *in)
{
	const char *why = NULL;

	if (!in->link && too_many_polls(s))
		why = "too many polls are held";
	else if (!throttle_take(&s->throttle, in->x->peer, s->settings->handshakes_per_minute, clock_mono_ms()))
		why = "too many handshakes from this address";
	if (!why)
		return false;
	say(SAY_WARN, "core", NULL, "handshake from %s refused: %s", in->x->peer, why);
	input_answer(in, 503, NULL, NULL, 0);
	return true;
}

int64_t session_pong_by(const struct server *s, const struct client_row *row)
{
	return row->transport == CLIENT_WEBSOCKET ? CLIENT_NEVER_MS : row->ping_at_ms + s->settings->ping_timeout_ms;
}

void session_rearm(const struct server *s, struct client_row *row, int64_t now_ms)
{
	row->ping_at_ms = now_ms + s->settings->ping_interval_ms;
	row->pinged = false;
	row->expires_at_ms = session_pong_by(s, row);
	if (row->connect_by_ms && row->connect_by_ms < row->expires_at_ms)
		row->expires_at_ms = row->connect_by_ms;
}

/* TOO_BIG: before anything was written. */
static int insert_client(struct server *s, struct client_row *row, const struct input *in)
{
	struct buf json;
	int error;

	buf_init(&json, 1 << 18);
	error = handshake_write(&json, in->x, in->room);
	if (!error)
		error = client_insert(s->store, row, json.data, json.len);
	buf_deinit(&json);
	return error;
}

/* A WebSocket's goes out as its first frame. */
static void answer_open(struct server *s, struct input *in, const char *upgrades)
{
	char packet[256];
	int len = snprintf(packet, sizeof(packet),
			   "0{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%lld,\"pingTimeout\":%lld,\"maxPayload\":%lld}",
			   in->sid, upgrades, (long long)s->settings->ping_interval_ms, (long long)s->settings->ping_timeout_ms,
			   (long long)s->settings->max_http_buffer_size);

	if (in->link)
		input_answer(in, 101, NULL, packet, (size_t)len);
	else
		input_answer(in, 200, "text/plain; charset=UTF-8", packet, (size_t)len);
}

/* Only what works is named: the client cannot tell an upgrade that hangs. */
static int find_upgrades(struct server *s, const struct input *in, const char **out)
{
	bool none = in->link || !s->settings->allow_upgrades || !(s->settings->transports & TRANSPORT_WEBSOCKET);
	int live = none ? 0 : processes_live(s->processes, s->store, SERVER_KIND_WS);

	*out = live > 0 ? "\"websocket\"" : "";
	return live < 0 ? live : 0;
}

int session_open(struct server *s, struct input *in)
{
	struct client_row row = {.protocol = CLIENT_PROTOCOL, .transport = CLIENT_POLLING, .state = CLIENT_OPEN};
	int64_t now = clock_mono_ms();
	const char *upgrades;
	bool refused;
	int error;

	if (refuse_handshake(s, in))
		return 0;
	error = admission_ask(s, in, &refused);
	if (error || refused)
		return error;
	if (in->link) {
		row.transport = CLIENT_WEBSOCKET;
		row.holder = s->process_id;
	}
	if (in->room)
		row.protocol = CLIENT_PLAIN;
	error = find_upgrades(s, in, &upgrades);
	if (error)
		return error;
	random_id(row.sid);
	row.cursor = log_last(s->store);
	if (row.cursor < 0)
		return (int)row.cursor;
	row.connect_by_ms = s->handler->message || in->room ? 0 : now + s->settings->connect_timeout_ms;
	session_rearm(s, &row, now);
	error = insert_client(s, &row, in);
	if (error == POLLUX_TOO_BIG) {
		http_refuse(in, REFUSE_REQUEST);
		return 0;
	}
	if (error)
		return error;
	memcpy(in->sid, row.sid, sizeof(row.sid));
	if (in->room)
		return plain_join(s, in, &row);
	answer_open(s, in, upgrades);
	return in->link ? link_attach(in->link, &row) : 0;
}

/* The disconnect handlers' event. Its failure undoes only what they did. */
static int run_disconnect(struct server *s, struct client_row *row, const char *nsp, const char *sid, const char *reason)
{
	struct event ev;
	int result;

	if (!s->handler->disconnect)
		return 0;
	event_open(&ev, s, row);
	result = event_set_socket(&ev, (struct text){nsp, strlen(nsp)}, sid);
	if (!result) {
		watchdog_note(s->watchdog, row->sid, "disconnect", 10);
		result = s->handler->disconnect(s->handler->ctx, &ev, reason);
	}
	return event_end(&ev, result);
}

static int reply_disconnect(struct server *s, int64_t client, const char *nsp)
{
	char packet[SIO_HEAD_MAX + NAMESPACE_MAX + 1];
	size_t len = sio_write_head(packet, sizeof(packet), SIO_DISCONNECT, 0, nsp, strlen(nsp), -1);

	return journal_reply(s, client, packet, len, NULL, 0);
}

/*
 * Up to where it was here. Nothing else ends just there: the rooms it has left end below, and those that the handlers make it leave now, above
 * the touch that follows; so it is in neither again when it comes back.
 */
static int64_t mark_end(struct server *s, struct client_row *row)
{
	int error = s->journal.touched == row->id ? journal_touch_again(s, row->id, row) : 0;

	return error ? error : log_last(s->store);
}

int session_leave(struct server *s, struct client_row *row, const char *nsp, const char *sid, const char *reason, bool tell)
{
	struct log_text id = {sid, strlen(sid)};
	int error = tell ? reply_disconnect(s, row->id, nsp) : 0;
	int64_t last = error ? error : mark_end(s, row);

	event_forget_own_socket(s);
	if (last < 0)
		return (int)last;
	error = journal_touch_again(s, row->id, row);
	if (!error)
		error = run_disconnect(s, row, nsp, sid, reason);
	if (!error)
		error = socket_leave(s->store, id, last, clock_mono_ms());
	if (!error && !recovery_allowed(reason))
		error = socket_forget_pid(s->store, id);
	if (!error)
		say(SAY_DEBUG, "core", row->sid, "socket %s left %s: %s", sid, nsp, reason);
	return error == POLLUX_NOT_FOUND ? 0 : error;
}

/* The ids of a client's connected sockets, copied since leaving changes the table. */
struct socket_names {
	struct leaving *list;
	size_t count, room;
};

static int socket_name(void *ctx, const struct socket_row *row)
{
	struct socket_names *names = ctx;
	struct leaving *l;

	if (names->count == names->room) {
		size_t room = names->room ? names->room * 2 : 4;

		l = realloc(names->list, room * sizeof(*l));
		if (!l)
			return POLLUX_NO_MEMORY;
		names->list = l;
		names->room = room;
	}
	l = &names->list[names->count++];
	snprintf(l->nsp, sizeof(l->nsp), "%.*s", (int)row->nsp.len, row->nsp.at);
	snprintf(l->sid, sizeof(l->sid), "%.*s", (int)row->sid.len, row->sid.at);
	return 0;
}

static int leave_all(struct server *s, struct client_row *row, const char *reason, bool tell)
{
	struct socket_names names = {0};
	int error = socket_of_client(s->store, row->id, false, socket_name, &names);

	for (size_t i = 0; i < names.count && error >= 0; i++)
		error = session_leave(s, row, names.list[i].nsp, names.list[i].sid, reason, tell);
	free(names.list);
	return error < 0 ? error : 0;
}

/* A poll held by a living process gets the final packet from there. Else it stays for the next poll, or nothing does. */
static int settle_end(struct server *s, struct client_row *row, char final, enum session_end how)
{
	bool held = row->holder && processes_alive(s->processes, row->holder);
	int error;

	if (!held && how == SESSION_DROP) {
		poll_gone(s, row->id);
		return client_delete(s->store, row->id);
	}
	row->state = how == SESSION_DROP ? CLIENT_CLOSED : CLIENT_CLOSING;
	row->final = final;
	row->expires_at_ms = clock_mono_ms() + LINGER_MS;
	error = client_save(s->store, row);
	return error ? error : journal_touch(s, row->id, row);
}

int session_close(struct server *s, struct client_row *row, const char *reason, char final, enum session_end how)
{
	int error;

	if (row->state != CLIENT_OPEN)
		return 0;
	say(SAY_DEBUG, "core", row->sid, "session over: %s", reason);
	error = leave_all(s, row, reason, false);
	if (!error && row->has_partial) {
		row->has_partial = false;
		error = partial_delete(s->store, row->id);
	}
	return error ? error : settle_end(s, row, final, how);
}

static int close_asked(struct server *s, struct client_row *row)
{
	int error = leave_all(s, row, "server namespace disconnect", true);

	return error ? error : session_close(s, row, "server namespace disconnect", '1', SESSION_LINGER);
}

static int leave_one_asked(struct server *s, struct client_row *own, const struct leaving *l, bool *closed)
{
	struct log_text nsp = {l->nsp, strlen(l->nsp)}, sid = {l->sid, strlen(l->sid)};
	struct client_row other, *row = own;
	struct socket_row socket;
	void *block = NULL;
	int error = socket_load(s->store, nsp, sid, &socket, &block);

	free(block);
	if (error)
		return error == POLLUX_NOT_FOUND ? 0 : error;
	if (!own || own->id != socket.client) {
		row = &other;
		error = client_load_id(s->store, socket.client, &other);
		if (error)
			return error == POLLUX_NOT_FOUND ? 0 : error;
	}
	if (!l->close && row->protocol != CLIENT_PLAIN)   /* who has but the one socket goes with it */
		return session_leave(s, row, l->nsp, l->sid, "server namespace disconnect", true);
	*closed = *closed || row == own;
	return close_asked(s, row);
}

int session_leave_asked(struct server *s, struct client_row *row, bool *closed)
{
	int error = 0;

	*closed = false;
	for (size_t i = 0; i < s->journal.leaving_count && !error; i++) {
		struct leaving l = s->journal.leaving[i];

		error = leave_one_asked(s, row, &l, closed);
	}
	s->journal.leaving_count = 0;
	return error;
}

static int part_one(struct server *s, const struct parting *p)
{
	struct leaving l = {.close = p->close};
	bool closed = false;
	int error;

	memcpy(l.nsp, p->nsp, sizeof(l.nsp));
	memcpy(l.sid, p->sid, sizeof(l.sid));
	error = leave_one_asked(s, NULL, &l, &closed);
	/* and whom its handlers disconnected */
	return error ? error : session_leave_asked(s, NULL, &closed);
}

int session_part(struct server *s)
{
	int64_t until = share_ends(s);
	struct parting next;
	int n, error = 0;

	do {
		n = parting_take(s->store, &next);
		if (n > 0)
			error = part_one(s, &next);
	} while (n > 0 && !error && clock_mono_us() < until);
	s->parting = n > 0;
	return n < 0 ? n : error;
}

static int expire_one(struct server *s, struct client_row *row, int64_t now)
{
	bool closed;
	int error;

	if (row->state != CLIENT_OPEN)
		return client_delete(s->store, row->id);
	if (row->connect_by_ms && row->connect_by_ms <= now)
		error = session_close(s, row, "forced server close", '1', SESSION_DROP);
	else
		error = session_close(s, row, "ping timeout", '1', SESSION_DROP);
	return error ? error : session_leave_asked(s, row, &closed);
}

int session_expire(struct server *s)
{
	struct client_row rows[BATCH];
	int64_t now = clock_mono_ms(), until = share_ends(s);
	int n = client_expired(s->store, now, rows, BATCH), error = 0, i;

	for (i = 0; i < n && !error && (!i || clock_mono_us() < until); i++)
		error = expire_one(s, &rows[i], now);
	s->expire = i < n || n == BATCH;
	return n < 0 ? n : error;
}

static int reap_process(struct server *s, int64_t dead)
{
	struct client_row rows[BATCH];
	int64_t until = share_ends(s);
	int n = client_held_by(s->store, dead, rows, BATCH), error = 0, i;
	bool closed;

	for (i = 0; i < n && !error && (!i || clock_mono_us() < until); i++) {
		rows[i].holder = 0;
		if (rows[i].state == CLIENT_OPEN)
			error = session_close(s, &rows[i], "transport error", '1', SESSION_DROP);
		else
			error = client_delete(s->store, rows[i].id);
		if (!error)
			error = session_leave_asked(s, &rows[i], &closed);
	}
	s->reaping = i < n || n == BATCH;
	return n < 0 ? n : error;
}

int session_reap(struct server *s)
{
	int64_t dead[8];
	int n = processes_dead(s->processes, s->store, dead, 8), error = 0;

	s->reaping = false;
	for (int i = 0; i < n && !error && !s->reaping; i++)
		error = reap_process(s, dead[i]);
	return n < 0 ? n : error;
}
