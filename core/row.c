/*
 * Wire forms of log rows. An event row keeps the JSON array alone, so the Socket.IO head ("2/admin,") is
 * put in front here; a reply row is a whole message already.
 *   event  ["x",1] in /admin       → 42/admin,["x",1]
 *   event  that asks for an ack    → 4217["x",1]: the id is the row's seq, the same for all
 *   event  with its position       → 42["x",1,"k3Jx8aQ_.17"]: the last argument, where clients recover what they missed
 *   event  with two attachments    → 452-["x",{…},{…}] \x1e b… \x1e b…
 *   reply  431["ok"]'s 31["ok"]    → 431["ok"];  a binary one → b…
 */
#include "config.h"
#include "core/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "proto/attachments.h"
#include "proto/base64.h"
#include "proto/eio.h"
#include "proto/sio.h"

static struct text row_keep(char **to, struct log_text from)
{
	struct text kept = {from.at ? *to : NULL, from.len};

	if (from.at && from.len)
		memcpy(*to, from.at, from.len);
	*to += from.len;
	return kept;
}

static bool is_json_array(struct log_text t)
{
	return json_check(t.at, t.len, JSON_MAX_DEPTH) == 0 && json_kind((struct json_slice){t.at, t.len}) == JSON_ARRAY;
}

/* An array that begins with a name: clients hang up on anything else. */
static bool is_event(struct log_text packet)
{
	struct json_slice name;

	if (!packet.at || !is_json_array(packet))
		return false;
	name = sio_event_name((struct json_slice){packet.at, packet.len});
	return name.len && (json_kind(name) == JSON_STRING || json_kind(name) == JSON_NUMBER);
}

static bool row_is_sound(const struct log_row *row)
{
	bool event = row->kind <= LOG_VOLATILE || row->kind == LOG_SERVER_SIDE;

	if (row->kind > LOG_SERVER_SIDE || !row->nsp.at || (row->targets.at && !is_json_array(row->targets)))
		return false;
	return !event || is_event(row->packet);
}

struct row *row_new(const struct log_row *from, bool foreign, const char *epoch)
{
	size_t room = from->nsp.len + from->room.len + from->targets.len + from->packet.len + from->attachments.len;
	struct row *r = malloc(sizeof(*r) + room);
	char *to;

	if (!r)
		return NULL;
	r->refs = 1;
	r->kind = from->kind;
	if (foreign && !row_is_sound(from)) {
		say(SAY_WARN, "log", NULL, "row %lld is no event: nobody gets it", (long long)from->seq);
		r->kind = LOG_CONTROL;
	}
	r->seq = from->seq;
	r->client = from->client;
	r->ack = from->ack;
	r->epoch = r->kind <= LOG_VOLATILE && !r->ack ? epoch : NULL;
	r->polling = NULL;
	r->frames = r->plain = (struct channel_piece){0};
	to = r->store;
	r->nsp = row_keep(&to, from->nsp);
	r->room = row_keep(&to, from->room);
	r->targets = row_keep(&to, from->targets);
	r->packet = row_keep(&to, from->packet);
	r->attachments = row_keep(&to, from->attachments);
	return r;
}

struct row *row_ref(struct row *r)
{
	r->refs++;
	return r;
}

void row_unref(struct row *r)
{
	if (!r || --r->refs)
		return;
	bytes_unref(r->polling);
	bytes_unref(r->frames.owner);
	bytes_unref(r->plain.owner);
	free(r);
}

size_t row_size(const struct row *r)
{
	return sizeof(*r) + r->nsp.len + r->room.len + r->targets.len + r->packet.len + r->attachments.len;
}

static char *row_encode_attachments(const struct row *r, char *to, bool first)
{
	const char *data;
	size_t cursor = 0, len;

	while (attachment_next(r->attachments.at, r->attachments.len, &cursor, &data, &len)) {
		if (!first)
			*to++ = EIO_SEPARATOR;
		first = false;
		*to++ = 'b';
		base64_encode(data, len, to);
		to += BASE64_ENCODED_LEN(len);
	}
	return to;
}

/* The head before an event's JSON; a reply has none. */
static size_t row_head(const struct row *r, int attachments, char *out, size_t cap)
{
	if (r->kind == LOG_REPLY)
		return 0;
	return sio_write_head(out, cap, attachments ? SIO_BINARY_EVENT : SIO_EVENT, attachments, r->nsp.at, r->nsp.len,
			      r->ack ? r->seq : -1);
}

static int count_attachments(const struct row *r)
{
	const char *data;
	size_t cursor = 0, len;
	int n = 0;

	while (attachment_next(r->attachments.at, r->attachments.len, &cursor, &data, &len))
		n++;
	return n;
}

/* What stands behind the last argument in its array. */
static size_t row_position(const struct row *r, char out[POSITION_MAX + 8])
{
	return r->epoch ? (size_t)snprintf(out, POSITION_MAX + 8, ",\"%s.%lld\"]", r->epoch, (long long)r->seq) : 0;
}

/* The packet up to its closing bracket, if something is to stand before that. */
static size_t row_body(const struct row *r)
{
	size_t len = r->packet.len;

	if (!r->epoch)
		return len;
	while (len && r->packet.at[len - 1] != ']')
		len--;
	return len ? len - 1 : 0;
}

size_t row_text(const struct row *r, char *to)
{
	char position[POSITION_MAX + 8];
	int attachments = count_attachments(r);
	size_t head = row_head(r, attachments, NULL, 0), body = row_body(r), tail = row_position(r, position);

	if (to) {
		*to++ = '4';
		row_head(r, attachments, to, head);
		memcpy(to + head, r->packet.at, body);
		memcpy(to + head + body, position, tail);
	}
	return 1 + head + body + tail;
}

/* Of its attachments, each as b and base64 with a separator. */
static size_t encoded_len(const struct row *r)
{
	const char *data;
	size_t cursor = 0, len, sum = 0;

	while (attachment_next(r->attachments.at, r->attachments.len, &cursor, &data, &len))
		sum += 2 + BASE64_ENCODED_LEN(len);
	return sum;
}

static struct bytes *row_encode_polling(const struct row *r)
{
	struct bytes *b = bytes_new(NULL, (r->packet.at ? row_text(r, NULL) : 0) + encoded_len(r));
	char *to;

	if (!b)
		return NULL;
	to = b->data;
	if (r->packet.at)
		to += row_text(r, to);
	to = row_encode_attachments(r, to, !r->packet.at);
	*to = 0;
	b->len = (uint32_t)(to - b->data);
	return b;
}

const struct bytes *row_polling(struct row *r)
{
	if (!r->polling)
		r->polling = row_encode_polling(r);
	return r->polling;
}
