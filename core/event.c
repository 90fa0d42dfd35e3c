/* What handlers may do: every function writes to the store within the event's savepoint, and to the journal. */
#include "config.h"
#include "core/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/asks.h"
#include "core/event_run.h"
#include "core/pack.h"
#include "db/sockets.h"
#include "proto/attachments.h"
#include "proto/sio.h"

static struct log_text log_text(struct text t)
{
	return (struct log_text){t.at, t.len};
}

static struct log_text log_string(const char *s)
{
	return (struct log_text){s, strlen(s)};
}

static int add_names(struct buf *out, const struct text *names, size_t count)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		size_t need = json_string_encode(names[i].at, names[i].len, NULL, 0);
		char *at;

		if (names[i].len > ROOM_NAME_MAX)
			return POLLUX_TOO_BIG;
		if (i)
			buf_add_char(out, ',');
		at = buf_reserve(out, need);
		if (!at)
			return out->error;
		buf_commit(out, json_string_encode(names[i].at, names[i].len, at, need));
	}
	return buf_add_char(out, ']');
}

/* One room goes into its column, so that it is history; only the rest is spelled out. */
static int add_targets(struct buf *out, const struct emission *e)
{
	size_t rooms = e->rooms_count > 1 ? e->rooms_count : 0;
	int error;

	if (!rooms && !e->except_count)
		return 0;
	buf_add_char(out, '[');
	error = add_names(out, e->rooms, rooms);
	if (!error)
		error = buf_add_char(out, ',');
	if (!error)
		error = add_names(out, e->except, e->except_count);
	return error ? error : buf_add_char(out, ']');
}

static bool is_reserved(struct json_slice name)
{
	static const char *const reserved[] = {"\"connect\"",    "\"connect_error\"", "\"disconnect\"",
					       "\"disconnecting\"", "\"newListener\"",   "\"removeListener\""};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strlen(reserved[i]) == name.len && memcmp(reserved[i], name.at, name.len) == 0)
			return true;
	return false;
}

int event_check_args(struct text text)
{
	struct json_slice args = {text.at, text.len}, name;

	if (!args.len || args.at[0] != '[')
		return POLLUX_PROTOCOL;
	name = sio_event_name(args);
	if (!name.len || (json_kind(name) != JSON_STRING && json_kind(name) != JSON_NUMBER) || is_reserved(name))
		return POLLUX_PROTOCOL;
	return 0;
}

static int check_emission(struct event *ev, const struct emission *e)
{
	int error = strlen(e->nsp) > NAMESPACE_MAX ? POLLUX_PROTOCOL : event_check_args(e->args);

	if (!error && e->rooms_count && e->rooms[0].len > ROOM_NAME_MAX)
		error = POLLUX_TOO_BIG;
	return error || !e->wants_ack ? error : asks_check(ev, e);
}

static enum log_kind kind_of(const struct emission *e)
{
	if (e->is_volatile)
		return LOG_VOLATILE;
	return e->direct ? LOG_DIRECT : LOG_EVENT;
}

static int append_emission(struct event *ev, const struct emission *e, struct buf *targets, struct buf *attachments,
			   struct emitted *out)
{
	struct log_row row = {
		.kind = kind_of(e),
		.nsp = log_string(e->nsp),
		.room = e->rooms_count == 1 ? log_text(e->rooms[0]) : (struct log_text){0},
		.targets = {targets->data, targets->len},
		.packet = log_text(e->args),
		.attachments = {attachments->data, attachments->len},
		.sender = log_text(e->sender),
		.key = log_text(e->key),
		.ack = e->wants_ack,
	};
	int error = event_write(ev);

	if (!error)
		error = journal_append(ev->s, &row);
	if (!error && e->wants_ack)
		error = asks_add(ev->s, e, row.seq);
	out->seq = row.seq;
	out->duplicate = error == POLLUX_EXISTS;
	return out->duplicate ? 0 : error;
}

/* The socket, which is the event's own mostly. NOT_FOUND. */
static int find_view(struct event *ev, const char *nsp, const char *sid, const struct socket_view **view)
{
	*view = ev->socket;
	return *view && strcmp((*view)->sid, sid) == 0 ? 0 : event_find_socket(ev, nsp, sid, view);
}

int event_emit(struct event *ev, const struct emission *e, struct emitted *out)
{
	struct buf targets, attachments;
	int error = check_emission(ev, e);

	if (error)
		return error;
	buf_init(&targets, 1 << 20);
	buf_init(&attachments, ROW_MAX_BYTES);
	error = add_targets(&targets, e);
	if (!error)
		error = pack_attachments(&attachments, e->attachments, e->attachments_count);
	if (!error)
		error = append_emission(ev, e, &targets, &attachments, out);
	buf_deinit(&targets);
	buf_deinit(&attachments);
	return error;
}

/* Opens the interval. One that is one too many is empty as yet, so leaving forgets it. */
static int open_membership(struct event *ev, const char *nsp, const char *sid, struct text room, int64_t last)
{
	struct store *store = ev->s->store;
	int count, error = member_join(store, log_string(nsp), log_text(room), log_string(sid), last);

	if (error)
		return error;
	count = member_count_of_socket(store, log_string(sid));
	if (count <= ev->s->settings->max_rooms)
		return count < 0 ? count : 0;
	error = member_leave(store, log_string(nsp), log_text(room), log_string(sid), last);
	return error ? error : POLLUX_TOO_BIG;
}

/* Where a change of rooms begins or ends: at the newest row. */
static int begin_change(struct event *ev, struct text room, int64_t *last)
{
	int error = event_write(ev);

	if (error)
		return error;
	if (room.len > ROOM_NAME_MAX)
		return POLLUX_TOO_BIG;
	*last = log_last(ev->s->store);
	return *last < 0 ? (int)*last : 0;
}

static bool is_own_room(const char *sid, struct text room)
{
	return strlen(sid) == room.len && memcmp(sid, room.at, room.len) == 0;
}

int event_join(struct event *ev, const char *nsp, const char *sid, struct text room, bool *changed)
{
	const struct socket_view *view;
	bool unasked;
	int64_t last;
	int error = begin_change(ev, room, &last);

	changed = changed ? changed : &unasked;
	*changed = false;
	if (!error)
		error = find_view(ev, nsp, sid, &view);
	if (error || is_own_room(sid, room))
		return error;
	error = open_membership(ev, nsp, sid, room, last);
	if (error)
		return error == POLLUX_EXISTS ? 0 : error;
	*changed = true;
	return journal_touch(ev->s, view->client, ev->client);
}

int event_leave(struct event *ev, const char *nsp, const char *sid, struct text room, bool *changed)
{
	const struct socket_view *view;
	bool unasked;
	int64_t last;
	int error = begin_change(ev, room, &last);

	changed = changed ? changed : &unasked;
	*changed = false;
	if (!error)
		error = find_view(ev, nsp, sid, &view);
	if (error)
		return error;
	error = member_leave(ev->s->store, log_string(nsp), log_text(room), log_string(sid), last);
	if (error)
		return error == POLLUX_NOT_FOUND ? 0 : error;
	*changed = true;
	return journal_touch(ev->s, view->client, ev->client);
}

int event_disconnect(struct event *ev, const char *nsp, const char *sid, bool close)
{
	const struct socket_view *view;
	int error = event_find_socket(ev, nsp, sid, &view);

	return error ? error : journal_leaving(ev->s, nsp, sid, close);
}

int event_set_data(struct event *ev, const char *nsp, const char *sid, struct text json)
{
	int error = event_write(ev);

	(void)nsp;
	ev->changed = true;
	return error ? error : socket_set_data(ev->s->store, log_string(sid), log_text(json));
}

static int append_ack(struct event *ev, int64_t client, const struct ack *a, struct text args, const struct buf *attachments,
		      int count)
{
	char head[SIO_HEAD_MAX + NAMESPACE_MAX + 1];
	size_t head_len = sio_write_head(head, sizeof(head), count ? SIO_BINARY_ACK : SIO_ACK, count, a->nsp, strlen(a->nsp), a->id);
	struct buf packet;
	int error;

	buf_init(&packet, ROW_MAX_BYTES);
	buf_add(&packet, head, head_len);
	error = buf_add(&packet, args.at, args.len);
	if (!error)
		error = event_write(ev);
	if (!error)
		error = journal_reply(ev->s, client, packet.data, packet.len, attachments->data, attachments->len);
	buf_deinit(&packet);
	return error;
}

int event_ack(struct event *ev, const struct ack *a, struct text args, const struct text *attachments, int attachments_count)
{
	const struct socket_view *view = ev->socket;
	struct buf packed;
	int error = 0;

	if (ev->acked == a->id && view && strcmp(view->sid, a->sid) == 0)
		return POLLUX_EXISTS;
	if (!view || strcmp(view->sid, a->sid) != 0)
		error = event_find_socket(ev, a->nsp, a->sid, &view);
	else
		ev->acked = a->id;
	if (error)
		return error;
	buf_init(&packed, ROW_MAX_BYTES);
	error = pack_attachments(&packed, attachments, attachments_count);
	if (!error)
		error = append_ack(ev, view->client, a, args, &packed, attachments_count);
	buf_deinit(&packed);
	return error;
}

int event_send_message(struct event *ev, struct text data, bool binary)
{
	struct buf packed;
	int error = event_write(ev);

	if (error)
		return error;
	if (!binary)
		return journal_reply(ev->s, ev->client->id, data.at, data.len, NULL, 0);
	buf_init(&packed, ROW_MAX_BYTES);
	error = pack_attachments(&packed, &data, 1);
	if (!error)
		error = journal_reply(ev->s, ev->client->id, NULL, 0, packed.data, packed.len);
	buf_deinit(&packed);
	return error;
}

void event_position_format(const struct event *ev, int64_t seq, char out[POSITION_MAX])
{
	snprintf(out, POSITION_MAX, "%s.%lld", store_epoch(ev->s->store), (long long)seq);
}

int event_position_parse(const struct event *ev, struct text position, int64_t *seq)
{
	const char *epoch = store_epoch(ev->s->store);
	size_t epoch_len = strlen(epoch);
	const char *dot = memchr(position.at, '.', position.len);
	struct json_slice number;

	if (!dot)
		return POLLUX_PROTOCOL;
	number = (struct json_slice){dot + 1, position.len - (size_t)(dot + 1 - position.at)};
	if (!number.len || number.len > 18 || !json_to_integer(number, seq) || *seq < 0)
		return POLLUX_PROTOCOL;
	return (size_t)(dot - position.at) == epoch_len && memcmp(position.at, epoch, epoch_len) == 0 ? 0 : POLLUX_GONE;
}
