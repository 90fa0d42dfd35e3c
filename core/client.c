/* The cache of clients and the index by room. */
#include "config.h"
#include "core/client.h"

#include <stdlib.h>
#include <string.h>

#include "db/sockets.h"

/* A key of the room index: nsp, and for a room NUL and its name. Rooms are at most a few hundred bytes long (MAX). */
#define ROOM_KEY_MAX 1024

static size_t room_key(char out[ROOM_KEY_MAX], struct text nsp, struct text room)
{
	size_t len = nsp.len;

	if (nsp.len + room.len + 1 > ROOM_KEY_MAX)
		return 0;
	memcpy(out, nsp.at, nsp.len);
	if (room.at) {
		out[len++] = 0;
		memcpy(out + len, room.at, room.len);
		len += room.len;
	}
	return len;
}

struct room *room_find(struct clients *all, struct text nsp, struct text room)
{
	char key[ROOM_KEY_MAX];
	size_t len = room_key(key, nsp, room);
	struct room *found = NULL;

	if (len)
		HASH_FIND(hh, all->by_key, key, len, found);
	return found;
}

static struct room *room_make(struct clients *all, struct text nsp, struct text name)
{
	char key[ROOM_KEY_MAX];
	size_t len = room_key(key, nsp, name);
	struct room *r = room_find(all, nsp, name);

	if (r || !len)
		return r;
	r = malloc(sizeof(*r) + len);
	if (!r)
		return NULL;
	memcpy(r->key, key, len);
	r->members = NULL;
	r->nsp_len = (uint32_t)nsp.len;
	r->key_len = (uint32_t)len;
	HASH_ADD_KEYPTR(hh, all->by_key, r->key, len, r);
	return r;
}

static int membership_link(struct clients *all, struct membership *m, struct socket *s, struct text nsp, struct text name)
{
	struct room *r = room_make(all, nsp, name);

	if (!r)
		return POLLUX_NO_MEMORY;
	m->room = r;
	m->socket = s;
	m->room_next = r->members;
	m->room_prev = &r->members;
	if (r->members)
		r->members->room_prev = &m->room_next;
	r->members = m;
	return 0;
}

static void membership_unlink(struct clients *all, struct membership *m)
{
	struct room *r = m->room;

	*m->room_prev = m->room_next;
	if (m->room_next)
		m->room_next->room_prev = m->room_prev;
	if (r->members)
		return;
	HASH_DEL(all->by_key, r);
	free(r);
}

struct socket *socket_find(struct clients *all, struct text nsp, struct text sid)
{
	struct socket *s = NULL;

	HASH_FIND(hh, all->by_sid, sid.at, sid.len, s);
	if (s && (s->all.room->nsp_len != nsp.len || memcmp(s->all.room->key, nsp.at, nsp.len) != 0))
		return NULL;
	return s;
}

bool socket_was_in(const struct socket *s, struct text room, int64_t seq)
{
	if (strlen(s->sid) == room.len && memcmp(s->sid, room.at, room.len) == 0)
		return true;
	for (const struct membership *m = s->rooms; m; m = m->next) {
		size_t skip = m->room->nsp_len + 1;

		if (m->room->key_len - skip == room.len && memcmp(m->room->key + skip, room.at, room.len) == 0 &&
		    m->since < seq && seq <= m->until)
			return true;
	}
	return false;
}

static void socket_free(struct clients *all, struct socket *s)
{
	struct membership *m, *next;

	for (m = s->rooms; m; m = next) {
		next = m->next;
		membership_unlink(all, m);
		free(m);
	}
	membership_unlink(all, &s->all);
	HASH_DEL(all->by_sid, s);
	free(s);
}

static void client_clear(struct clients *all, struct client *c)
{
	struct socket *s;

	while ((s = c->sockets)) {
		c->sockets = s->next;
		socket_free(all, s);
	}
}

/* A socket that came back to another client than the one whose old copy still has it: that is read again when it comes. */
static void drop_copy(struct clients *all, struct log_text sid)
{
	struct socket *s = NULL, **at;

	HASH_FIND(hh, all->by_sid, sid.at, sid.len, s);
	if (!s)
		return;
	for (at = &s->client->sockets; *at != s; at = &(*at)->next)
		continue;
	*at = s->next;
	s->client->version = -1;
	socket_free(all, s);
}

struct load {
	struct clients *all;
	struct client *client;
	struct socket *socket;
	int64_t cursor;
};

/* Intervals that ended before the cursor (a repeated GET's cursor) can reach nobody any more. */
static int load_member(void *ctx, struct log_text nsp, struct log_text room, struct log_text sid, int64_t since, int64_t until)
{
	struct load *l = ctx;
	struct membership *m;
	int error;

	(void)sid;
	if (until && until <= l->cursor)
		return 0;
	m = malloc(sizeof(*m));
	if (!m)
		return POLLUX_NO_MEMORY;
	m->since = since;
	m->until = until ? until : SEQ_NEVER;
	error = membership_link(l->all, m, l->socket, (struct text){nsp.at, nsp.len}, (struct text){room.at, room.len});
	if (error) {
		free(m);
		return error;
	}
	m->next = l->socket->rooms;
	l->socket->rooms = m;
	return 0;
}

static int load_socket(void *ctx, const struct socket_row *row)
{
	struct load *l = ctx;
	struct socket *s;
	int error;

	if ((row->left && row->left <= l->cursor) || row->sid.len > RANDOM_ID_LEN)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return POLLUX_NO_MEMORY;
	drop_copy(l->all, row->sid);
	memcpy(s->sid, row->sid.at, row->sid.len);
	s->all.since = row->joined;
	s->all.until = row->left ? row->left : SEQ_NEVER;
	error = membership_link(l->all, &s->all, s, (struct text){row->nsp.at, row->nsp.len}, (struct text){0});
	if (error) {
		free(s);
		return error;
	}
	s->client = l->client;
	HASH_ADD(hh, l->all->by_sid, sid, row->sid.len, s);
	s->next = l->client->sockets;
	l->client->sockets = s;
	return 0;
}

int client_reload(struct clients *all, struct store *store, struct client *c, const struct client_row *row)
{
	struct load load = {.all = all, .client = c, .cursor = row->cursor};
	int error;

	if (row->answered_from < load.cursor)
		load.cursor = row->answered_from;
	client_clear(all, c);
	c->version = -1;
	error = socket_of_client(store, c->id, true, load_socket, &load);
	if (error < 0)
		return error;
	for (load.socket = c->sockets; load.socket; load.socket = load.socket->next) {
		struct log_text sid = {load.socket->sid, strlen(load.socket->sid)};

		error = member_of_socket(store, sid, load_member, &load);
		if (error < 0)
			return error;
	}
	c->version = row->version;
	return 0;
}

/* A room is read again whole: its intervals are dropped from the copies and linked anew. */
static void drop_room(struct clients *all, struct room *room)
{
	struct membership *m, *next, **at;

	for (m = room->members; m; m = next) {
		next = m->room_next;
		for (at = &m->socket->rooms; *at != m; at = &(*at)->next)
			continue;
		*at = m->next;
		membership_unlink(all, m);   /* with the last one the room goes */
		free(m);
	}
}

struct reload {
	struct load load;
	void (*changed)(void *ctx, struct client *c);
	void *ctx;
};

static int reload_member(void *ctx, struct log_text nsp, struct log_text room, struct log_text sid, int64_t since, int64_t until)
{
	struct reload *r = ctx;
	struct socket *s = socket_find(r->load.all, (struct text){nsp.at, nsp.len}, (struct text){sid.at, sid.len});

	if (!s)
		return 0;
	r->load.socket = s;
	r->changed(r->ctx, s->client);
	return load_member(&r->load, nsp, room, sid, since, until);
}

int clients_reload_room(struct clients *all, struct store *store, struct text nsp, struct text name,
			void (*changed)(void *ctx, struct client *c), void *ctx)
{
	struct reload r = {.load = {.all = all, .cursor = -1}, .changed = changed, .ctx = ctx};
	struct room *room = room_find(all, nsp, name);
	int n;

	for (struct membership *m = room ? room->members : NULL; m; m = m->room_next)
		changed(ctx, m->socket->client);
	if (room)
		drop_room(all, room);
	n = member_of_room(store, (struct log_text){nsp.at, nsp.len}, (struct log_text){name.at, name.len}, reload_member, &r);
	return n < 0 ? n : 0;
}

struct client *client_find(struct clients *all, int64_t id)
{
	struct client *c = NULL;

	HASH_FIND(hh, all->by_id, &id, sizeof(id), c);
	return c;
}

struct client *client_get(struct clients *all, struct store *store, const struct client_row *row, int *error)
{
	struct client *c = client_find(all, row->id);

	*error = POLLUX_NO_MEMORY;
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return NULL;
		c->id = row->id;
		c->version = -1;
		HASH_ADD(hh, all->by_id, id, sizeof(c->id), c);
	}
	*error = c->version == row->version ? 0 : client_reload(all, store, c, row);
	return *error < 0 ? NULL : c;
}

void client_forget(struct clients *all, struct client *c)
{
	client_drop_pending(c, INT64_MIN);
	client_clear(all, c);
	bytes_unref(c->cors);
	HASH_DEL(all->by_id, c);
	free(c);
}

/* The first one needs no memory: most ticks bring a client just one. */
static bool grow_pending(struct client *c)
{
	uint32_t room = c->pending_room < 4 ? 4 : c->pending_room * 2;
	struct row **grown;

	if (!c->pending_room) {
		c->pending = &c->one;
		c->pending_room = 1;
		return true;
	}
	grown = realloc(c->pending == &c->one ? NULL : c->pending, room * sizeof(*grown));
	if (!grown)
		return false;
	if (c->pending == &c->one)
		grown[0] = c->one;
	c->pending = grown;
	c->pending_room = room;
	return true;
}

int client_push(struct client *c, struct row *row)
{
	if (c->pending_count && c->pending[c->pending_count - 1] == row)
		return 0;
	if (c->pending_count == c->pending_room && !grow_pending(c))
		return POLLUX_NO_MEMORY;
	c->pending[c->pending_count++] = row_ref(row);
	return 0;
}

/* The array goes as well: an idle client keeps nothing. */
void client_drop_pending(struct client *c, int64_t above)
{
	while (c->pending_count && c->pending[c->pending_count - 1]->seq > above)
		row_unref(c->pending[--c->pending_count]);
	if (c->pending_count)
		return;
	if (c->pending != &c->one)
		free(c->pending);
	c->pending = NULL;
	c->pending_room = 0;
}

void clients_deinit(struct clients *all)
{
	struct client *c, *next;

	HASH_ITER(hh, all->by_id, c, next)
		client_forget(all, c);
}
