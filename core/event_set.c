/*
 * What handlers do to sockets by rooms and exceptions, wherever they are held. Each call is a few statements however many sockets
 * there are, and where there are many, one control row a room tells all processes rather than one a client.
 */
#include "config.h"
#include "core/event.h"

#include <string.h>

#include "core/event_run.h"
#include "db/audience.h"
#include "db/parting.h"

/* So many clients are told of one by one, and so many sockets disconnected at once. */
#define FEW 64

static struct log_text log_text(struct text t)
{
	return (struct log_text){t.at, t.len};
}

static struct log_text log_string(const char *s)
{
	return (struct log_text){s, strlen(s)};
}

/* Fills the store's set. */
static int choose(struct event *ev, const struct audience *a)
{
	struct store *store = ev->s->store;
	int error = audience_begin(store);

	if (!error && !a->rooms_count)
		error = audience_add(store, log_string(a->nsp), (struct log_text){0});
	for (size_t i = 0; i < a->rooms_count && !error; i++)
		error = audience_add(store, log_string(a->nsp), log_text(a->rooms[i]));
	for (size_t i = 0; i < a->except_count && !error; i++)
		error = audience_remove(store, log_string(a->nsp), log_text(a->except[i]));
	return error;
}

/* A change of rooms: for each room whom it changed. */
struct change {
	struct event *ev;
	const char *nsp;
	const struct text *rooms;
	size_t room;
	room_change_each *each;
	void *ctx;
	int64_t clients[FEW];
	size_t count;              /* of all changes, those that clients has no room for too */
};

static int note_change(void *ctx, struct log_text sid, int64_t client)
{
	struct change *c = ctx;

	if (c->count < FEW)
		c->clients[c->count] = client;
	c->count++;
	return c->each ? c->each(c->ctx, c->room, (struct text){sid.at, sid.len}) : 0;
}

/* Tells every process: of the clients, or of the rooms where they are many. */
static int tell(struct change *c, size_t rooms_count)
{
	int error = 0;

	if (c->count <= FEW)
		for (size_t i = 0; i < c->count && !error; i++)
			error = journal_touch(c->ev->s, c->clients[i], c->ev->client);
	else
		for (size_t i = 0; i < rooms_count && !error; i++)
			error = journal_touch_room(c->ev->s, c->nsp, c->rooms[i]);
	return error;
}

typedef int change_room(struct store *s, struct log_text nsp, struct log_text room, int64_t seq, audience_each *each, void *ctx);

/* Begins inside the event's savepoint. */
static int change_rooms(struct change *c, const struct audience *a, size_t rooms_count, change_room *how)
{
	struct store *store = c->ev->s->store;
	int64_t last = log_last(store);
	int error = last < 0 ? (int)last : choose(c->ev, a);

	for (c->room = 0; c->room < rooms_count && error >= 0; c->room++) {
		if (c->rooms[c->room].len > ROOM_NAME_MAX)
			return POLLUX_TOO_BIG;
		error = how(store, log_string(a->nsp), log_text(c->rooms[c->room]), last, note_change, c);
	}
	return error < 0 ? error : 0;
}

static int check_room_limit(struct event *ev)
{
	int64_t most = audience_most_rooms(ev->s->store);

	if (most < 0)
		return (int)most;
	return most > ev->s->settings->max_rooms ? POLLUX_TOO_BIG : 0;
}

/* A savepoint of its own: a script may catch the error and go on, and then nobody has joined. */
int event_join_all(struct event *ev, const struct audience *a, const struct text *rooms, size_t rooms_count, room_change_each *each, void *ctx)
{
	struct change c = {.ev = ev, .nsp = a->nsp, .rooms = rooms, .each = each, .ctx = ctx};
	int undone, error = event_write(ev);

	if (!error)
		error = store_savepoint(ev->s->store);
	if (error)
		return error;
	error = change_rooms(&c, a, rooms_count, audience_join);
	if (!error && c.count)
		error = check_room_limit(ev);
	if (event_is_fatal(error) || !store_in_transaction(ev->s->store))
		return error ? error : POLLUX_DATABASE;
	undone = error ? store_savepoint_rollback(ev->s->store) : store_savepoint_release(ev->s->store);
	if (error || undone)
		return undone ? undone : error;
	return tell(&c, rooms_count);
}

int event_leave_all(struct event *ev, const struct audience *a, const struct text *rooms, size_t rooms_count, room_change_each *each, void *ctx)
{
	struct change c = {.ev = ev, .nsp = a->nsp, .rooms = rooms, .each = each, .ctx = ctx};
	int error = event_write(ev);

	if (!error)
		error = change_rooms(&c, a, rooms_count, audience_leave);
	return error ? error : tell(&c, rooms_count);
}

struct leaving_call {
	struct event *ev;
	const char *nsp;
	bool close;
};

static int leave_one(void *ctx, struct log_text sid, int64_t client)
{
	struct leaving_call *call = ctx;
	char id[RANDOM_ID_LEN + 1] = "";

	(void)client;
	memcpy(id, sid.at, sid.len <= RANDOM_ID_LEN ? sid.len : 0);
	return journal_leaving(call->ev->s, call->nsp, id, call->close);
}

int event_disconnect_all(struct event *ev, const struct audience *a, bool close)
{
	struct leaving_call call = {ev, a->nsp, close};
	int error = event_write(ev);
	int64_t count;

	if (!error)
		error = choose(ev, a);
	count = error ? error : audience_count(ev->s->store);
	if (count < 0)
		return (int)count;
	if (count <= FEW) {
		error = audience_ids(ev->s->store, leave_one, &call);
		return error < 0 ? error : 0;
	}
	ev->s->parting = true;
	return parting_add_audience(ev->s->store, log_string(a->nsp), close);
}

int event_fetch(struct event *ev, const struct audience *a, int limit, socket_each *each, void *ctx)
{
	struct socket_call call = {each, ctx};
	struct log_text room = a->rooms_count ? log_text(a->rooms[0]) : (struct log_text){0};
	int n;

	if (a->rooms_count <= 1 && !a->except_count) {
		n = socket_of_room(ev->s->store, log_string(a->nsp), room, limit, event_socket_out, &call);
	} else {
		n = choose(ev, a);
		if (!n)
			n = socket_of_audience(ev->s->store, limit, event_socket_out, &call);
	}
	return n < 0 ? n : 0;
}

int event_room_size(struct event *ev, const char *nsp, struct text room, int64_t limit, int64_t *size)
{
	*size = member_room_size(ev->s->store, log_string(nsp), log_text(room), limit);
	return *size < 0 ? (int)*size : 0;
}
