/* What handlers may ask: history, rooms, who is in them. Reads see what the event itself has written. */
#include "config.h"
#include "core/event.h"

#include <string.h>

#include "core/event_run.h"
#include "db/sockets.h"

static struct log_text log_string(const char *s)
{
	return (struct log_text){s, strlen(s)};
}

static struct text text_of(struct log_text t)
{
	return (struct text){t.at, t.len};
}

int event_uses_websocket(struct event *ev, const struct socket_view *socket, bool *uses)
{
	struct client_row row;
	const struct client_row *of = ev->client;
	int error = 0;

	if (!of || of->id != socket->client) {
		error = client_load_id(ev->s->store, socket->client, &row);
		of = &row;
	}
	*uses = !error && of->transport == CLIENT_WEBSOCKET;
	return error;
}

struct history_call {
	history_each *each;
	void *ctx;
};

static int history_row(void *ctx, const struct log_row *row)
{
	struct history_call *call = ctx;
	struct history_row h = {row->seq, row->at_ms, text_of(row->packet), text_of(row->attachments), text_of(row->sender)};

	return call->each(call->ctx, &h);
}

int event_history(struct event *ev, const char *nsp, struct text room, int64_t after, int64_t before, int limit,
		  history_each *each, void *ctx)
{
	struct history_call call = {each, ctx};
	int n = log_history(ev->s->store, log_string(nsp), (struct log_text){room.at, room.len}, after, before, limit,
			    history_row, &call);

	return n < 0 ? n : 0;
}

struct room_call {
	room_each *each;
	void *ctx;
};

static int room_row(void *ctx, struct log_text room, int64_t sockets)
{
	struct room_call *call = ctx;

	return call->each(call->ctx, text_of(room), sockets);
}

int event_rooms(struct event *ev, const char *nsp, struct text after, int limit, room_each *each, void *ctx)
{
	struct room_call call = {each, ctx};
	int n = member_rooms(ev->s->store, log_string(nsp), (struct log_text){after.at, after.len}, limit, room_row, &call);

	return n < 0 ? n : 0;
}

static int member_row(void *ctx, struct log_text nsp, struct log_text room, struct log_text sid, int64_t since, int64_t until)
{
	struct room_call *call = ctx;

	(void)nsp, (void)sid, (void)since;
	return until ? 0 : call->each(call->ctx, text_of(room), 0);
}

int event_rooms_of(struct event *ev, const char *nsp, const char *sid, room_each *each, void *ctx)
{
	struct room_call call = {each, ctx};
	int n = member_of_socket(ev->s->store, log_string(sid), member_row, &call);

	(void)nsp;
	return n < 0 ? n : 0;
}

/* Ids and namespaces are copied out: SQLite's text carries a NUL, but the contract is ours. */
int event_socket_out(void *ctx, const struct socket_row *row)
{
	struct socket_call *call = ctx;
	char sid[RANDOM_ID_LEN + 1] = "", nsp[NAMESPACE_MAX + 1] = "";
	struct socket_view view = {
		.sid = sid,
		.nsp = nsp,
		.client = row->client,
		.data = text_of(row->data),
		.auth = text_of(row->auth),
		.connected = true,
		.recovered = row->generation > 0,
	};

	memcpy(sid, row->sid.at, row->sid.len <= RANDOM_ID_LEN ? row->sid.len : 0);
	memcpy(nsp, row->nsp.at, row->nsp.len <= NAMESPACE_MAX ? row->nsp.len : 0);
	return call->each(call->ctx, &view);
}
