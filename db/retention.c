/*
 * Forgetting, a small batch a call. The store's thread, in a write transaction.
 *
 * Two kinds of rows. Those of a room's history (kind 0 with a room) go by age and by how many the room has. All others have only to
 * reach those who are connected or come back within the recovery window, and go with it. Nothing younger than the window goes at all,
 * nor anything above the floor, nor the newest row of the log, on which the next seq stands.
 *
 * The trim walks the log once, row after row, as they leave the window (`trimmed` in meta is how far it came), and prunes the rooms
 * it meets. So a room is looked at when it grows; the sweep looks at one room more a call, for limits that were lowered since.
 */
#include "config.h"
#include "db/retention.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "db/retention_parts.h"
#include "db/store_internal.h"

/* A row from further ahead than this was written by a wrong clock, and must not hold up all that follow it. */
#define FUTURE_MS (3600 * 1000)
/* Looking for the n-th newest row of a room skips so many rows of the index in the time that deleting one takes. */
#define SKIPS_A_DELETE 50
/* A room is looked at once in so many parts of its limit: 1000 rows allowed, 1/10 of that many new ones a look. */
#define ROWS_A_LOOK 10

static bool has_left(int64_t at_ms, int64_t wall_ms, int64_t window_ms)
{
	return at_ms <= wall_ms - window_ms || at_ms > wall_ms + FUTURE_MS;
}

/* How far the trim may come now: the seq before the first row that must stay (the newest must in any case). *rows: how many were looked at. */
static int find_trim_end(struct store *s, const struct retention *r, int64_t wall_ms, int64_t from, int64_t *end, int *rows)
{
	sqlite3_stmt *st;
	int got,
		error = statement_get(s, ST_TRIM_SCAN,
			"SELECT seq, at_ms + (SELECT ifnull(sum(ms), 0) FROM silence WHERE silence.seq >= log.seq) "
			"FROM log WHERE seq > ? AND seq <= ? AND seq < (SELECT max(seq) FROM log) ORDER BY seq LIMIT ?",
			&st);

	*end = from;
	*rows = 0;
	if (error < 0)
		return error;
	bind_int(s, st, 1, from);
	bind_int(s, st, 2, r->floor);
	bind_int(s, st, 3, r->max_rows);
	while ((got = statement_step(s, st)) == 1) {
		if (!has_left(sqlite3_column_int64(st, 1), wall_ms, retention_keeps_ms(r)))
			break;
		*end = sqlite3_column_int64(st, 0);
		(*rows)++;
	}
	statement_end(st);
	return got < 0 ? got : 0;
}

#define TRIM_WHERE "WHERE seq > ?1 AND seq <= ?2 AND (kind <> 0 OR room IS NULL)"

static int trim_rows(struct store *s, int64_t from, int64_t end, int *deleted)
{
	sqlite3_stmt *st;
	int64_t newest;
	int error = statement_get(s, ST_TRIM_NEWEST, "SELECT max(seq) FROM log " TRIM_WHERE, &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, from);
	bind_int(s, st, 2, end);
	error = statement_integer(s, st, 0, &newest);
	if (error < 0 || newest == 0)
		return error;
	error = retention_raise_meta(s, "lost", newest);
	if (error == 0)
		error = statement_get(s, ST_TRIM_DELETE, "DELETE FROM log " TRIM_WHERE, &st);
	if (error < 0)
		return error;
	bind_int(s, st, 1, from);
	bind_int(s, st, 2, end);
	error = statement_run(s, st);
	*deleted += error == 0 ? sqlite3_changes(s->db) : 0;
	return error;
}

/* The newest row of a room that is one too many, 0 when none is. */
static int find_surplus(struct store *s, struct log_text nsp, struct log_text room, int64_t max_rows, int64_t *seq)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ROOM_SURPLUS,
		"SELECT seq FROM log WHERE nsp = ? AND room = ? AND kind = 0 AND room IS NOT NULL "
		"ORDER BY seq DESC LIMIT 1 OFFSET ?",
		&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, nsp);
	bind_text(s, st, 2, room);
	bind_int(s, st, 3, max_rows);
	return statement_integer(s, st, 0, seq);
}

/* Deletes the oldest rows of a room up to seq, at most `limit`; *last: the newest of them. */
static int prune_to(struct store *s, struct log_text nsp, struct log_text room, int64_t seq, int limit, int64_t *last, int *count)
{
	sqlite3_stmt *st;
	int got,
		error = statement_get(s, ST_ROOM_PRUNE,
			"DELETE FROM log WHERE seq IN (SELECT seq FROM log WHERE nsp = ? AND room = ? "
			"AND kind = 0 AND room IS NOT NULL AND seq <= ? ORDER BY seq LIMIT ?) "
			"RETURNING seq",
			&st);

	*last = 0;
	*count = 0;
	if (error < 0)
		return error;
	bind_text(s, st, 1, nsp);
	bind_text(s, st, 2, room);
	bind_int(s, st, 3, seq);
	bind_int(s, st, 4, limit);
	while ((got = statement_step(s, st)) == 1) {
		if (sqlite3_column_int64(st, 0) > *last)
			*last = sqlite3_column_int64(st, 0);
		(*count)++;
	}
	statement_end(st);
	return got < 0 ? got : 0;
}

/* What looking at a room costs, but half of a batch at most: high limits must come to delete as well. */
static int cost_of_look(const struct retention *r)
{
	int64_t cost = 1 + r->history_max_rows / SKIPS_A_DELETE;

	return cost < r->max_rows / 2 ? (int)cost : r->max_rows / 2;
}

/* What a room has too many of, as far as the trim came. 1: it isn't done, the budget ended. */
static int prune_room(
	struct store *s, const struct retention *r, struct log_text nsp, struct log_text room, int64_t end, int *budget, int *deleted)
{
	int64_t seq, last;
	int count, limit, error;

	if (*budget <= 0)
		return 1;
	*budget -= cost_of_look(r);
	error = find_surplus(s, nsp, room, r->history_max_rows, &seq);
	if (error < 0 || seq == 0)
		return error;
	limit = *budget > 0 ? *budget : 1;
	error = prune_to(s, nsp, room, seq < end ? seq : end, limit, &last, &count);
	if (error == 0 && last != 0)
		error = retention_raise_meta(s, "gap", last);
	*deleted += count;
	*budget -= count;
	if (error < 0)
		return error;
	return count == limit ? 1 : 0;
}

/*
 * The rooms of the rows that leave the window: each row would bring its room one more, but looking costs a walk over the room's whole
 * index, so one row of many looks, and rooms have some more rows than the limit for a while. *end comes back to the row before one
 * whose room is not done yet.
 */
static int prune_rooms(struct store *s, const struct retention *r, int64_t from, int64_t *end, int *budget, int *deleted)
{
	sqlite3_stmt *st;
	int64_t one_of = r->history_max_rows / ROWS_A_LOOK + 1;
	int got = 0,
	    error = statement_get(s, ST_TRIM_ROOMS,
		    "SELECT seq, nsp, room FROM log WHERE seq > ? AND seq <= ? AND kind = 0 "
		    "AND room IS NOT NULL AND (seq * 40503 >> 8) % ? = 0 ORDER BY seq",
		    &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, from);
	bind_int(s, st, 2, *end);
	bind_int(s, st, 3, one_of);
	while (error == 0 && (got = statement_step(s, st)) == 1) {
		error = prune_room(s, r, column_text(st, 1), column_text(st, 2), *end, budget, deleted);
		if (error == 1)
			*end = sqlite3_column_int64(st, 0) - 1;
	}
	statement_end(st);
	if (got < 0)
		return got;
	return error < 0 ? error : 0;
}

static int trim(struct store *s, const struct retention *r, int64_t wall_ms, int *budget, int *deleted)
{
	int64_t from, end = 0;
	int rows = 0, error = meta_get(s, "trimmed", &from);

	if (error == 0)
		error = find_trim_end(s, r, wall_ms, from, &end, &rows);
	if (error < 0 || rows == 0)
		return error;
	if (r->history_max_rows > 0)
		error = prune_rooms(s, r, from, &end, budget, deleted);
	if (error == 0)
		error = trim_rows(s, from, end, deleted);
	*budget -= rows / SKIPS_A_DELETE;
	if (error == 0)
		error = meta_set(s, "trimmed", end);
	return error < 0 ? error : retention_forget_silence(s, end);
}

static int keep_text(char **kept, struct log_text text)
{
	char *copy = malloc(text.len + 1);

	if (copy == NULL)
		return POLLUX_NO_MEMORY;
	if (text.len > 0)
		memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	free(*kept);
	*kept = copy;
	return 0;
}

static struct log_text kept_text(const char *text)
{
	return (struct log_text){ text == NULL ? "" : text, text == NULL ? 0 : strlen(text) };
}

/* The room that a bound statement answers. 0: none. */
static int keep_room(struct store *s, sqlite3_stmt *st)
{
	int error = 0, got = statement_step(s, st);

	if (got == 1) {
		error = keep_text(&s->room_walk_nsp, column_text(st, 0));
		if (error == 0)
			error = keep_text(&s->room_walk_room, column_text(st, 1));
	}
	statement_end(st);
	return error < 0 ? error : got;
}

/* The walk's next room, of this namespace or the next one (comparing both at once would make SQLite step over every row of the room). 0: none,
 * it begins again. */
static int next_room(struct store *s)
{
	sqlite3_stmt *st;
	int got,
		error = statement_get(s, ST_ROOM_NEXT,
			"SELECT nsp, room FROM log WHERE nsp = ? AND room > ? AND kind = 0 "
			"AND room IS NOT NULL ORDER BY room LIMIT 1",
			&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, kept_text(s->room_walk_nsp));
	bind_text(s, st, 2, kept_text(s->room_walk_room));
	got = keep_room(s, st);
	if (got != 0)
		return got;
	error = statement_get(s, ST_NSP_NEXT,
		"SELECT nsp, room FROM log WHERE nsp > ? AND kind = 0 AND room IS NOT NULL "
		"ORDER BY nsp, room LIMIT 1",
		&st);
	if (error < 0)
		return error;
	bind_text(s, st, 1, kept_text(s->room_walk_nsp));
	got = keep_room(s, st);
	if (got != 0)
		return got;
	free(s->room_walk_nsp);
	free(s->room_walk_room);
	s->room_walk_nsp = s->room_walk_room = NULL;
	return 0;
}

/* One room a call, whether it grew or not; one that isn't done yet is stayed with. */
static int sweep(struct store *s, const struct retention *r, int *budget, int *deleted)
{
	int64_t end;
	int got, error = meta_get(s, "trimmed", &end);

	if (error < 0 || r->history_max_rows == 0)
		return error;
	if (end > r->floor)
		end = r->floor;
	got = s->room_walk_room != NULL && s->room_walk_stay ? 1 : next_room(s);
	if (got <= 0)
		return got;
	error = prune_room(s, r, kept_text(s->room_walk_nsp), kept_text(s->room_walk_room), end, budget, deleted);
	s->room_walk_stay = error == 1;
	return error < 0 ? error : 0;
}

/* The oldest rows that are left are history: those of more than the age. *end: the newest of them, 0 for none. */
static int find_aged(struct store *s, int64_t older_than_ms, int64_t up_to, int limit, int64_t *end)
{
	sqlite3_stmt *st;
	int got,
		error = statement_get(s, ST_AGE_SCAN,
			"SELECT seq, at_ms FROM log WHERE seq <= ? AND seq < (SELECT max(seq) FROM log) "
			"ORDER BY seq LIMIT ?",
			&st);

	*end = 0;
	if (error < 0)
		return error;
	bind_int(s, st, 1, up_to);
	bind_int(s, st, 2, limit);
	while ((got = statement_step(s, st)) == 1 && sqlite3_column_int64(st, 1) <= older_than_ms)
		*end = sqlite3_column_int64(st, 0);
	statement_end(st);
	return got < 0 ? got : 0;
}

static int forget_aged(struct store *s, const struct retention *r, int64_t wall_ms, int *budget, int *deleted)
{
	sqlite3_stmt *st;
	int64_t up_to, end, age_ms = r->history_max_age_ms;
	int error = meta_get(s, "trimmed", &up_to);

	if (error < 0 || age_ms == 0 || *budget <= 0)
		return error;
	if (age_ms < retention_keeps_ms(r))
		age_ms = retention_keeps_ms(r);
	error = find_aged(s, wall_ms - age_ms, up_to < r->floor ? up_to : r->floor, *budget, &end);
	if (error < 0 || end == 0)
		return error;
	error = statement_get(s, ST_AGE_DELETE, "DELETE FROM log WHERE seq <= ?", &st);
	if (error < 0)
		return error;
	bind_int(s, st, 1, end);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	*deleted += sqlite3_changes(s->db);
	*budget -= sqlite3_changes(s->db);
	return retention_raise_meta(s, "gap", end);
}

int retention_raise_meta(struct store *s, const char *name, int64_t value)
{
	int64_t before;
	int error = meta_get(s, name, &before);

	return error < 0 || before >= value ? error : meta_set(s, name, value);
}

int retention_run(struct store *s, const struct retention *r, int64_t wall_ms, int64_t mono_ms, int *deleted)
{
	int error, budget = r->max_rows;

	*deleted = 0;
	error = trim(s, r, wall_ms, &budget, deleted);
	if (error == 0)
		error = sweep(s, r, &budget, deleted);
	if (error == 0)
		error = forget_aged(s, r, wall_ms, &budget, deleted);
	if (error == 0)
		error = retention_sockets(s, r, mono_ms, deleted);
	if (error == 0)
		error = retention_members(s, r, deleted);
	if (error == 0)
		error = retention_kv(s, r, wall_ms, deleted);
	return error;
}
