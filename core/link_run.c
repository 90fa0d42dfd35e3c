/* A WebSocket's inputs. */
#include "config.h"
#include "core/link_run.h"

#include <string.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/http.h"
#include "core/packet.h"
#include "core/plain.h"
#include "core/session.h"
#include "core/tick.h"
#include "core/upgrade.h"
#include "proto/eio.h"

int link_run_claim(struct server *s, struct input *in)
{
	struct client_row row;
	int error = client_load(s->store, in->sid, strlen(in->sid), &row);

	if (error && error != POLLUX_NOT_FOUND)
		return error;
	if (error || row.state != CLIENT_OPEN || row.expires_at_ms <= clock_mono_ms()) {
		http_refuse(in, REFUSE_SID);
		return 0;
	}
	in->client = row.id;
	in->second = !upgrade_claim(s, &row);
	input_answer(in, 101, NULL, NULL, 0);
	return in->second ? 0 : client_save(s->store, &row);
}

struct run {
	struct server *s;
	struct input *in;
	struct client_row row;
	struct packet_stream ps;
	bool streaming;       /* ps is open */
	bool had_partial;     /* as the store has it, and this: */
	int64_t connect_by_ms;
};

static int start_stream(struct run *r)
{
	int error = packet_stream_open(&r->ps, r->s, &r->row);

	r->streaming = !error;
	r->had_partial = r->row.has_partial;
	r->connect_by_ms = r->row.connect_by_ms;
	return error;
}

static int close_session(struct run *r, const char *reason)
{
	bool closed;
	int error;

	r->ps.closed = true;
	error = session_close(r->s, &r->row, reason, '1', SESSION_LINGER);
	return error ? error : session_leave_asked(r->s, &r->row, &closed);
}

static int run_packet(struct run *r, const char *data, size_t len)
{
	struct eio_packet p;

	if (eio_parse_packet(data, len, &p)) {
		say(SAY_INFO, "core", r->row.sid, "session closed: a malformed packet");
		return close_session(r, "parse error");
	}
	switch (p.type) {
	case EIO_MESSAGE:
		return packet_run_eio(&r->ps, &p);
	case EIO_CLOSE:
		return close_session(r, "transport close");
	case EIO_PING:
		say(SAY_INFO, "core", r->row.sid, "session closed: a ping from the client");
		return close_session(r, "transport error");
	case EIO_PONG:   /* it came before the switch was committed: else see on_message */
		r->in->ponged = true;
		return 0;
	case EIO_OPEN:
	case EIO_UPGRADE:
	case EIO_NOOP:
		break;
	}
	return 0;
}

static bool is_text(const char *data, size_t len, bool binary, const char *text)
{
	return !binary && len == strlen(text) && memcmp(data, text, len) == 0;
}

/* Before the switch only two messages mean something; anything else ends the attempt. */
static int run_probing(struct run *r, const char *data, size_t len, bool binary)
{
	int error;

	if (r->row.upgrade_holder != r->s->process_id) {
		r->in->closes = true;
		return 0;
	}
	if (is_text(data, len, binary, "2probe")) {
		r->in->probed = true;
		return upgrade_probe(r->s, &r->row);
	}
	if (is_text(data, len, binary, "5")) {
		error = upgrade_switch(r->s, r->in->link, &r->row);
		r->in->switched = true;
		return error ? error : start_stream(r);
	}
	say(SAY_INFO, "core", r->row.sid, "an upgrade was given up: not a probe");
	r->in->closes = true;
	return upgrade_abandon(r->s, &r->row);
}

static int run_message(struct run *r, const char *data, size_t len, bool binary)
{
	if (!r->streaming)
		return run_probing(r, data, len, binary);
	if (r->row.protocol == CLIENT_PLAIN)
		return plain_run(&r->ps, (struct text){data, len}, binary);
	return binary ? packet_run(&r->ps, (struct text){data, len}, true) : run_packet(r, data, len);
}

/* The next record of the inbox; see link.c. */
static bool next_record(struct input *in, const char **data, size_t *len, bool *binary)
{
	const char *at = in->messages.data + in->cursor;
	uint32_t n;

	if (in->cursor >= in->messages.len)
		return false;
	*binary = at[0] != 0;
	memcpy(&n, at + 1, sizeof(n));
	*data = at + 1 + sizeof(n);
	*len = n;
	in->cursor += 1 + sizeof(n) + n;
	return true;
}

/* As in a POST: a packet and its attachments are not torn apart. */
static bool must_rest(const struct run *r)
{
	return tick_is_full(r->s) && r->in->cursor > r->in->kept && !(r->streaming && r->ps.has_partial);
}

static int run_records(struct run *r)
{
	const char *data;
	size_t len;
	bool binary;
	int error = 0;

	while (!error && !r->ps.closed && !r->in->closes && !must_rest(r) && next_record(r->in, &data, &len, &binary)) {
		error = run_message(r, data, len, binary);
		r->s->events++;
	}
	r->in->unfinished = !error && !r->ps.closed && !r->in->closes && r->in->cursor < r->in->messages.len;
	return error;
}

static int end_stream(struct run *r, int error)
{
	int closing;

	if (!r->streaming)
		return error;
	closing = packet_stream_close(&r->ps, !error);
	if (!error)
		error = closing;
	if (!error && !r->ps.closed && (r->row.has_partial != r->had_partial || r->row.connect_by_ms != r->connect_by_ms))
		error = client_save(r->s->store, &r->row);
	return error;
}

int link_run_messages(struct server *s, struct input *in)
{
	struct run r = {.s = s, .in = in};
	int error = client_load_id(s->store, in->client, &r.row);

	in->cursor = in->kept;
	in->probed = in->switched = in->ponged = false;
	in->closes = error == POLLUX_NOT_FOUND || (!error && r.row.state != CLIENT_OPEN);
	if (in->closes)
		return 0;
	if (!error && r.row.transport == CLIENT_WEBSOCKET)
		error = start_stream(&r);
	if (!error)
		error = run_records(&r);
	return end_stream(&r, error);
}

int link_run_left(struct server *s, struct input *in)
{
	struct client_row row;
	bool closed;
	int error = in->client ? client_load_id(s->store, in->client, &row) : POLLUX_NOT_FOUND;

	if (error)
		return error == POLLUX_NOT_FOUND ? 0 : error;
	if (row.transport == CLIENT_POLLING)
		return row.upgrade_holder == s->process_id ? upgrade_abandon(s, &row) : 0;
	if (row.state != CLIENT_OPEN)
		return client_delete(s->store, row.id);
	row.holder = 0;
	error = session_close(s, &row, in->reason, '1', SESSION_DROP);
	return error ? error : session_leave_asked(s, &row, &closed);
}

/* All it said has been run; whether it has left meanwhile comes next. */
static void end_inbox(struct server *s, struct input *in)
{
	in->link->inbox = NULL;
	link_release(in->link);
	if (!in->reason) {
		input_free(in);
		return;
	}
	in->kind = INPUT_LEFT;
	buf_deinit(&in->messages);
	tick_add(s, in);
}

void link_finish(struct server *s, struct input *in)
{
	struct link *l = in->link;

	if (in->kind == INPUT_HANDSHAKE || in->kind == INPUT_UPGRADE) {
		link_accept(s, in);
		return;
	}
	if (in->switched && l->c)
		link_switched(l);
	if (in->ponged && l->c)
		link_pong(l);
	if (in->probed)
		link_probed(l);
	if (in->unfinished)
		return;
	if (in->closes)
		link_close(l, 1000, "");
	if (in->kind == INPUT_MESSAGES)
		end_inbox(s, in);
	else
		input_free(in);
}

void link_refuse(struct server *s, struct input *in)
{
	if (in->kind == INPUT_HANDSHAKE || in->kind == INPUT_UPGRADE) {
		link_accept(s, in);
		return;
	}
	link_drop(in->link, 1011, "transport error");
	end_inbox(s, in);
}
