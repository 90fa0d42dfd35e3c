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
#include "core/session.h"
#include "db/sockets.h"

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

/* The first event. *admitted; else refusal holds the reason's JSON, or nothing when the handler failed. */
static int admit(struct server *s, struct client_row *client, struct socket_row *row, struct buf *refusal, bool *admitted)
{
	struct event ev;
	int result;

	event_open(&ev, s, client);
	result = event_write(&ev);
	if (!result)
		result = socket_insert(s->store, row);
	if (!result)
		result = event_set_socket(&ev, (struct text){row->nsp.at, row->nsp.len}, row->sid.at);
	if (!result)
		result = journal_touch(s, client->id, client);
	if (!result && s->handler->admit)
		result = s->handler->admit(s->handler->ctx, &ev, refusal);
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

static int connected(struct server *s, struct client_row *client, const struct socket_row *row)
{
	char json[64];
	int len = snprintf(json, sizeof(json), "{\"sid\":\"%s\"}", row->sid.at);
	int error = begin_receiving(s, row);

	if (!error)
		error = reply(s, client->id, SIO_CONNECT, row->nsp.at, json, (size_t)len);
	if (client->connect_by_ms) {
		client->connect_by_ms = 0;
		client->expires_at_ms = session_pong_by(s, client);
	}
	return error ? error : run_connection(s, client, row);
}

/* A socket of a new client's that is about to join. sid: room for its id. */
static int new_socket(struct server *s, const struct client_row *client, const char *nsp, char sid[RANDOM_ID_LEN + 1],
		      struct socket_row *row)
{
	*row = (struct socket_row){.client = client->id, .joined = log_last(s->store)};
	if (row->joined < 0)
		return (int)row->joined;
	random_id(sid);
	row->sid = (struct log_text){sid, RANDOM_ID_LEN};
	row->nsp = (struct log_text){nsp, strlen(nsp)};
	row->data = row->auth = (struct log_text){"{}", 2};
	return 0;
}

static int connect_new(struct server *s, struct client_row *client, const char *nsp, const struct sio_packet *p)
{
	static const char internal[] = "{\"message\":\"Internal error\"}";
	char sid[RANDOM_ID_LEN + 1];
	struct socket_row row;
	struct buf refusal;
	bool admitted;
	int error = new_socket(s, client, nsp, sid, &row);

	if (error)
		return error;
	if (p->payload.len)
		row.auth = (struct log_text){p->payload.at, p->payload.len};
	buf_init(&refusal, 1 << 18);
	error = admit(s, client, &row, &refusal, &admitted);
	if (!error && admitted)
		error = connected(s, client, &row);
	else if (!error)
		error = reply(s, client->id, SIO_CONNECT_ERROR, nsp, refusal.len ? refusal.data : internal,
			      refusal.len ? refusal.len : sizeof(internal) - 1);
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
	char sid[RANDOM_ID_LEN + 1];
	struct socket_row row;
	int error = new_socket(s, client, "/", sid, &row);

	if (!error)
		error = admit(s, client, &row, refusal, admitted);
	if (error || !*admitted)
		return error;
	error = begin_receiving(s, &row);
	if (!error)
		error = join_room(s, client, &row, room);
	return error ? error : run_connection(s, client, &row);
}

static int find_namespace(struct server *s, struct client_row *client, const char *nsp, const struct sio_packet *p, bool *exists)
{
	struct text auth = {p->payload.len ? p->payload.at : "{}", p->payload.len ? p->payload.len : 2};
	struct event ev;
	int result;

	event_open(&ev, s, client);
	watchdog_note(s->watchdog, client->sid, "namespace", 9);
	result = s->handler->namespace_exists(s->handler->ctx, &ev, nsp, auth);
	*exists = !result;
	return event_end(&ev, result);
}

int connect_run(struct server *s, struct client_row *client, const struct sio_packet *p, bool *violation)
{
	char nsp[NAMESPACE_MAX + 1];
	struct socket_row row;
	void *block = NULL;
	bool exists;
	int count, error = socket_of_client_nsp(s->store, client->id, (struct log_text){p->nsp, p->nsp_len}, &row, &block);

	free(block);
	*violation = !error || p->nsp_len > NAMESPACE_MAX || memchr(p->nsp, 0, p->nsp_len);
	if (error != POLLUX_NOT_FOUND || *violation)
		return error == POLLUX_NOT_FOUND ? 0 : error;
	snprintf(nsp, sizeof(nsp), "%.*s", (int)p->nsp_len, p->nsp);
	error = find_namespace(s, client, nsp, p, &exists);
	if (error)
		return error;
	if (!exists)
		return refuse(s, client->id, nsp, "Invalid namespace");
	count = socket_count_of_client(s->store, client->id);
	if (count < 0)
		return count;
	if (count >= s->settings->max_sockets)
		return refuse(s, client->id, nsp, "Too many namespaces");
	return connect_new(s, client, nsp, p);
}
