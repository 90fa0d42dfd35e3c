/*
 * Routing. What counts is who was in the room when a row was written, not when it is read: every
 * candidate's interval is compared with the row's seq, exceptions likewise.
 * targets is JSON [[room,…],[exception,…]]; with no rooms there, the room column speaks.
 */
#include "config.h"
#include "core/route.h"

#include <string.h>

#include "core/limits.h"




struct targets {
	struct json_slice rooms, except;
};

static struct targets targets_of(const struct row *row)
{
	struct targets t = {{0}, {0}};
	struct json_slice whole = {row->targets.at, row->targets.len};
	size_t cursor = 0;

	if (!whole.at || json_kind(whole) != JSON_ARRAY)
		return t;
	if (json_array_next(whole, &cursor, &t.rooms) && !json_array_next(whole, &cursor, &t.except))
		t.except = (struct json_slice){0};
	return t;
}

static bool next_name(struct json_slice names, size_t *cursor, char out[ROOM_NAME_MAX], struct text *name)
{
	struct json_slice value;

	while (names.at && json_array_next(names, cursor, &value)) {
		if (json_kind(value) != JSON_STRING)
			continue;
		name->len = json_string_decode(value, out, ROOM_NAME_MAX);
		name->at = out;
		if (name->len <= ROOM_NAME_MAX)
			return true;
	}
	return false;
}

/* Whether there are rooms, be they names or not: else the room column speaks. */
static bool names_rooms(struct json_slice rooms)
{
	struct json_slice first;
	size_t cursor = 0;

	return rooms.at && json_array_next(rooms, &cursor, &first);
}

static bool is_in_any(const struct socket *s, struct json_slice names, int64_t seq)
{
	char decoded[ROOM_NAME_MAX];
	struct text name;
	size_t cursor = 0;

	while (next_name(names, &cursor, decoded, &name))
		if (socket_was_in(s, name, seq))
			return true;
	return false;
}

static bool in_time(const struct membership *m, int64_t seq)
{
	return m->since < seq && seq <= m->until;
}

struct routing {
	struct clients *all;
	struct row *row;
	struct json_slice except;
	route_ready *ready;
	void *ctx;
};

static int route_to_socket(const struct routing *r, const struct socket *s)
{
	struct client *c = s->client;
	int error;

	if (!client_is_here(c) || r->row->seq <= c->cursor || !in_time(&s->all, r->row->seq))
		return 0;
	if (r->except.at && is_in_any(s, r->except, r->row->seq))
		return 0;
	error = client_push(c, r->row);
	if (!error)
		r->ready(r->ctx, c);
	return error;
}

static int route_to_room(const struct routing *r, struct text name)
{
	struct room *room = room_find(r->all, r->row->nsp, name);
	struct socket *own = name.at ? socket_find(r->all, r->row->nsp, name) : NULL;
	int error = own ? route_to_socket(r, own) : 0;

	for (struct membership *m = room ? room->members : NULL; m && !error; m = m->room_next)
		if (in_time(m, r->row->seq))
			error = route_to_socket(r, m->socket);
	return error;
}

static int route_reply(const struct routing *r)
{
	struct client *c = client_find(r->all, r->row->client);
	int error;

	if (!c || !client_is_here(c) || r->row->seq <= c->cursor)
		return 0;
	error = client_push(c, r->row);
	if (!error)
		r->ready(r->ctx, c);
	return error;
}

int route_row(struct clients *all, struct row *row, route_ready *ready, void *ctx)
{
	struct targets t = targets_of(row);
	struct routing r = {all, row, t.except, ready, ctx};
	char decoded[ROOM_NAME_MAX];
	struct text name;
	size_t cursor = 0;
	int error = 0;

	if (row->kind == LOG_CONTROL || row->kind == LOG_SERVER_SIDE)
		return 0;
	if (row->kind == LOG_REPLY)
		return route_reply(&r);
	if (!names_rooms(t.rooms))
		return route_to_room(&r, row->room);
	while (!error && next_name(t.rooms, &cursor, decoded, &name))
		error = route_to_room(&r, name);
	return error;
}

static bool socket_reached(const struct socket *s, const struct row *row)
{
	struct targets t;

	if (s->all.room->nsp_len != row->nsp.len || memcmp(s->all.room->key, row->nsp.at, row->nsp.len) != 0 ||
	    !in_time(&s->all, row->seq))
		return false;
	t = targets_of(row);
	if (t.except.at && is_in_any(s, t.except, row->seq))
		return false;
	if (names_rooms(t.rooms))
		return is_in_any(s, t.rooms, row->seq);
	return !row->room.at || socket_was_in(s, row->room, row->seq);
}

bool route_reaches_socket(const struct client *c, const char *sid, const struct row *row)
{
	for (const struct socket *s = c->sockets; s; s = s->next)
		if (strcmp(s->sid, sid) == 0)
			return socket_reached(s, row);
	return false;
}

bool route_reaches(const struct client *c, const struct row *row)
{
	if (row->kind == LOG_CONTROL || row->kind == LOG_SERVER_SIDE)
		return false;
	if (row->kind == LOG_REPLY)
		return row->client == c->id;
	for (const struct socket *s = c->sockets; s; s = s->next)
		if (socket_reached(s, row))
			return true;
	return false;
}
