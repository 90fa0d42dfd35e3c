/*
 * POSTs: a payload of packets, each run in order. A malformed one ends the session; those before it have been run. When the
 * tick is full the rest is left to a later one: what was run is committed by then, and the session may be over.
 */
#include "config.h"
#include "core/post.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/http.h"
#include "core/packet.h"
#include "core/session.h"
#include "core/tick.h"
#include "proto/eio.h"
#include "proto/header.h"

static void answer_ok(struct input *in)
{
	input_answer(in, 200, "text/html", "ok", 2);
}

static int close_with(struct server *s, struct client_row *row, const char *reason, char final, enum session_end how)
{
	bool closed;
	int error = session_close(s, row, reason, final, how);

	return error ? error : session_leave_asked(s, row, &closed);
}

static int refuse_and_close(struct packet_stream *ps, struct input *in, const char *what, const char *reason)
{
	say(SAY_INFO, "core", ps->client->sid, "session closed: %s", what);
	http_refuse(in, REFUSE_REQUEST);
	ps->closed = true;
	return close_with(ps->s, ps->client, reason, '1', SESSION_DROP);
}

static int run_packet(struct packet_stream *ps, struct input *in, const struct eio_packet *p)
{
	switch (p->type) {
	case EIO_MESSAGE:
		return packet_run_eio(ps, p);
	case EIO_PONG:
		session_rearm(ps->s, ps->client, clock_mono_ms());
		return 0;
	case EIO_CLOSE:
		answer_ok(in);
		ps->closed = true;
		return close_with(ps->s, ps->client, "transport close", '6', SESSION_LINGER);
	case EIO_PING:
		return refuse_and_close(ps, in, "a ping from the client", "transport error");
	case EIO_OPEN:
	case EIO_UPGRADE:
	case EIO_NOOP:
		break;
	}
	return 0;
}

/* A packet and its attachments (few) are not torn apart: what is half-received would be written down and read again. */
static bool must_rest(const struct packet_stream *ps)
{
	return tick_is_full(ps->s) && !ps->has_partial;
}

static int run_payload(struct packet_stream *ps, struct input *in)
{
	struct eio_packet p;
	int more, error = 0;

	while (!error && !ps->closed &&
	       (more = eio_payload_next(in->x->body, in->x->body_len, &in->cursor, &p)) != 0) {
		if (more < 0)
			error = refuse_and_close(ps, in, "a malformed payload", "parse error");
		else
			error = run_packet(ps, in, &p);
		ps->s->events++;
		if (must_rest(ps))
			break;
	}
	in->unfinished = !error && !ps->closed && in->cursor <= in->x->body_len;
	return error;
}

static int run_for(struct server *s, struct input *in, struct client_row *row)
{
	struct packet_stream ps;
	int closing, error = packet_stream_open(&ps, s, row);

	in->cursor = in->kept;
	if (!error)
		error = run_payload(&ps, in);
	closing = packet_stream_close(&ps, !error);
	if (!error)
		error = closing;
	if (!error && !ps.closed)
		error = client_save(s->store, row);
	if (!error && !in->status && !in->unfinished)
		answer_ok(in);
	return error;
}

/* Refusals that leave the session alone, or end it. True: the input has its answer. */
static bool refuse_early(struct server *s, struct input *in, struct client_row *row, int *error)
{
	const char *type = exchange_header(in->x, "content-type");
	struct packet_stream ps = {.s = s, .client = row};

	*error = 0;
	if (row->transport != CLIENT_POLLING)
		http_refuse(in, REFUSE_REQUEST);
	else if (row->state != CLIENT_OPEN)
		http_refuse(in, REFUSE_SID);
	else if (row->expires_at_ms <= clock_mono_ms()) {
		http_refuse(in, REFUSE_SID);
		*error = close_with(s, row, "ping timeout", '1', SESSION_DROP);
	} else if (in->overlaps)
		*error = refuse_and_close(&ps, in, "a second POST while one is open", "transport error");
	else if (type && header_media_type_is(type, "application/octet-stream"))
		*error = refuse_and_close(&ps, in, "a POST of application/octet-stream", "transport error");
	else if (in->x->body_too_big || in->x->body_len > (size_t)s->settings->max_http_buffer_size) {
		say(SAY_INFO, "core", row->sid, "POST refused: over %lld bytes", (long long)s->settings->max_http_buffer_size);
		input_answer(in, 413, NULL, NULL, 0);
	} else
		return false;
	return true;
}

/* What a session that has ended meanwhile had still to say is not run, like what stands behind a packet that ends it. */
static int run_rest(struct server *s, struct input *in, struct client_row *row, int error)
{
	if (error && error != POLLUX_NOT_FOUND)
		return error;
	if (!error && row->state == CLIENT_OPEN && row->transport == CLIENT_POLLING)
		return run_for(s, in, row);
	answer_ok(in);
	return 0;
}

int post_run(struct server *s, struct input *in)
{
	struct client_row row;
	int error = client_load(s->store, in->sid, strlen(in->sid), &row);

	if (in->kept)
		return run_rest(s, in, &row, error);
	if (error == POLLUX_NOT_FOUND) {
		http_refuse(in, REFUSE_SID);
		return 0;
	}
	if (error || refuse_early(s, in, &row, &error))
		return error;
	return run_for(s, in, &row);
}
