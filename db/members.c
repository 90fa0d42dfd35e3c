/*
 * Rows of member: who was in which room when. The store's thread.
 *
 * An interval is (since, until]. One that is left before anything was sent is empty and goes at once; one that a
 * socket's leaving closed stays even if empty, since recovery opens those again.
 */
#include "config.h"
#include "db/sockets.h"

#include "db/store_internal.h"

static void bind_member(struct store *s, sqlite3_stmt *st, struct log_text nsp, struct log_text room, struct log_text sid)
{
	bind_text(s, st, 1, nsp);
	bind_text(s, st, 2, room);
	bind_text(s, st, 3, sid);
}

/* The open interval's beginning, -1 when it is not in. */
static int find_open(struct store *s, struct log_text nsp, struct log_text room, struct log_text sid, int64_t *since)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_MEMBER_FIND,
		"SELECT since FROM member "
		"WHERE nsp = ? AND room = ? AND sid = ? AND +until IS NULL",
		&st);

	if (error < 0)
		return error;
	bind_member(s, st, nsp, room, sid);
	return statement_integer(s, st, -1, since);
}

int member_join(struct store *s, struct log_text nsp, struct log_text room, struct log_text sid, int64_t since)
{
	sqlite3_stmt *st;
	int64_t open;
	int error = find_open(s, nsp, room, sid, &open);

	if (error < 0)
		return error;
	if (open >= 0)
		return POLLUX_EXISTS;
	/* An empty interval with the same beginning may lie there: open it again. */
	error = statement_get(s, ST_MEMBER_JOIN,
		"INSERT INTO member(nsp, room, sid, since) VALUES(?, ?, ?, ?) "
		"ON CONFLICT(nsp, room, sid, since) DO UPDATE SET until = NULL",
		&st);
	if (error < 0)
		return error;
	bind_member(s, st, nsp, room, sid);
	bind_int(s, st, 4, since);
	return statement_run(s, st);
}

static int close_or_forget(struct store *s, sqlite3_stmt *st, struct log_text nsp, struct log_text room, struct log_text sid, int64_t since)
{
	bind_member(s, st, nsp, room, sid);
	bind_int(s, st, 4, since);
	return statement_run(s, st);
}

int member_leave(struct store *s, struct log_text nsp, struct log_text room, struct log_text sid, int64_t until)
{
	sqlite3_stmt *st;
	int64_t since;
	int error = find_open(s, nsp, room, sid, &since);

	if (error < 0)
		return error;
	if (since < 0)
		return POLLUX_NOT_FOUND;
	if (since >= until) {
		error = statement_get(s, ST_MEMBER_FORGET, "DELETE FROM member WHERE nsp = ? AND room = ? AND sid = ? AND since = ?", &st);
		return error < 0 ? error : close_or_forget(s, st, nsp, room, sid, since);
	}
	error = statement_get(
		s, ST_MEMBER_LEAVE, "UPDATE member SET until = ?5 WHERE nsp = ?1 AND room = ?2 AND sid = ?3 AND since = ?4", &st);
	if (error < 0)
		return error;
	bind_int(s, st, 5, until);
	return close_or_forget(s, st, nsp, room, sid, since);
}

static int each_member(struct store *s, sqlite3_stmt *st, member_each *each, void *ctx)
{
	int got, error = 0, count = 0;

	while (error >= 0 && (got = statement_step(s, st)) != 0) {
		if (got < 0) {
			error = got;
			break;
		}
		error = each(ctx, column_text(st, 0), column_text(st, 1), column_text(st, 2), sqlite3_column_int64(st, 3),
			sqlite3_column_int64(st, 4));
		count++;
	}
	statement_end(st);
	return error < 0 ? error : count;
}

int member_of_socket(struct store *s, struct log_text sid, member_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_MEMBER_OF_SOCKET,
		"SELECT nsp, room, sid, since, until FROM member WHERE sid = ? ORDER BY nsp, room, since", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	return each_member(s, st, each, ctx);
}

int member_of_room(struct store *s, struct log_text nsp, struct log_text room, member_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_MEMBER_OF_ROOM, "SELECT nsp, room, sid, since, until FROM member WHERE nsp = ? AND room = ?", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, nsp);
	bind_text(s, st, 2, room);
	return each_member(s, st, each, ctx);
}

int64_t member_room_size(struct store *s, struct log_text nsp, struct log_text room, int64_t limit)
{
	sqlite3_stmt *st;
	int64_t count;
	int error = statement_get(s, ST_MEMBER_ROOM_SIZE,
		"SELECT count(*) FROM (SELECT 1 FROM member WHERE nsp = ? AND room = ? AND +until IS NULL LIMIT ?)", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, nsp);
	bind_text(s, st, 2, room);
	bind_int(s, st, 3, limit);
	error = statement_integer(s, st, 0, &count);
	return error < 0 ? error : count;
}

int member_count_of_socket(struct store *s, struct log_text sid)
{
	sqlite3_stmt *st;
	int64_t count;
	int error = statement_get(s, ST_MEMBER_COUNT, "SELECT count(*) FROM member WHERE sid = ? AND +until IS NULL", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	error = statement_integer(s, st, 0, &count);
	return error < 0 ? error : (int)count;
}

int member_rooms(struct store *s, struct log_text nsp, struct log_text after, int limit, room_count_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int got, count = 0,
		 error = statement_get(s, ST_MEMBER_ROOMS,
			 "SELECT room, count(*) FROM member "
			 "WHERE nsp = ?1 AND room > ?2 AND +until IS NULL GROUP BY room LIMIT ?3",
			 &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, nsp);
	bind_text(s, st, 2, after.at == NULL ? (struct log_text){ "", 0 } : after);
	bind_int(s, st, 3, limit > 0 ? limit : -1);
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
