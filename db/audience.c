/*
 * Sets of sockets. The temporary table is looked for at each beginning: a rolled back transaction takes it along. Names are bound one
 * by one rather than as a JSON array, which cannot hold every name.
 */
#include "config.h"
#include "db/audience.h"

#include "db/store_internal.h"

int audience_begin(struct store *s)
{
	int error = store_exec(s, "CREATE TEMP TABLE IF NOT EXISTS audience(sid TEXT PRIMARY KEY, client INTEGER) WITHOUT ROWID");
	sqlite3_stmt *st;

	if (!error)
		error = statement_get(s, ST_AUDIENCE_BEGIN, "DELETE FROM temp.audience", &st);
	return error < 0 ? error : statement_run(s, st);
}

static int run_for_room(struct store *s, sqlite3_stmt *st, struct log_text nsp, struct log_text room)
{
	bind_text(s, st, 1, nsp);
	if (room.at != NULL)
		bind_text(s, st, 2, room);
	return statement_run(s, st);
}

int audience_add(struct store *s, struct log_text nsp, struct log_text room)
{
	sqlite3_stmt *st;
	int error;

	if (room.at == NULL)
		error = statement_get(s, ST_AUDIENCE_ADD_ALL,
			"INSERT INTO temp.audience(sid, client) SELECT sid, client FROM main.socket WHERE nsp = ?1 AND left IS NULL", &st);
	else
		error = statement_get(s, ST_AUDIENCE_ADD,
			"INSERT OR IGNORE INTO temp.audience(sid, client) "
			"SELECT s.sid, s.client FROM main.member m JOIN main.socket s ON s.sid = m.sid "
			"WHERE m.nsp = ?1 AND m.room = ?2 AND +m.until IS NULL AND +s.left IS NULL "
			"UNION ALL SELECT sid, client FROM main.socket WHERE sid = ?2 AND nsp = ?1 AND +left IS NULL",
			&st);
	return error < 0 ? error : run_for_room(s, st, nsp, room);
}

int audience_remove(struct store *s, struct log_text nsp, struct log_text room)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_AUDIENCE_REMOVE,
		"DELETE FROM temp.audience WHERE sid = ?2 "
		"OR sid IN (SELECT sid FROM main.member WHERE nsp = ?1 AND room = ?2 AND +until IS NULL)",
		&st);

	return error < 0 ? error : run_for_room(s, st, nsp, room);
}

static int hand_out(struct store *s, sqlite3_stmt *st, audience_each *each, void *ctx)
{
	int got, error = 0, count = 0;

	while (error >= 0 && (got = statement_step(s, st)) != 0) {
		if (got < 0) {
			error = got;
			break;
		}
		error = each(ctx, column_text(st, 0), sqlite3_column_int64(st, 1));
		count++;
	}
	statement_end(st);
	return error < 0 ? error : count;
}

int audience_ids(struct store *s, audience_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_AUDIENCE_IDS, "SELECT sid, client FROM temp.audience", &st);

	return error < 0 ? error : hand_out(s, st, each, ctx);
}

static int64_t one_integer(struct store *s, int error, sqlite3_stmt *st)
{
	int64_t value;

	if (!error)
		error = statement_integer(s, st, 0, &value);
	return error < 0 ? error : value;
}

int64_t audience_count(struct store *s)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_AUDIENCE_COUNT, "SELECT count(*) FROM temp.audience", &st);

	return one_integer(s, error, st);
}

/* All changes are made at the first step; the rows are kept until they are asked for. */
static int change(struct store *s, sqlite3_stmt *st, struct log_text nsp, struct log_text room, int64_t seq, audience_each *each, void *ctx)
{
	bind_text(s, st, 1, nsp);
	bind_text(s, st, 2, room);
	bind_int(s, st, 3, seq);
	return hand_out(s, st, each, ctx);
}

#define CLIENT_OF "(SELECT a.client FROM temp.audience a WHERE a.sid = member.sid)"

int audience_join(struct store *s, struct log_text nsp, struct log_text room, int64_t since, audience_each *each, void *ctx)
{
	sqlite3_stmt *st;
	/* a socket is in its own room always; and an empty interval with the same beginning is opened again */
	int error = statement_get(s, ST_AUDIENCE_JOIN,
		"INSERT INTO main.member(nsp, room, sid, since) SELECT ?1, ?2, a.sid, ?3 FROM temp.audience a "
		"WHERE a.sid <> ?2 AND NOT EXISTS (SELECT 1 FROM main.member m "
		"WHERE m.nsp = ?1 AND m.room = ?2 AND m.sid = a.sid AND +m.until IS NULL) "
		"ON CONFLICT(nsp, room, sid, since) DO UPDATE SET until = NULL RETURNING sid, " CLIENT_OF,
		&st);

	return error < 0 ? error : change(s, st, nsp, room, since, each, ctx);
}

int audience_leave(struct store *s, struct log_text nsp, struct log_text room, int64_t until, audience_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int closed, error = statement_get(s, ST_AUDIENCE_LEAVE,
		"UPDATE main.member SET until = ?3 WHERE nsp = ?1 AND room = ?2 AND +until IS NULL AND since < ?3 "
		"AND sid IN (SELECT sid FROM temp.audience) RETURNING sid, " CLIENT_OF,
		&st);

	closed = error < 0 ? error : change(s, st, nsp, room, until, each, ctx);
	if (closed < 0)
		return closed;
	error = statement_get(s, ST_AUDIENCE_FORGET,
		"DELETE FROM main.member WHERE nsp = ?1 AND room = ?2 AND +until IS NULL AND since >= ?3 "
		"AND sid IN (SELECT sid FROM temp.audience) RETURNING sid, " CLIENT_OF,
		&st);
	error = error < 0 ? error : change(s, st, nsp, room, until, each, ctx);
	return error < 0 ? error : closed + error;
}

int64_t audience_most_rooms(struct store *s)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_AUDIENCE_MOST_ROOMS,
		"SELECT max((SELECT count(*) FROM main.member m WHERE m.sid = a.sid AND +m.until IS NULL)) FROM temp.audience a", &st);

	return one_integer(s, error, st);
}
