/* Plain WebSockets. */
#include "config.h"
#include "core/plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "core/connect.h"
#include "core/http.h"
#include "core/limits.h"
#include "core/tick.h"
#include "proto/json.h"
#include "proto/query.h"
#include "proto/sio.h"
#include "proto/utf8.h"

#define REFUSAL_MAX_BYTES (1 << 18)

/* The room's name, decoded (+ stays a plus in paths); NULL: it can be none, or no memory. */
static char *read_room(const char *encoded)
{
	size_t len = strlen(encoded), n;
	char *name;

	if (len > (size_t)3 * ROOM_NAME_MAX)
		return NULL;
	name = malloc(len + 1);
	if (!name)
		return NULL;
	n = path_decode(encoded, len, name);
	name[n] = 0;
	if (n <= ROOM_NAME_MAX && strlen(name) == n && utf8_valid(name, n))
		return name;
	free(name);
	return NULL;
}

bool plain_submit(struct server *s, struct exchange *x, const char *path)
{
	size_t own = strlen(s->settings->rooms_path);
	struct input *in;

	if (!x->websocket || s->handler->message || strncmp(path, s->settings->rooms_path, own) != 0)
		return false;
	in = input_new(INPUT_HANDSHAKE, x);
	if (in) {
		in->room = read_room(path + own);
		in->link = in->room ? link_new(s) : NULL;
	}
	if (!in || !in->link) {
		input_free(in);
		http_answer_text(x, 400, "Content-Type: text/plain\r\n", "That cannot be a room's name\n");
		return true;
	}
	s->open_exchanges++;
	tick_add(s, in);
	return true;
}

static int refuse(struct server *s, struct input *in, const struct client_row *row, const struct buf *refusal)
{
	static const char internal[] = "{\"message\":\"Internal error\"}";

	if (refusal->len)
		input_answer(in, 403, "application/json", refusal->data, refusal->len);
	else
		input_answer(in, 500, "application/json", internal, sizeof(internal) - 1);
	link_detach(in->link);
	return client_delete(s->store, row->id);
}

int plain_join(struct server *s, struct input *in, struct client_row *row)
{
	struct buf refusal;
	bool admitted = false;
	int error = link_attach(in->link, row);

	buf_init(&refusal, REFUSAL_MAX_BYTES);
	if (!error)
		error = connect_plain(s, row, in->room, &refusal, &admitted);
	if (!error && admitted)
		input_answer(in, 101, NULL, NULL, 0);
	else if (!error)
		error = refuse(s, in, row, &refusal);
	buf_deinit(&refusal);
	return error;
}

static int write_payload(struct buf *out, struct text data, bool binary)
{
	size_t need;
	char *at;

	if (binary)
		return buf_add_str(out, "[\"message\",{\"_placeholder\":true,\"num\":0}]");
	buf_add_str(out, "[\"message\",");
	need = json_string_encode(data.at, data.len, NULL, 0);
	at = buf_reserve(out, need);
	if (at)
		buf_commit(out, json_string_encode(data.at, data.len, at, need));
	return buf_add_char(out, ']');
}

int plain_run(struct packet_stream *ps, struct text data, bool binary)
{
	struct sio_packet p = {.type = binary ? SIO_BINARY_EVENT : SIO_EVENT, .attachments = binary, .nsp = "/", .nsp_len = 1, .id = -1};
	struct buf payload;
	int error;

	buf_init(&payload, 7 * data.len + 64);   /* a control character takes six bytes */
	error = write_payload(&payload, data, binary);
	p.payload = (struct json_slice){payload.data, payload.len};
	if (!error)
		error = packet_event(ps, &p, &data, binary ? 1 : 0);
	buf_deinit(&payload);
	return error;
}
