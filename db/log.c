/*
 * The log's rows. The store's thread.
 *
 * seq is SQLite's own max + 1, asked anew at every insert: that is one step to the end of the tree where the row goes anyway,
 * nothing is remembered that a foreign writer or a rollback could make wrong, and since the newest row is never deleted no number
 * comes twice. Rejected: AUTOINCREMENT, which costs 40% of the insert rate.
 */
#include "config.h"
#include "db/log.h"

#include "base/clock.h"
#include "db/store_internal.h"

/* What a power cut may have taken back lies within this many numbers. */
#define BOOT_SKIP (INT64_C(1) << 20)

#define LOG_COLUMNS "seq, at_ms, kind, client, nsp, room, targets, packet, attachments, sender, key, ack"
#define LOG_VALUES "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
#define APPEND_SQL "INSERT INTO log(" LOG_COLUMNS ") " LOG_VALUES

int64_t log_last(struct store *s)
{
	sqlite3_stmt *st;
	int64_t last;
	int error = statement_get(s, ST_LOG_LAST, "SELECT max(seq) FROM log", &st);

	if (error == 0)
		error = statement_integer(s, st, 0, &last);
	return error < 0 ? error : last;
}

/* The first append after another boot: *seq is a number beyond what that boot may have given out, else 0. */
static int skip_after_boot(struct store *s, int64_t *seq)
{
	int64_t last;
	int changed = store_boot_changed(s);

	*seq = 0;
	if (changed <= 0)
		return changed;
	last = log_last(s);
	*seq = last + BOOT_SKIP + 1;
	return last < 0 ? (int)last : 0;
}

/* Once a row stands beyond the skipped numbers. */
static int note_boot(struct store *s)
{
	int error = meta_set_text(s, "boot", store_boot_id());

	s->boot_written = error == 0;
	return error;
}

static void bind_row(struct store *s, sqlite3_stmt *st, int64_t seq, const struct log_row *row)
{
	bind_id(s, st, 1, seq);
	bind_int(s, st, 2, row->at_ms);
	bind_int(s, st, 3, row->kind);
	bind_id(s, st, 4, row->client);
	bind_text(s, st, 5, row->nsp);
	bind_text(s, st, 6, row->room);
	bind_text(s, st, 7, row->targets);
	bind_text(s, st, 8, row->packet);
	bind_blob(s, st, 9, row->attachments);
	bind_text(s, st, 10, row->sender);
	bind_text(s, st, 11, row->key);
	bind_int(s, st, 12, row->ack);
}

/* EXISTS with the seq of the row that has the key. */
static int find_key(struct store *s, struct log_row *row)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_LOG_FIND_KEY, "SELECT seq FROM log WHERE key = ? AND key IS NOT NULL", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, row->key);
	error = statement_integer(s, st, 0, &row->seq);
	if (error == 0 && row->seq == 0)
		error = POLLUX_DATABASE;
	return error < 0 ? error : POLLUX_EXISTS;
}

static int append_keyed(struct store *s, int64_t seq, struct log_row *row)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_LOG_APPEND_KEY, APPEND_SQL " ON CONFLICT(key) WHERE key IS NOT NULL DO NOTHING", &st);

	if (error < 0)
		return error;
	bind_row(s, st, seq, row);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	if (sqlite3_changes(s->db) == 0)
		return find_key(s, row);
	row->seq = sqlite3_last_insert_rowid(s->db);
	return 0;
}

static int append_plain(struct store *s, int64_t seq, struct log_row *row)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_LOG_APPEND, APPEND_SQL, &st);

	if (error < 0)
		return error;
	bind_row(s, st, seq, row);
	error = statement_run(s, st);
	if (error == 0)
		row->seq = sqlite3_last_insert_rowid(s->db);
	return error;
}

int log_append(struct store *s, struct log_row *row)
{
	int64_t seq;
	int error = skip_after_boot(s, &seq);

	if (error < 0)
		return error;
	if (row->at_ms == 0)
		row->at_ms = clock_wall_ms();
	error = row->key.at == NULL ? append_plain(s, seq, row) : append_keyed(s, seq, row);
	return error == 0 && seq != 0 ? note_boot(s) : error;
}

static void read_row(sqlite3_stmt *st, struct log_row *row)
{
	row->seq = sqlite3_column_int64(st, 0);
	row->at_ms = sqlite3_column_int64(st, 1);
	row->kind = (enum log_kind)sqlite3_column_int(st, 2);
	row->client = sqlite3_column_int64(st, 3);
	row->nsp = column_text(st, 4);
	row->room = column_text(st, 5);
	row->targets = column_text(st, 6);
	row->packet = column_text(st, 7);
	row->attachments = column_blob(st, 8);
	row->sender = column_text(st, 9);
	row->key = column_text(st, 10);
	row->ack = sqlite3_column_int(st, 11) != 0;
}

/* Hands out every row of a bound statement and ends it. How many, or a negative. */
static int each_row(struct store *s, sqlite3_stmt *st, log_each *each, void *ctx)
{
	struct log_row row;
	int got, error = 0, count = 0;

	while (error >= 0 && (got = statement_step(s, st)) != 0) {
		if (got < 0) {
			error = got;
			break;
		}
		read_row(st, &row);
		error = each(ctx, &row);
		count++;
	}
	statement_end(st);
	return error < 0 ? error : count;
}

int log_read(struct store *s, int64_t after, int limit, log_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_LOG_READ, "SELECT " LOG_COLUMNS " FROM log WHERE seq > ? ORDER BY seq LIMIT ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, after);
	bind_int(s, st, 2, limit);
	return each_row(s, st, each, ctx);
}

#define ROOM_WHERE "WHERE nsp = ?1 AND room = ?2 AND kind = 0 AND room IS NOT NULL AND seq > ?3 AND seq < ?4 "

static void bind_room(
	struct store *s, sqlite3_stmt *st, struct log_text nsp, struct log_text room, int64_t after, int64_t before, int limit)
{
	bind_text(s, st, 1, nsp);
	bind_text(s, st, 2, room);
	bind_int(s, st, 3, after);
	bind_int(s, st, 4, before);
	bind_int(s, st, 5, limit);
}

/* The oldest of the newest `limit`, found in the index alone: so the rows themselves need no sorting. */
static int history_from(struct store *s, struct log_text nsp, struct log_text room, int64_t after, int64_t before, int limit, int64_t *from)
{
	sqlite3_stmt *st;
	int error = statement_get(
		s, ST_LOG_HISTORY_FROM, "SELECT min(seq) FROM (SELECT seq FROM log " ROOM_WHERE "ORDER BY seq DESC LIMIT ?5)", &st);

	if (error < 0)
		return error;
	bind_room(s, st, nsp, room, after, before, limit);
	return statement_integer(s, st, 0, from);
}

int log_history(
	struct store *s, struct log_text nsp, struct log_text room, int64_t after, int64_t before, int limit, log_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int64_t from;
	int error;

	if (before == 0)
		before = INT64_MAX;
	error = history_from(s, nsp, room, after, before, limit, &from);
	if (error < 0 || from == 0)
		return error;
	error = statement_get(s, ST_LOG_HISTORY, "SELECT " LOG_COLUMNS " FROM log " ROOM_WHERE "ORDER BY seq LIMIT ?5", &st);
	if (error < 0)
		return error;
	bind_room(s, st, nsp, room, from - 1, before, limit);
	return each_row(s, st, each, ctx);
}

/* By the indexes of rooms, so that it costs what there is for the socket, not what was sent to others, and no more than the limit of it: a client may show
 * an old position in rooms with long histories. CROSS JOIN: in this order. */
int log_missed(struct store *s, struct log_text nsp, struct log_text sid, int64_t after, int limit, log_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_LOG_MISSED,
		"SELECT " LOG_COLUMNS " FROM log WHERE seq IN ("
		"SELECT l.seq FROM member m CROSS JOIN log l WHERE m.sid = ?2 AND l.nsp = m.nsp AND l.room = m.room AND l.kind = 0 "
		"AND l.room IS NOT NULL AND l.seq > max(?3, m.since) AND l.seq <= ifnull(m.until, 9223372036854775807) "
		"UNION ALL SELECT seq FROM log WHERE nsp = ?1 AND room = ?2 AND kind = 0 AND room IS NOT NULL AND seq > ?3 "
		"UNION ALL SELECT seq FROM log WHERE nsp = ?1 AND room IS NULL AND kind = 0 AND seq > ?3 "
		"UNION ALL SELECT seq FROM log INDEXED BY log_direct WHERE room = ?2 AND kind = 1 AND seq > ?3 LIMIT ?4) "
		"ORDER BY seq",
		&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, nsp);
	bind_text(s, st, 2, sid);
	bind_int(s, st, 3, after);
	bind_int(s, st, 4, limit);
	return each_row(s, st, each, ctx);
}

int log_gaps(struct store *s, int64_t *events_gap, int64_t *direct_gap)
{
	int error = meta_get(s, "gap", events_gap);

	return error < 0 ? error : meta_get(s, "lost", direct_gap);
}
