/* Forgetting sockets, memberships and expired keys. The store's thread, in a write transaction. */
#include "config.h"
#include "db/retention_parts.h"

#include "db/store_internal.h"

/* A socket and its memberships go in one call, so a batch is fewer of them. */
#define ROWS_A_SOCKET 10

/* A client that is still to fetch rows up to where its socket left keeps it. The same ones both times it is asked. */
#define LEFT_SOCKETS                                                                                                \
	"(SELECT sid FROM socket WHERE left IS NOT NULL AND left_at_ms <= ?1 AND NOT EXISTS (SELECT 1 FROM client " \
	"WHERE client.id = socket.client AND client.cursor < socket.left AND client.state < 2) ORDER BY left_at_ms, sid LIMIT ?2)"

static int delete_left(struct store *s, enum statement_slot slot, const char *sql, int64_t before_ms, int limit, int *deleted)
{
	sqlite3_stmt *st;
	int error = statement_get(s, slot, sql, &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, before_ms);
	bind_int(s, st, 2, limit);
	error = statement_run(s, st);
	*deleted += error == 0 ? sqlite3_changes(s->db) : 0;
	return error;
}

int retention_sockets(struct store *s, const struct retention *r, int64_t mono_ms, int *deleted)
{
	int64_t before_ms = mono_ms - r->recovery_window_ms;
	int limit = r->max_rows / ROWS_A_SOCKET + 1;
	int error = delete_left(s, ST_MEMBER_DELETE_OF, "DELETE FROM member WHERE sid IN " LEFT_SOCKETS, before_ms, limit, deleted);

	if (error < 0)
		return error;
	return delete_left(s, ST_SOCKET_DELETE, "DELETE FROM socket WHERE sid IN " LEFT_SOCKETS, before_ms, limit, deleted);
}

#define CLOSED_MEMBERS "FROM member WHERE until IS NOT NULL AND until <= ?1 ORDER BY until LIMIT ?2 OFFSET ?3"

static void bind_closed(struct store *s, sqlite3_stmt *st, int64_t until, int limit)
{
	bind_int(s, st, 1, until);
	bind_int(s, st, 2, limit);
	bind_int(s, st, 3, s->member_walk);
}

static int count_closed(struct store *s, int64_t until, int limit, int64_t *count)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_MEMBER_SCAN, "SELECT count(*) FROM (SELECT 1 " CLOSED_MEMBERS ")", &st);

	if (error < 0)
		return error;
	bind_closed(s, st, until, limit);
	return statement_integer(s, st, 0, count);
}

/* But those that the leaving of a socket closed: recovery opens them again, they go with the socket. */
static int delete_closed(struct store *s, int64_t until, int limit, int *count)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_MEMBER_DELETE,
		"DELETE FROM member WHERE (nsp, room, sid, since) IN (SELECT nsp, room, sid, since FROM "
		"(SELECT nsp, room, sid, since, until " CLOSED_MEMBERS ") m WHERE NOT EXISTS "
		"(SELECT 1 FROM socket WHERE socket.sid = m.sid AND socket.left = m.until))",
		&st);

	if (error < 0)
		return error;
	bind_closed(s, st, until, limit);
	error = statement_run(s, st);
	*count = error == 0 ? sqlite3_changes(s->db) : 0;
	return error;
}

/* The walk steps over those it leaves; where deleting shifts the others, the next round finds them. */
int retention_members(struct store *s, const struct retention *r, int *deleted)
{
	int64_t until, seen;
	int count, error = meta_get(s, "trimmed", &until);

	if (until > r->floor)
		until = r->floor;
	if (error == 0)
		error = count_closed(s, until, r->max_rows, &seen);
	if (error == 0)
		error = delete_closed(s, until, r->max_rows, &count);
	if (error < 0)
		return error;
	*deleted += count;
	s->member_walk = seen < r->max_rows ? 0 : s->member_walk + seen - count;
	return 0;
}

int retention_kv(struct store *s, const struct retention *r, int64_t wall_ms, int *deleted)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_KV_EXPIRE,
		"DELETE FROM kv WHERE key IN (SELECT key FROM kv WHERE expires_ms IS NOT NULL "
		"AND expires_ms <= ? ORDER BY expires_ms LIMIT ?)",
		&st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, wall_ms);
	bind_int(s, st, 2, r->max_rows);
	error = statement_run(s, st);
	*deleted += error == 0 ? sqlite3_changes(s->db) : 0;
	return error;
}

int retention_note_silence(struct store *s, int64_t ms)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SILENCE_ADD,
		"INSERT INTO silence(seq, ms) SELECT ifnull(max(seq), 0), ?1 FROM log WHERE true "
		"ON CONFLICT(seq) DO UPDATE SET ms = ms + ?1",
		&st);

	if (error < 0 || ms <= 0)
		return error;
	bind_int(s, st, 1, ms);
	return statement_run(s, st);
}

int retention_forget_silence(struct store *s, int64_t seq)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SILENCE_FORGET, "DELETE FROM silence WHERE seq <= ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	return statement_run(s, st);
}
