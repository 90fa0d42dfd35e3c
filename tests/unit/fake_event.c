/* The fake of core/event.h. Positions are of epoch "ep". */
#include "config.h"
#include "tests/unit/fake_event.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/attachments.h"
#include "proto/sio.h"

static void copy(char *to, size_t cap, struct text from)
{
	assert(from.len < cap);
	if (from.len)
		memcpy(to, from.at, from.len);
	to[from.len] = '\0';
}

static struct text text_of(const char *s)
{
	return (struct text){s, strlen(s)};
}

struct event *fake_event_new(void)
{
	struct event *ev = calloc(1, sizeof(*ev));

	assert(ev);
	buf_init(&ev->trace, (size_t)256 << 20);
	ev->acked = -1;
	return ev;
}

void fake_event_free(struct event *ev)
{
	for (int i = 0; i < ev->sockets_count; i++) {
		free(ev->sockets[i].data);
		free(ev->sockets[i].auth);
		free(ev->sockets[i].handshake);
	}
	for (int i = 0; i < ev->rows_count; i++) {
		free(ev->rows[i].args);
		free(ev->rows[i].attachments);
	}
	buf_deinit(&ev->trace);
	free(ev);
}

static void refresh(struct event *ev, int i)
{
	struct fake_socket *s = &ev->sockets[i];

	ev->views[i] = (struct socket_view){.sid = s->sid,
		.nsp = s->nsp,
		.client = i + 1,
		.data = text_of(s->data),
		.auth = text_of(s->auth),
		.handshake = text_of(s->handshake),
		.connected = true};
}

int fake_event_add(struct event *ev, const char *nsp, const char *sid, const char *data)
{
	struct fake_socket *s = &ev->sockets[ev->sockets_count];

	assert(ev->sockets_count < FAKE_MAX);
	copy(s->sid, sizeof(s->sid), text_of(sid));
	copy(s->nsp, sizeof(s->nsp), text_of(nsp));
	s->data = strdup(data);
	s->auth = strdup("{\"token\":\"t0\"}");
	s->handshake = strdup("{\"headers\":{\"user-agent\":\"test\"},\"query\":{\"EIO\":\"4\"},\"address\":\"127.0.0.1\",\"time\":\"now\",\"issued\":"
			      "1,\"url\":\"/socket.io/?EIO=4\",\"secure\":false}");
	refresh(ev, ev->sockets_count);
	return ev->sockets_count++;
}

void fake_event_begin(struct event *ev, int socket)
{
	for (int i = 0; i < ev->sockets_count; i++)
		refresh(ev, i);
	ev->own = socket < 0 ? NULL : &ev->views[socket];
	ev->acked = -1;
	ev->calls = 0;
	buf_clear(&ev->trace);
}

static int failing(struct event *ev)
{
	int error = ev->fail;

	ev->calls++;
	ev->fail = 0;
	return error;
}

static int find(const struct event *ev, const char *nsp, const char *sid)
{
	for (int i = 0; i < ev->sockets_count; i++)
		if (strcmp(ev->sockets[i].nsp, nsp) == 0 && strcmp(ev->sockets[i].sid, sid) == 0)
			return i;
	return -1;
}

const struct socket_view *event_socket(const struct event *ev)
{
	return ev->own;
}

int event_find_socket(struct event *ev, const char *nsp, const char *sid, const struct socket_view **out)
{
	int i = find(ev, nsp, sid), error = failing(ev);

	if (error || i < 0)
		return error ? error : POLLUX_NOT_FOUND;
	*out = &ev->views[i];
	return 0;
}

/* Every other one does. */
int event_uses_websocket(struct event *ev, const struct socket_view *socket, bool *uses)
{
	*uses = socket->client % 2 == 0;
	return failing(ev);
}

static void trace_names(struct event *ev, const char *what, const struct text *names, size_t n)
{
	if (n)
		buf_addf(&ev->trace, " %s", what);
	for (size_t i = 0; i < n; i++)
		buf_addf(&ev->trace, "%s%.*s", i ? "," : " ", (int)names[i].len, names[i].at);
}

static void trace_emission(struct event *ev, const struct emission *e)
{
	buf_addf(&ev->trace, "emit %s", e->nsp);
	trace_names(ev, "to", e->rooms, e->rooms_count);
	trace_names(ev, "except", e->except, e->except_count);
	buf_addf(&ev->trace, "%s%s", e->direct ? " direct" : "", e->is_volatile ? " volatile" : "");
	if (e->key.at)
		buf_addf(&ev->trace, " once %.*s", (int)e->key.len, e->key.at);
	buf_add_char(&ev->trace, ' ');
	buf_add(&ev->trace, e->args.at, e->args.len);
	for (int i = 0; i < e->attachments_count; i++)
		buf_addf(&ev->trace, " <%.*s>", (int)e->attachments[i].len, e->attachments[i].at);
	if (e->wants_ack)
		buf_addf(&ev->trace, " asks %.*s", (int)e->ack_context.len, e->ack_context.at);
	if (e->ack_timeout_ms)
		buf_addf(&ev->trace, " within %lld", (long long)e->ack_timeout_ms);
	buf_add_char(&ev->trace, '\n');
}

static void keep(struct event *ev, const struct emission *e)
{
	struct fake_row *r = &ev->rows[ev->rows_count++];
	struct buf packed;

	assert((size_t)ev->rows_count <= sizeof(ev->rows) / sizeof(ev->rows[0]));
	r->seq = ev->rows_count;
	r->at_ms = 1000 + r->seq;
	copy(r->nsp, sizeof(r->nsp), text_of(e->nsp));
	copy(r->room, sizeof(r->room), e->rooms_count == 1 && !e->direct ? e->rooms[0] : (struct text){"", 0});
	copy(r->key, sizeof(r->key), e->key);
	copy(r->sender, sizeof(r->sender), e->sender);
	r->args = strndup(e->args.at, e->args.len);
	r->args_len = e->args.len;
	buf_init(&packed, 64 << 20);
	for (int i = 0; i < e->attachments_count; i++) {
		unsigned char head[ATTACHMENT_HEAD];

		attachment_head((uint32_t)e->attachments[i].len, head);
		buf_add(&packed, head, sizeof(head));
		buf_add(&packed, e->attachments[i].at, e->attachments[i].len);
	}
	r->attachments_len = packed.len;
	r->attachments = buf_steal(&packed);
}

/* Whatever the application encodes must be what core takes. */
static void check_args(struct text args, int attachments)
{
	struct json_slice all = {args.at, args.len};

	assert(json_check(args.at, args.len, JSON_MAX_DEPTH) == 0);
	assert(json_kind(all) == JSON_ARRAY);
	assert(json_placeholders_ok(all, attachments));
}

int event_emit(struct event *ev, const struct emission *e, struct emitted *out)
{
	int error = failing(ev);

	*out = (struct emitted){.seq = ev->rows_count};
	if (!error && e->wants_ack && e->direct && find(ev, e->nsp, e->rooms[0].at) < 0)
		error = POLLUX_NOT_FOUND;
	if (error || ev->quiet)
		return error;
	check_args(e->args, e->attachments_count);
	for (int i = 0; i < ev->rows_count && e->key.at; i++) {
		if (strlen(ev->rows[i].key) == e->key.len && memcmp(ev->rows[i].key, e->key.at, e->key.len) == 0) {
			*out = (struct emitted){ev->rows[i].seq, true};
			return 0;
		}
	}
	trace_emission(ev, e);
	keep(ev, e);
	out->seq = ev->rows_count;
	return 0;
}

static int member(const struct event *ev, const char *nsp, const char *sid, struct text room)
{
	for (int i = 0; i < ev->members_count; i++) {
		const struct fake_member *m = &ev->members[i];

		if (strcmp(m->nsp, nsp) == 0 && strcmp(m->sid, sid) == 0 && strlen(m->room) == room.len && memcmp(m->room, room.at, room.len) == 0)
			return i;
	}
	return -1;
}

int event_join(struct event *ev, const char *nsp, const char *sid, struct text room, bool *changed)
{
	int error = failing(ev);
	struct fake_member *m;

	if (error || find(ev, nsp, sid) < 0)
		return error ? error : POLLUX_NOT_FOUND;
	buf_addf(&ev->trace, "join %s %s %.*s\n", nsp, sid, (int)room.len, room.at);
	*changed = member(ev, nsp, sid, room) < 0;
	if (!*changed)
		return 0;
	assert(ev->members_count < FAKE_MAX);
	m = &ev->members[ev->members_count++];
	copy(m->nsp, sizeof(m->nsp), text_of(nsp));
	copy(m->sid, sizeof(m->sid), text_of(sid));
	copy(m->room, sizeof(m->room), room);
	return 0;
}

int event_leave(struct event *ev, const char *nsp, const char *sid, struct text room, bool *changed)
{
	int error = failing(ev), i = member(ev, nsp, sid, room);

	if (error)
		return error;
	buf_addf(&ev->trace, "leave %s %s %.*s\n", nsp, sid, (int)room.len, room.at);
	*changed = i >= 0;
	if (i >= 0)
		ev->members[i] = ev->members[--ev->members_count];
	return 0;
}

int event_disconnect(struct event *ev, const char *nsp, const char *sid, bool close)
{
	int error = failing(ev);

	if (error || find(ev, nsp, sid) < 0)
		return error ? error : POLLUX_NOT_FOUND;
	buf_addf(&ev->trace, "disconnect %s %s%s\n", nsp, sid, close ? " close" : "");
	return 0;
}

int event_set_data(struct event *ev, const char *nsp, const char *sid, struct text json)
{
	int error = failing(ev), i = find(ev, nsp, sid);

	if (error || i < 0)
		return error ? error : POLLUX_NOT_FOUND;
	if (ev->quiet)
		return 0;
	assert(json_check(json.at, json.len, JSON_MAX_DEPTH) == 0 && json.at[0] == '{');
	buf_addf(&ev->trace, "data %s %s ", nsp, sid);
	buf_add(&ev->trace, json.at, json.len);
	buf_add_char(&ev->trace, '\n');
	/* the view's text is valid until the event ends */
	free(ev->sockets[i].data);
	ev->sockets[i].data = strndup(json.at, json.len);
	return 0;
}

int event_ack(struct event *ev, const struct ack *a, struct text args, const struct text *attachments, int attachments_count)
{
	int error = failing(ev);

	if (error || find(ev, a->nsp, a->sid) < 0)
		return error ? error : POLLUX_NOT_FOUND;
	if (ev->acked == a->id)
		return POLLUX_EXISTS;
	ev->acked = a->id;
	if (ev->quiet)
		return 0;
	check_args(args, attachments_count);
	buf_addf(&ev->trace, "ack %s %s %lld ", a->nsp, a->sid, (long long)a->id);
	buf_add(&ev->trace, args.at, args.len);
	for (int i = 0; i < attachments_count; i++)
		buf_addf(&ev->trace, " <%.*s>", (int)attachments[i].len, attachments[i].at);
	buf_add_char(&ev->trace, '\n');
	return 0;
}

static bool in_history(const struct fake_row *r, const char *nsp, struct text room, int64_t after, int64_t before)
{
	return strcmp(r->nsp, nsp) == 0 && strlen(r->room) == room.len && memcmp(r->room, room.at, room.len) == 0 && r->seq > after &&
	       (!before || r->seq < before);
}

int event_history(struct event *ev, const char *nsp, struct text room, int64_t after, int64_t before, int limit, history_each *each, void *ctx)
{
	int first = ev->rows_count, error = failing(ev);

	for (; !error && first > 0 && limit > 0; first--)
		limit -= in_history(&ev->rows[first - 1], nsp, room, after, before);
	for (int i = first; !error && i < ev->rows_count; i++) {
		const struct fake_row *r = &ev->rows[i];
		struct history_row row = {r->seq, r->at_ms, {r->args, r->args_len}, {r->attachments, r->attachments_len}, text_of(r->sender)};

		if (in_history(r, nsp, room, after, before))
			error = each(ctx, &row);
	}
	return error;
}

static bool is_first_of_room(const struct event *ev, int i)
{
	for (int j = 0; j < i; j++)
		if (strcmp(ev->members[j].room, ev->members[i].room) == 0 && strcmp(ev->members[j].nsp, ev->members[i].nsp) == 0)
			return false;
	return true;
}

/* In the order of joining, not of the names. */
int event_rooms(struct event *ev, const char *nsp, struct text after, int limit, room_each *each, void *ctx)
{
	int error = failing(ev), left = limit ? limit : FAKE_MAX;

	for (int i = 0; !error && left && i < ev->members_count; i++) {
		int64_t n = 0;

		if (strcmp(ev->members[i].nsp, nsp) != 0 || !is_first_of_room(ev, i) || (after.at && strcmp(ev->members[i].room, after.at) <= 0))
			continue;
		left--;
		for (int j = i; j < ev->members_count; j++)
			n += strcmp(ev->members[j].room, ev->members[i].room) == 0 && strcmp(ev->members[j].nsp, nsp) == 0;
		error = each(ctx, text_of(ev->members[i].room), n);
	}
	return error;
}

static bool in_any(const struct event *ev, const struct fake_socket *s, const struct text *rooms, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (member(ev, s->nsp, s->sid, rooms[i]) >= 0 ||
		    (strlen(s->sid) == rooms[i].len && memcmp(s->sid, rooms[i].at, rooms[i].len) == 0))
			return true;
	return false;
}

static bool in_audience(const struct event *ev, const struct fake_socket *s, const struct audience *a)
{
	return strcmp(s->nsp, a->nsp) == 0 && (!a->rooms_count || in_any(ev, s, a->rooms, a->rooms_count)) &&
	       !in_any(ev, s, a->except, a->except_count);
}

int event_fetch(struct event *ev, const struct audience *a, int limit, socket_each *each, void *ctx)
{
	int error = failing(ev), left = limit ? limit : FAKE_MAX;

	for (int i = 0; !error && left && i < ev->sockets_count; i++) {
		/* as core: the row holds no handshake */
		struct socket_view view = {
			.sid = ev->sockets[i].sid, .nsp = ev->sockets[i].nsp, .data = text_of(ev->sockets[i].data), .connected = true};

		if (!in_audience(ev, &ev->sockets[i], a))
			continue;
		error = each(ctx, &view);
		ev->seen++;
		left--;
	}
	return error;
}

/* Room by room, as core. */
int event_join_all(struct event *ev, const struct audience *a, const struct text *rooms, size_t rooms_count, room_change_each *each, void *ctx)
{
	bool changed;
	int error = failing(ev);

	for (size_t r = 0; r < rooms_count; r++)
		for (int i = 0; !error && i < ev->sockets_count; i++) {
			const struct fake_socket *s = &ev->sockets[i];

			if (!in_audience(ev, s, a))
				continue;
			error = event_join(ev, s->nsp, s->sid, rooms[r], &changed);
			if (!error && changed && each)
				error = each(ctx, r, text_of(s->sid));
		}
	return error;
}

int event_leave_all(struct event *ev, const struct audience *a, const struct text *rooms, size_t rooms_count, room_change_each *each, void *ctx)
{
	bool changed;
	int error = failing(ev);

	for (size_t r = 0; r < rooms_count; r++)
		for (int i = 0; !error && i < ev->sockets_count; i++) {
			const struct fake_socket *s = &ev->sockets[i];

			if (!in_audience(ev, s, a) || member(ev, s->nsp, s->sid, rooms[r]) < 0)
				continue;
			error = event_leave(ev, s->nsp, s->sid, rooms[r], &changed);
			if (!error && each)
				error = each(ctx, r, text_of(s->sid));
		}
	return error;
}

int event_disconnect_all(struct event *ev, const struct audience *a, bool close)
{
	int error = failing(ev);

	for (int i = 0; !error && i < ev->sockets_count; i++)
		if (in_audience(ev, &ev->sockets[i], a))
			error = event_disconnect(ev, a->nsp, ev->sockets[i].sid, close);
	return error;
}

int event_room_size(struct event *ev, const char *nsp, struct text room, int64_t limit, int64_t *size)
{
	*size = 0;
	for (int i = 0; i < ev->sockets_count && *size < limit; i++)
		*size += strcmp(ev->sockets[i].nsp, nsp) == 0 && member(ev, nsp, ev->sockets[i].sid, room) >= 0;
	return failing(ev);
}

int event_rooms_of(struct event *ev, const char *nsp, const char *sid, room_each *each, void *ctx)
{
	int error = failing(ev);

	for (int i = 0; !error && i < ev->members_count; i++)
		if (strcmp(ev->members[i].nsp, nsp) == 0 && strcmp(ev->members[i].sid, sid) == 0)
			error = each(ctx, text_of(ev->members[i].room), 0);
	return error;
}

static int parent_of(const struct event *ev, const char *nsp)
{
	int i = ev->parents_count - 1;

	while (i >= 0 && strcmp(ev->parents[i].nsp, nsp) != 0)
		i--;
	return i;
}

int event_namespace_parent(struct event *ev, const char *nsp, char key[PARENT_KEY_MAX])
{
	int i = parent_of(ev, nsp), error = failing(ev);

	if (error || i < 0)
		return error ? error : POLLUX_NOT_FOUND;
	memcpy(key, ev->parents[i].key, PARENT_KEY_MAX);
	return 0;
}

int event_set_namespace_parent(struct event *ev, const char *nsp, const char *key)
{
	int i = parent_of(ev, nsp), error = failing(ev);

	if (error)
		return error;
	buf_addf(&ev->trace, "parent %s %s\n", nsp, key ? key : "-");
	if (!key) {
		if (i >= 0)
			ev->parents[i] = ev->parents[--ev->parents_count];
		return 0;
	}
	i = i < 0 ? ev->parents_count++ : i;
	copy(ev->parents[i].nsp, sizeof(ev->parents[i].nsp), text_of(nsp));
	copy(ev->parents[i].key, sizeof(ev->parents[i].key), text_of(key));
	return 0;
}

static bool is_first_of_namespace(const struct event *ev, int i)
{
	for (int j = 0; j < i; j++)
		if (strcmp(ev->sockets[j].nsp, ev->sockets[i].nsp) == 0)
			return false;
	return true;
}

int event_namespaces(struct event *ev, namespace_name_each *each, void *ctx)
{
	int error = failing(ev);

	for (int i = 0; !error && i < ev->sockets_count; i++)
		if (is_first_of_namespace(ev, i))
			error = each(ctx, ev->sockets[i].nsp);
	return error;
}

int event_send_message(struct event *ev, struct text data, bool binary)
{
	(void)ev, (void)data, (void)binary;
	return POLLUX_PROTOCOL;
}

void event_position_format(const struct event *ev, int64_t seq, char out[POSITION_MAX])
{
	(void)ev;
	snprintf(out, POSITION_MAX, "ep.%lld", (long long)seq);
}

int event_position_parse(const struct event *ev, struct text position, int64_t *seq)
{
	struct json_slice number;
	const char *dot = memchr(position.at, '.', position.len);

	(void)ev;
	if (!dot)
		return POLLUX_PROTOCOL;
	number = (struct json_slice){dot + 1, position.len - (size_t)(dot + 1 - position.at)};
	if (!number.len || !json_to_integer(number, seq))
		return POLLUX_PROTOCOL;
	return dot - position.at == 2 && memcmp(position.at, "ep", 2) == 0 ? 0 : POLLUX_GONE;
}
