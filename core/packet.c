/*
 * Socket.IO packets. A packet and its attachments are contiguous: anything between them closes the session. Each packet is
 * an event of its own: what its handler does stands or falls alone.
 */
#include "config.h"
#include "core/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "core/asks.h"
#include "core/connect.h"
#include "core/event_run.h"
#include "core/session.h"
#include "db/sockets.h"
#include "proto/attachments.h"
#include "proto/base64.h"
#include "proto/sio.h"

int packet_stream_open(struct packet_stream *ps, struct server *s, struct client_row *client)
{
	int error;

	memset(ps, 0, sizeof(*ps));
	ps->s = s;
	ps->client = client;
	if (!client->has_partial)
		return 0;
	error = partial_load(s->store, client->id, &ps->partial);
	ps->has_partial = !error;
	return error == POLLUX_NOT_FOUND ? 0 : error;
}

int packet_stream_close(struct packet_stream *ps, bool keep)
{
	struct client_row *client = ps->client;
	int error = 0;

	if (keep && !ps->closed && ps->has_partial)
		error = partial_save(ps->s->store, client->id, &ps->partial);
	else if (keep && !ps->closed && client->has_partial)
		error = partial_delete(ps->s->store, client->id);
	if (!ps->closed)
		client->has_partial = ps->has_partial;
	partial_deinit(&ps->partial);
	return error;
}

static int packet_close(struct packet_stream *ps, const char *what, const char *reason)
{
	bool closed;
	int error;

	say(SAY_INFO, "core", ps->client->sid, "session closed: %s", what);
	ps->closed = true;
	error = session_close(ps->s, ps->client, reason, '1', SESSION_LINGER);
	return error ? error : session_leave_asked(ps->s, ps->client, &closed);
}

/* What a client in that state may not send. */
static int packet_violation(struct packet_stream *ps, const char *what)
{
	return packet_close(ps, what, "forced server close");
}

/* What is no packet: the reference's decoder gives up, which its disconnect handlers can tell from the above. */
static int packet_malformed(struct packet_stream *ps, const char *what)
{
	return packet_close(ps, what, "forced close");
}

/* After a handler: the disconnections it asked for. */
static int packet_after(struct packet_stream *ps)
{
	bool closed;
	int error = session_leave_asked(ps->s, ps->client, &closed);

	ps->closed = ps->closed || closed;
	return error;
}

static int run_message(struct packet_stream *ps, struct text data, bool binary)
{
	struct event ev;
	int result;

	event_open(&ev, ps->s, ps->client);
	result = ps->s->handler->message(ps->s->handler->ctx, &ev, data, binary);
	result = event_end(&ev, result);
	return result ? result : packet_after(ps);
}

static int open_event(struct packet_stream *ps, const struct sio_packet *p, struct event *ev)
{
	event_open(ev, ps->s, ps->client);
	return event_set_own_socket(ev, (struct text){p->nsp, p->nsp_len});
}

static int no_socket(struct packet_stream *ps, struct event *ev, const char *what)
{
	int result = event_end(ev, 0);

	return result ? result : packet_violation(ps, what);
}

int packet_event(struct packet_stream *ps, const struct sio_packet *p, const struct text *attachments, int count)
{
	struct incoming in = {p->payload, attachments, count, p->id};
	struct json_slice name = sio_event_name(p->payload);
	struct event ev;
	int result = open_event(ps, p, &ev);

	if (result == POLLUX_NOT_FOUND)
		return no_socket(ps, &ev, "an event before CONNECT");
	if (!result) {
		watchdog_note(ps->s->watchdog, ps->client->sid, name.at, (int)name.len);
		result = ps->s->handler->packet(ps->s->handler->ctx, &ev, &in);
	}
	result = event_end(&ev, result);
	return result ? result : packet_after(ps);
}

static int run_disconnect(struct packet_stream *ps, const struct sio_packet *p)
{
	struct log_text nsp = {p->nsp, p->nsp_len};
	char name[NAMESPACE_MAX + 1], sid[RANDOM_ID_LEN + 1];
	struct socket_row row;
	void *block = NULL;
	int error = socket_of_client_nsp(ps->s->store, ps->client->id, nsp, &row, &block);

	if (!error) {
		snprintf(name, sizeof(name), "%.*s", (int)p->nsp_len, p->nsp);
		snprintf(sid, sizeof(sid), "%.*s", (int)row.sid.len, row.sid.at);
	}
	free(block);
	if (error == POLLUX_NOT_FOUND)
		return packet_violation(ps, "a DISCONNECT before CONNECT");
	if (!error)
		error = session_leave(ps->s, ps->client, name, sid, "client namespace disconnect", false);
	return error ? error : packet_after(ps);
}

static int run_connect(struct packet_stream *ps, const struct sio_packet *p)
{
	bool violation = false;
	int error = connect_run(ps->s, ps->client, p, &violation);

	if (error)
		return error;
	ps->closed = ps->closed || ps->client->state != CLIENT_OPEN;
	return violation ? packet_violation(ps, "a second CONNECT for a namespace, or an overlong name") : packet_after(ps);
}

/* The handler of an acknowledgement that counts. */
static int hear_ack(struct packet_stream *ps, struct event *ev, const struct ask *ask, const struct incoming *in)
{
	const struct handler *h = ps->s->handler;

	watchdog_note(ps->s->watchdog, ps->client->sid, "ack", 3);
	return h->ack ? h->ack(h->ctx, ev, (struct text){ask->context, ask->context_len}, in) : 0;
}

/* One that does not count. Returns what is wrong with the event itself. */
static int ignore_ack(struct packet_stream *ps, int64_t id, int error)
{
	if (error == POLLUX_NOT_FOUND)
		say(SAY_DEBUG, "core", ps->client->sid, "ack %lld ignored: not asked for, not the first, or too late", (long long)id);
	else if (error == POLLUX_TOO_BIG)
		say(SAY_WARN, "core", ps->client->sid, "ack %lld ignored: the answers of all have over %lld bytes", (long long)id,
		    (long long)ASK_ANSWERS_MAX_BYTES);
	else
		return error;
	return 0;
}

/* An acknowledgement of the client. One that nobody asked it for, or that comes again, is no offence. */
static int run_ack(struct packet_stream *ps, const struct sio_packet *p, const struct text *attachments, int count)
{
	struct incoming in = {p->payload, attachments, count, p->id};
	struct ask ask;
	struct event ev;
	int result = open_event(ps, p, &ev);

	if (result == POLLUX_NOT_FOUND)
		return no_socket(ps, &ev, "an ack before CONNECT");
	if (!result)
		result = asks_take(&ev, &in, &ask);
	if (!result) {
		result = ask.sid[0] ? hear_ack(ps, &ev, &ask, &in) : 0;
		ask_deinit(&ask);
	} else {
		result = ignore_ack(ps, p->id, result);
	}
	result = event_end(&ev, result);
	return result ? result : packet_after(ps);
}

static int run_packet(struct packet_stream *ps, const struct sio_packet *p, const struct text *attachments, int count)
{
	switch (p->type) {
	case SIO_CONNECT:
		return run_connect(ps, p);
	case SIO_DISCONNECT:
		return run_disconnect(ps, p);
	case SIO_EVENT:
	case SIO_BINARY_EVENT:
		return packet_event(ps, p, attachments, count);
	case SIO_ACK:
	case SIO_BINARY_ACK:
		return run_ack(ps, p, attachments, count);
	case SIO_CONNECT_ERROR:
		break;
	}
	return packet_violation(ps, "a CONNECT_ERROR from a client");
}

static int begin_partial(struct packet_stream *ps, struct text data, int missing)
{
	ps->partial.packet = malloc(data.len + 1);
	if (!ps->partial.packet)
		return POLLUX_NO_MEMORY;
	memcpy(ps->partial.packet, data.at, data.len);
	ps->partial.packet[data.len] = 0;
	ps->partial.packet_len = data.len;
	ps->partial.missing = missing;
	ps->has_partial = true;
	return 0;
}

static int run_text(struct packet_stream *ps, struct text data)
{
	struct sio_packet p;
	enum sio_verdict verdict = sio_parse(data.at, data.len, &p);

	if (ps->has_partial)
		return packet_malformed(ps, "text where an attachment was due");
	if (verdict != SIO_OK)
		return packet_malformed(ps, sio_verdict_text(verdict));
	if (p.attachments)
		return begin_partial(ps, data, p.attachments);
	return run_packet(ps, &p, NULL, 0);
}

static int add_attachment(struct packet_stream *ps, struct text data)
{
	struct partial_row *partial = &ps->partial;
	size_t len = partial->attachments_len + ATTACHMENT_HEAD + data.len;
	char *grown;

	if (len > (size_t)ps->s->settings->max_http_buffer_size * SIO_MAX_ATTACHMENTS)
		return POLLUX_TOO_BIG;
	grown = realloc(partial->attachments, len);
	if (!grown)
		return POLLUX_NO_MEMORY;
	attachment_head((uint32_t)data.len, (unsigned char *)grown + partial->attachments_len);
	if (data.len)
		memcpy(grown + partial->attachments_len + ATTACHMENT_HEAD, data.at, data.len);
	partial->attachments = grown;
	partial->attachments_len = len;
	partial->missing--;
	return 0;
}

static int run_complete(struct packet_stream *ps)
{
	struct partial_row whole = ps->partial;
	struct text attachments[SIO_MAX_ATTACHMENTS];
	struct sio_packet p;
	size_t cursor = 0;
	int count = 0, error;

	memset(&ps->partial, 0, sizeof(ps->partial));
	ps->has_partial = false;
	while (count < SIO_MAX_ATTACHMENTS && attachment_next(whole.attachments, whole.attachments_len, &cursor,
							      &attachments[count].at, &attachments[count].len))
		count++;
	if (sio_parse(whole.packet, whole.packet_len, &p) == SIO_OK)
		error = run_packet(ps, &p, attachments, count);
	else
		error = packet_violation(ps, "a damaged half-received packet");
	partial_deinit(&whole);
	return error;
}

static int run_binary(struct packet_stream *ps, struct text data)
{
	int error;

	if (!ps->has_partial)
		return packet_malformed(ps, "binary data where none was due");
	error = add_attachment(ps, data);
	if (error == POLLUX_TOO_BIG)
		return packet_malformed(ps, "attachments over the limit");
	if (error || ps->partial.missing)
		return error;
	return run_complete(ps);
}

int packet_run(struct packet_stream *ps, struct text data, bool binary)
{
	if (ps->s->handler->message)
		return run_message(ps, data, binary);
	return binary ? run_binary(ps, data) : run_text(ps, data);
}

int packet_run_eio(struct packet_stream *ps, const struct eio_packet *p)
{
	char *data;
	ssize_t len;
	int error = POLLUX_NO_MEMORY;

	if (!p->base64)
		return packet_run(ps, (struct text){p->data, p->len}, false);
	data = malloc(BASE64_DECODED_MAX(p->len) + 1);
	len = data ? base64_decode(p->data, p->len, data) : 0;
	if (data && len >= 0)
		error = packet_run(ps, (struct text){data, (size_t)len}, true);
	free(data);
	return error;
}
