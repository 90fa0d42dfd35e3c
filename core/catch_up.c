/*
 * A batch of rows is read at one snapshot of the store. Clients that a control row names are read again first, at that same
 * snapshot; then every row is routed by the intervals of membership, so the order of the two does not matter.
 */
#include "config.h"
#include "core/catch_up.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/poll.h"
#include "core/route.h"
#include "core/server_side.h"

#define BATCH 1000
/* Retention waits for processes that lag, unless by very many rows: that takes longer than this. */
#define STANDSTILL_MS 1000

static void ready(void *ctx, struct client *c)
{
	poll_ready(ctx, c);
}

/* A poll waits here for a client that has changed: its sockets, its rooms, or its end. */
static int reload(struct server *s, int64_t id)
{
	struct client *c = client_find(&s->clients, id);
	struct client_row row;
	int error;

	if (!c)
		return 0;
	if (!client_is_here(c)) {
		c->version = -1;
		return 0;
	}
	c->read_in = s->transaction;
	error = client_load_id(s->store, id, &row);
	c->gone = error == POLLUX_NOT_FOUND;
	if (!error) {
		c->final = row.state == CLIENT_OPEN ? 0 : row.final;
		c->lingers = row.state == CLIENT_CLOSING;
		c->switched = c->x && row.transport != CLIENT_POLLING;
		c->flush = c->x && row.probed == CLIENT_PROBED;
		error = row.version == c->version ? 0 : client_reload(&s->clients, s->store, c, &row);
	}
	if (c->gone || c->final || c->switched || c->flush)
		poll_ready(s, c);
	return error == POLLUX_NOT_FOUND ? 0 : error;
}

/* A rollback makes it look again: at once if it is here, else when it comes. */
static void room_changed(void *ctx, struct client *c)
{
	struct server *s = ctx;

	c->read_in = s->transaction;
	if (!client_is_here(c))
		c->version = -1;
}

static int run_control(struct server *s, const struct row *row)
{
	if (row->client)
		return reload(s, row->client);
	if (row->room.at)
		return clients_reload_room(&s->clients, s->store, row->nsp, row->room, room_changed, s);
	return 0;
}

static int route_rows(struct server *s, struct row **rows, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		if (rows[i]->kind == LOG_CONTROL)
			error = run_control(s, rows[i]);
	for (size_t i = 0; i < count && !error; i++)
		error = route_row(&s->clients, rows[i], ready, s);
	return error;
}

struct batch {
	struct row *rows[BATCH];
	size_t count;
	const char *epoch;
};

static int keep(void *ctx, const struct log_row *row)
{
	struct batch *b = ctx;

	b->rows[b->count] = row_new(row, true, b->epoch);
	return b->rows[b->count] ? (int)(b->count++, 0) : POLLUX_NO_MEMORY;
}

static int read_batch(struct server *s, struct batch *b)
{
	int n, error;

	b->count = 0;
	b->epoch = server_epoch(s);
	n = log_read(s->store, s->position, BATCH, keep, b);
	error = n < 0 ? n : route_rows(s, b->rows, b->count);
	for (size_t i = 0; i < b->count; i++) {
		if (!error) {
			recent_add(&s->recent, b->rows[i]);
			server_side_take(s, b->rows[i]);
			s->position = b->rows[i]->seq;
		}
		row_unref(b->rows[i]);
	}
	return error;
}

/* What a failed transaction told of clients was not so. Nothing is routed before that is known. */
static int read_again(struct server *s)
{
	struct client *c, *next;
	int error;

	if (!s->unsure)
		return 0;
	HASH_ITER(hh, s->clients.by_id, c, next) {
		error = client_is_here(c) && c->version < 0 ? reload(s, c->id) : 0;
		if (error)
			return error;
	}
	s->unsure = false;
	return 0;
}

/* Who stood still for long (stopped, starved) may find rows gone that its WebSockets were to get: a gap is never passed over in silence. */
static int look_for_gap(struct server *s)
{
	int64_t now = clock_mono_ms(), events, direct;
	bool long_ago = s->read_ms && now - s->read_ms > STANDSTILL_MS;
	int error;

	s->read_ms = now;
	if (!long_ago || !s->links.count)
		return 0;
	error = log_gaps(s->store, &events, &direct);
	if (error || (events <= s->position && direct <= s->position))
		return error;
	say(SAY_WARN, "core", NULL, "rows were deleted before this process had read them: its websockets are closed");
	links_drop(s, 1012, "transport error");
	return 0;
}

int catch_up_read(struct server *s)
{
	struct batch *b = malloc(sizeof(*b));
	int error = b ? read_again(s) : POLLUX_NO_MEMORY;

	if (!error)
		error = look_for_gap(s);
	do {
		if (!error)
			error = read_batch(s, b);
	} while (!error && b->count == BATCH);
	free(b);
	s->newest = s->position;
	return error;
}

int catch_up_own(struct server *s)
{
	struct journal *j = &s->journal;

	s->newest = j->rows_count ? j->rows[j->rows_count - 1]->seq : s->position;
	return route_rows(s, j->rows, j->rows_count);
}

void catch_up_commit(struct server *s)
{
	struct journal *j = &s->journal;

	for (size_t i = 0; i < j->rows_count; i++)
		recent_add(&s->recent, j->rows[i]);
	s->position = s->newest;
}

void catch_up_revert(struct server *s)
{
	struct client *c, *next;

	HASH_ITER(hh, s->clients.by_id, c, next) {
		if (!client_is_here(c) || c->read_in != s->transaction)
			continue;
		c->version = -1;
		s->unsure = true;
	}
}

struct gather {
	struct client *client;
	int64_t to, last;
	size_t bytes, max_bytes;
	const char *epoch;
	int seen;
};

static int gather_row(struct gather *g, struct row *row)
{
	g->last = row->seq;
	if (row->kind == LOG_VOLATILE || !route_reaches(g->client, row))
		return 0;
	g->bytes += row_size(row);
	return client_push(g->client, row);
}

static int gather_from_log(void *ctx, const struct log_row *from)
{
	struct gather *g = ctx;
	struct row *row;
	int error;

	if (from->seq > g->to || g->bytes > g->max_bytes)
		return POLLUX_GONE;
	row = row_new(from, true, g->epoch);
	error = row ? gather_row(g, row) : POLLUX_NO_MEMORY;
	row_unref(row);
	g->seen++;
	return error;
}

static int gather_one(struct server *s, struct gather *g, int64_t seq, struct row *row)
{
	int n;

	if (row)
		return gather_row(g, row);
	n = log_read(s->store, seq - 1, 1, gather_from_log, g);
	return n < 0 && n != POLLUX_GONE ? n : 0;
}

static int gather_from_recent(struct server *s, struct gather *g)
{
	size_t i = recent_find(&s->recent, g->last);
	struct row *row;
	int64_t seq;
	int error = 0;

	for (; !error && recent_next(&s->recent, &i, g->client->id, &seq, &row); i++) {
		if (seq > g->to || g->bytes > g->max_bytes)
			break;
		error = gather_one(s, g, seq, row);
	}
	return error;
}

int catch_up_gather(struct server *s, struct client *c, int64_t from, int64_t to, size_t max_bytes)
{
	struct gather g = {.client = c, .to = to, .last = from, .max_bytes = max_bytes, .epoch = server_epoch(s)};
	int n = 0;

	while (!recent_covers(&s->recent, g.last) && g.bytes <= max_bytes && g.last < to) {
		g.seen = 0;
		n = log_read(s->store, g.last, BATCH, gather_from_log, &g);
		if (n == POLLUX_GONE || g.seen < BATCH)
			break;
		if (n < 0)
			return n;
	}
	if (n < 0 && n != POLLUX_GONE)
		return n;
	n = recent_covers(&s->recent, g.last) && g.last < to ? gather_from_recent(s, &g) : 0;
	if (!n && g.bytes > max_bytes && g.last < to) {
		c->cut_at = g.last;
		c->cursor = SEQ_NEVER;
	}
	return n;
}
