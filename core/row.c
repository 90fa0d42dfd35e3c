/*
 * Wire forms of log rows. An event row keeps the JSON array alone, so the Socket.IO head ("2/admin,") is
 * put in front here; a reply row is a whole message already.
 *   event  ["x",1] in /admin       → 42/admin,["x",1]
 *   event  that asks for an ack    → 4217["x",1]: the id is the row's seq, the same for all
 *   event  with two attachments    → 452-["x",{…},{…}] \x1e b… \x1e b…
 *   reply  431["ok"]'s 31["ok"]    → 431["ok"];  a binary one → b…
 */
#include "config.h"
#include "core/row.h"

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

static bool row_is_sound(const struct log_row *row)
{
	bool is_event = row->kind <= LOG_VOLATILE || row->kind == LOG_SERVER_SIDE;

	if (row->kind > LOG_SERVER_SIDE || !row->nsp.at || (row->targets.at && !is_json_array(row->targets)))
		return false;
	return !is_event || (row->packet.at && is_json_array(row->packet));
}

struct row *row_new(const struct log_row *from, bool foreign)
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

size_t row_text(const struct row *r, char *to)
{
	int attachments = count_attachments(r);
	size_t head = row_head(r, attachments, NULL, 0);

	if (to) {
		*to++ = '4';
		row_head(r, attachments, to, head);
		memcpy(to + head, r->packet.at, r->packet.len);
	}
	return 1 + head + r->packet.len;
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
