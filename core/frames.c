/* Writing rows as WebSocket frames. */
#include "config.h"
#include "core/frames.h"

#include <string.h>

#include "proto/attachments.h"
#include "proto/json.h"
#include "proto/websocket.h"

/* A chunk holds a tick's worth of small rows; what is larger gets one of its own. */
#define CHUNK_BYTES 65536

void frames_deinit(struct frames *f)
{
	bytes_unref(f->chunk);
	f->chunk = NULL;
}

struct bytes *frames_text(const char *text, size_t len)
{
	char head[WEBSOCKET_HEADER_MAX];
	size_t head_len = websocket_frame_header(head, WEBSOCKET_TEXT, true, len);
	struct bytes *b = bytes_new(NULL, head_len + len);

	if (!b)
		return NULL;
	memcpy(b->data, head, head_len);
	if (len)
		memcpy(b->data + head_len, text, len);
	return b;
}

static size_t size_of(const struct row *r)
{
	const char *data;
	size_t cursor = 0, len, n = r->packet.at ? WEBSOCKET_HEADER_MAX + row_text(r, NULL) : 0;

	while (attachment_next(r->attachments.at, r->attachments.len, &cursor, &data, &len))
		n += WEBSOCKET_HEADER_MAX + len;
	return n;
}

static char *write_text(const struct row *r, char *to)
{
	size_t len = row_text(r, NULL);

	to += websocket_frame_header(to, WEBSOCKET_TEXT, true, len);
	return to + row_text(r, to);
}

static char *write_binary(const struct row *r, char *to)
{
	const char *data;
	size_t cursor = 0, len;

	while (attachment_next(r->attachments.at, r->attachments.len, &cursor, &data, &len)) {
		to += websocket_frame_header(to, WEBSOCKET_BINARY, true, len);
		memcpy(to, data, len);
		to += len;
	}
	return to;
}

/* The chunk being filled, with room for n bytes more. */
static struct bytes *chunk_for(struct frames *f, size_t n)
{
	if (f->chunk && f->chunk->len - f->used >= n)
		return f->chunk;
	frames_deinit(f);
	f->chunk = bytes_new(NULL, n > CHUNK_BYTES ? n : CHUNK_BYTES);
	f->used = 0;
	return f->chunk;
}

static int build(struct frames *f, struct row *r)
{
	struct bytes *chunk = chunk_for(f, size_of(r));
	char *from, *to;

	if (!chunk)
		return POLLUX_NO_MEMORY;
	from = to = chunk->data + f->used;
	if (r->packet.at)
		to = write_text(r, to);
	to = write_binary(r, to);
	r->frames = (struct channel_piece){bytes_ref(chunk), from, (size_t)(to - from)};
	f->used += r->frames.len;
	return 0;
}

struct bytes *frames_ping(void)
{
	char head[WEBSOCKET_HEADER_MAX];

	return bytes_new(head, websocket_frame_header(head, WEBSOCKET_PING, true, 0));
}

/* What a plain client gets of a row. */
struct message {
	struct json_slice value;     /* at NULL: nothing */
	const char *binary;          /* or this attachment */
	size_t binary_len;
};

static bool find_attachment(const struct row *r, int64_t num, struct message *m)
{
	size_t cursor = 0;

	do {
		if (!attachment_next(r->attachments.at, r->attachments.len, &cursor, &m->binary, &m->binary_len))
			return false;
	} while (num-- > 0);
	return true;
}

static struct message message_of(const struct row *r)
{
	struct json_slice args = {r->packet.at, r->packet.len}, name, value, object;
	struct message m = {{0}, NULL, 0};
	size_t cursor = 0, inside = 0;
	int64_t num;

	if (r->kind > LOG_VOLATILE || !json_array_next(args, &cursor, &name) || json_kind(name) != JSON_STRING ||
	    !json_string_is(name, "message") || !json_array_next(args, &cursor, &value))
		return m;
	if (r->attachments.len && json_placeholder_next(value, &inside, &object, &num) && object.at == value.at &&
	    find_attachment(r, num, &m))
		return m;
	m.binary = NULL;
	m.value = value;
	return m;
}

static char *write_message(const struct message *m, char *to)
{
	size_t len = json_kind(m->value) == JSON_STRING ? json_string_decode(m->value, NULL, 0) : m->value.len;

	to += websocket_frame_header(to, WEBSOCKET_TEXT, true, len);
	if (json_kind(m->value) == JSON_STRING)
		json_string_decode(m->value, to, len);
	else
		memcpy(to, m->value.at, len);
	return to + len;
}

static char *write_attachment(const struct message *m, char *to)
{
	to += websocket_frame_header(to, WEBSOCKET_BINARY, true, m->binary_len);
	if (m->binary_len)
		memcpy(to, m->binary, m->binary_len);
	return to + m->binary_len;
}

static int build_plain(struct frames *f, struct row *r)
{
	struct message m = message_of(r);
	struct bytes *chunk = chunk_for(f, WEBSOCKET_HEADER_MAX + m.value.len + m.binary_len);
	char *from, *to;

	if (!chunk)
		return POLLUX_NO_MEMORY;
	from = to = chunk->data + f->used;
	if (m.binary)
		to = write_attachment(&m, to);
	else if (m.value.at)
		to = write_message(&m, to);
	r->plain = (struct channel_piece){bytes_ref(chunk), from, (size_t)(to - from)};
	f->used += r->plain.len;
	return 0;
}

int frames_plain(struct frames *f, struct row *r, struct channel_piece *out)
{
	int error = r->plain.owner ? 0 : build_plain(f, r);

	*out = r->plain;
	return error;
}

int frames_of(struct frames *f, struct row *r, struct channel_piece *out)
{
	int error = r->frames.owner ? 0 : build(f, r);

	*out = r->frames;
	return error;
}
