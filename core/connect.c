/*
 * Joining a namespace. Two events: the first makes the socket and asks the middleware, so a refusal
 * undoes it whole; the second runs the connection handlers behind the reply, so their failure leaves the socket connected.
 */
#include "config.h"
#include "core/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event_run.h"
#include "core/recovery.h"
#include "core/session.h"
#include "db/sockets.h"

#define REFUSAL_MAX_BYTES (1 << 18)

static int reply(struct server *s, int64_t client, enum sio_type type, const char *nsp, const char *json, size_t json_len)
{
	char head[SIO_HEAD_MAX + NAMESPACE_MAX + 1];
	size_t head_len = sio_write_head(head, sizeof(head), type, 0, nsp, strlen(nsp), -1);
	struct buf packet;
	int error;

	buf_init(&packet, 1 << 20);
	buf_add(&packet, head, head_len);
	error = buf_add(&packet, json, json_len);
	if (!error)
		error = journal_reply(s, client, packet.data, packet.len, NULL, 0);
	buf_deinit(&packet);
	return error;
}

static int refuse(struct server *s, int64_t client, const char *nsp, const char *message)
{
	char json[256];
	int len = snprintf(json, sizeof(json), "{\"message\":\"%s\"}", message);

	return reply(s, client, SIO_CONNECT_ERROR, nsp, json, (size_t)len);
}

/* Somebody who joins: a new socket, or one that comes back. */
struct newcomer {
	struct socket_row row;
	struct recovery recovery;
	char sid[RANDOM_ID_LEN + 1], pid[RANDOM_ID_LEN + 1];
};

static int make_socket(struct server *s, const struct client_row *client, struct newcomer *n)
{
	if (!n->recovery.found)
		return socket_insert(s->store, &n->row);
	return recovery_restore(s, client, &n->recovery, n->row.auth);
}

static int run_middleware(struct server *s, struct event *ev, const struct newcomer *n, struct buf *refusal)
{
	if (!s->handler->admit || (n->recovery.found && s->settings->recovery_skip_middlewares))
		return 0;
	return s->handler->admit(s->handler->ctx, ev, refusal);
}

/* The first event. *admitted; else refusal holds the reason's JSON, or nothing when the handler failed. */
static int admit(struct server *s, struct client_row *client, struct newcomer *n, struct buf *refusal, bool *admitted)
{
	struct event ev;
	int result;

	event_open(&ev, s, client);
	result = event_write(&ev);
	if (!result)
		result = make_socket(s, client, n);
	if (!result)
		result = event_set_socket(&ev, (struct text){n->row.nsp.at, n->row.nsp.len}, n->row.sid.at);
	if (!result)
		result = journal_touch(s, client->id, client);
	if (!result)
		result = run_middleware(s, &ev, n, refusal);
	if (!result && n->recovery.found)
		result = recovery_gather(s, client, &n->recovery);
	if (result != POLLUX_REFUSED)
		buf_clear(refusal);
	*admitted = !result;
	return event_end(&ev, result);
}

static int run_connection(struct server *s, struct client_row *client, const struct socket_row *row)
{
	struct event ev;
	int result;

	if (!s->handler->connection)
		return 0;
	event_open(&ev, s, client);
	result = event_set_socket(&ev, (struct text){row->nsp.at, row->nsp.len}, row->sid.at);
	if (!result) {
		watchdog_note(s->watchdog, client->sid, "connection", 10);
		result = s->handler->connection(s->handler->ctx, &ev);
	}
	return event_end(&ev, result);
}

/* What the middleware told everybody is not for the newcomer: its CONNECT reply comes first. */
static int begin_receiving(struct server *s, const struct socket_row *row)
{
	int64_t last = log_last(s->store);

	return last < 0 ? (int)last : socket_set_joined(s->store, row->sid, last);
}

static int reply_connected(struct server *s, const struct client_row *client, const struct socket_row *row)
{
	char json[128];
	int len = snprintf(json, sizeof(json), row->pid.at ? "{\"sid\":\"%s\",\"pid\":\"%s\"}" : "{\"sid\":\"%s\"}", row->sid.at,
			   row->pid.at);

	return reply(s, client->id, SIO_CONNECT, row->nsp.at, json, (size_t)len);
}

static int connected(struct server *s, struct client_row *client, const struct newcomer *n)
{
	int error = begin_receiving(s, &n->row);

	if (!error)
		error = reply_connected(s, client, &n->row);
	if (!error)
		error = recovery_replay(s, client, &n->recovery);
	if (client->connect_by_ms) {
		client->connect_by_ms = 0;
		client->expires_at_ms = session_pong_by(s, client);
	}
	return error ? error : run_connection(s, client, &n->row);
}

/* A socket of a new client's that is about to join. */
static int new_socket(struct server *s, const struct client_row *client, const char *nsp, struct newcomer *n)
{
	memset(n, 0, sizeof(*n));
	n->row.client = client->id;
	n->row.joined = log_last(s->store);
	if (n->row.joined < 0)
		return (int)n->row.joined;
	random_id(n->sid);
	n->row.sid = (struct log_text){n->sid, RANDOM_ID_LEN};
	n->row.nsp = (struct log_text){nsp, strlen(nsp)};
	n->row.data = n->row.auth = (struct log_text){"{}", 2};
	return 0;
}

static void set_auth(struct newcomer *n, const struct sio_packet *p)
{
	if (p->payload.len)
		n->row.auth = (struct log_text){p->payload.at, p->payload.len};
}

static int new_namespace_socket(struct server *s, const struct client_row *client, const char *nsp, const struct sio_packet *p,
				struct newcomer *n)
{
	int error = new_socket(s, client, nsp, n);

	set_auth(n, p);
	if (!s->settings->recovery)
		return error;
	random_id(n->pid);
	n->row.pid = (struct log_text){n->pid, RANDOM_ID_LEN};
	return error;
}

static int tell_outcome(struct server *s, struct client_row *client, const struct newcomer *n, const struct buf *refusal, bool admitted)
{
	static const char internal[] = "{\"message\":\"Internal error\"}";

	if (admitted)
		return connected(s, client, n);
	return reply(s, client->id, SIO_CONNECT_ERROR, n->row.nsp.at, refusal->len ? refusal->data : internal,
		     refusal->len ? refusal->len : sizeof(internal) - 1);
}

/* One that comes back. *done: it has its answer; else it is to join as a new one. */
static int connect_again(struct server *s, struct client_row *client, const char *nsp, const struct sio_packet *p, bool *done)
{
	struct newcomer n = {0};
	struct buf refusal;
	bool admitted;
	int error = recovery_find(s, client, nsp, p->payload, &n.recovery);

	*done = client->state != CLIENT_OPEN;
	if (error || *done || !n.recovery.found) {
		recovery_deinit(&n.recovery);
		return error;
	}
	n.row = n.recovery.row;
	n.row.auth = (struct log_text){"{}", 2};
	set_auth(&n, p);
	buf_init(&refusal, REFUSAL_MAX_BYTES);
	error = admit(s, client, &n, &refusal, &admitted);
	*done = !n.recovery.too_much;
	if (!error && *done)
		error = tell_outcome(s, client, &n, &refusal, admitted);
	buf_deinit(&refusal);
	recovery_deinit(&n.recovery);
	return error;
}

static int connect_new(struct server *s, struct client_row *client, const char *nsp, const struct sio_packet *p)
{
	struct newcomer n;
	struct buf refusal;
	bool admitted;
	int error = new_namespace_socket(s, client, nsp, p, &n);

	if (error)
		return error;
	buf_init(&refusal, REFUSAL_MAX_BYTES);
	error = admit(s, client, &n, &refusal, &admitted);
	if (!error)
		error = tell_outcome(s, client, &n, &refusal, admitted);
	buf_deinit(&refusal);
	return error;
}

/* Two events: a handler that fails leaves the socket in its room. */
static int join_room(struct server *s, struct client_row *client, const struct socket_row *row, const char *room)
{
	struct text name = {room, strlen(room)};
	struct event ev;
	bool changed = false;
	int result;

	if (!name.len)
		return 0;
	event_open(&ev, s, client);
	result = event_set_socket(&ev, (struct text){row->nsp.at, row->nsp.len}, row->sid.at);
	if (!result)
		result = event_join(&ev, row->nsp.at, row->sid.at, name, &changed);
	result = event_end(&ev, result);
	if (result || !changed || !s->handler->joined)
		return result;
	event_open(&ev, s, client);
	result = event_set_socket(&ev, (struct text){row->nsp.at, row->nsp.len}, row->sid.at);
	if (!result)
		result = s->handler->joined(s->handler->ctx, &ev, name);
	return event_end(&ev, result);
}

int connect_plain(struct server *s, struct client_row *client, const char *room, struct buf *refusal, bool *admitted)
{
	struct newcomer n;
	int error = new_socket(s, client, "/", &n);

	if (!error)
		error = admit(s, client, &n, refusal, admitted);
	if (error || !*admitted)
		return error;
	error = begin_receiving(s, &n.row);
	if (!error)
		error = join_room(s, client, &n.row, room);
	return error ? error : run_connection(s, client, &n.row);
}

static int find_namespace(struct server *s, struct client_row *client, const char *nsp, const struct sio_packet *p, bool *exists,
			  struct parent_change *change)
{
	struct text auth = {p->payload.len ? p->payload.at : "{}", p->payload.len ? p->payload.len : 2};
	struct event ev;
	int result;

	event_open(&ev, s, client);
	watchdog_note(s->watchdog, client->sid, "namespace", 9);
	result = s->handler->namespace_exists(s->handler->ctx, &ev, nsp, auth);
	*exists = !result;
	*change = ev.parent;
	return event_end(&ev, result);
}

/* Looks for a socket of the client's in that namespace. */
static int is_connected(struct server *s, const struct client_row *client, struct log_text nsp, bool *connected)
{
	struct socket_row row;
	void *block = NULL;
	int error = socket_of_client_nsp(s->store, client->id, nsp, &row, &block);

	free(block);
	*connected = !error;
	return error == POLLUX_NOT_FOUND ? 0 : error;
}

/* Whose child a namespace is is for those to say who get in: others leave nothing behind, however many names they try. */
static int settle_parent(struct server *s, const struct client_row *client, const char *nsp, const struct parent_change *change)
{
	bool connected;
	int error = is_connected(s, client, (struct log_text){nsp, strlen(nsp)}, &connected);

	return error || connected ? error : event_undo_parent(s, nsp, change);
}

static int connect_to(struct server *s, struct client_row *client, const char *nsp, const struct sio_packet *p)
{
	struct parent_change change;
	bool exists, done;
	int error = find_namespace(s, client, nsp, p, &exists, &change);

	if (error)
		return error;
	if (!exists)
		return refuse(s, client->id, nsp, "Invalid namespace");
	error = connect_again(s, client, nsp, p, &done);
	if (!error && !done)
		error = connect_new(s, client, nsp, p);
	return error || !change.made ? error : settle_parent(s, client, nsp, &change);
}

int connect_run(struct server *s, struct client_row *client, const struct sio_packet *p, bool *violation)
{
	char nsp[NAMESPACE_MAX + 1];
	bool connected;
	int count, error = is_connected(s, client, (struct log_text){p->nsp, p->nsp_len}, &connected);

	*violation = !error && (connected || p->nsp_len > NAMESPACE_MAX || memchr(p->nsp, 0, p->nsp_len));
	if (error || *violation)
		return error;
	snprintf(nsp, sizeof(nsp), "%.*s", (int)p->nsp_len, p->nsp);
	count = socket_count_of_client(s->store, client->id);
	if (count < 0)
		return count;
	if (count >= s->settings->max_sockets)
		return refuse(s, client->id, nsp, "Too many namespaces");
	return connect_to(s, client, nsp, p);
}
