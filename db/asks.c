/* Rows of ask and ask_answer. The store's thread. */
#include "config.h"
#include "db/asks.h"

#include <stdlib.h>
#include <string.h>
#include "db/store_internal.h"

static int insert(struct store *s, const struct ask_row *row)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ASK_INSERT, "INSERT INTO ask(seq, nsp, sid, context, by_ms) VALUES(?, ?, ?, ?, nullif(?, -1))", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, row->seq);
	bind_text(s, st, 2, row->nsp);
	bind_text(s, st, 3, row->sid);
	bind_text(s, st, 4, row->context);
	bind_int(s, st, 5, row->by_ms);
	return statement_run(s, st);
}

/* The index ends in seq: the newest are stepped over in it. */
#define OLDEST_OF_SOCKET                                                                          \
	"WHERE sid = ?1 AND seq <= (SELECT seq FROM ask WHERE sid = ?1 ORDER BY seq DESC LIMIT 1 " \
	"OFFSET ?2) "

static int end_oldest(struct store *s, enum statement_slot slot, const char *sql, struct log_text sid)
{
	sqlite3_stmt *st;
	int error = statement_get(s, slot, sql, &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	bind_int(s, st, 2, ASKS_OF_SOCKET_MAX);
	return statement_run(s, st);
}

int ask_insert(struct store *s, const struct ask_row *row)
{
	int error = insert(s, row);

	if (error < 0 || row->sid.at == NULL)
		return error;
	error = end_oldest(s, ST_ASK_FORGET_OLDEST, "DELETE FROM ask " OLDEST_OF_SOCKET "AND by_ms IS NULL", row->sid);
	if (error < 0)
		return error;
	return end_oldest(s, ST_ASK_END_OLDEST, "UPDATE ask SET by_ms = 0 " OLDEST_OF_SOCKET "AND by_ms > 0", row->sid);
}

static int expect(struct store *s, int64_t seq)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ASK_EXPECT, "INSERT INTO ask_answer(seq, sid) SELECT ?, sid FROM temp.audience", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	error = statement_run(s, st);
	return error < 0 ? error : sqlite3_changes(s->db);
}

int64_t ask_audience(struct store *s, int64_t seq)
{
	sqlite3_stmt *st;
	int error, count = expect(s, seq);

	if (count < 0)
		return count;
	error = statement_get(s, ST_ASK_WAIT, "UPDATE ask SET waiting = ?2, by_ms = iif(?2 = 0, 0, by_ms) WHERE seq = ?1", &st);
	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	bind_int(s, st, 2, count);
	error = statement_run(s, st);
	return error < 0 ? error : count;
}

int ask_waiting(struct store *s, int64_t *questions, int64_t *answers)
{
	sqlite3_stmt *st;
	int got, error = statement_get(s, ST_ASK_WAITING, "SELECT count(*), sum(waiting) FROM ask WHERE sid IS NULL", &st);

	*questions = *answers = 0;
	if (error < 0)
		return error;
	got = statement_step(s, st);
	if (got == 1) {
		*questions = sqlite3_column_int64(st, 0);
		*answers = sqlite3_column_int64(st, 1);
	}
	statement_end(st);
	return got < 0 ? got : 0;
}

static char *put(char *to, struct log_text text)
{
	if (text.len > 0)
		memcpy(to, text.at, text.len);
	to[text.len] = '\0';
	return to + text.len + 1;
}

static int keep(struct ask *out, struct log_text nsp, struct log_text sid, struct log_text context)
{
	out->context = malloc(context.len + nsp.len + 2);
	if (out->context == NULL)
		return POLLUX_NO_MEMORY;
	out->context_len = context.len;
	out->nsp = put(out->context, context);
	put(out->context + context.len + 1, nsp);
	if (sid.len < sizeof(out->sid) && sid.len > 0)
		memcpy(out->sid, sid.at, sid.len);
	return 0;
}

static int load(struct store *s, enum statement_slot slot, const char *sql, int64_t by, struct ask *out)
{
	sqlite3_stmt *st;
	int got, error = statement_get(s, slot, sql, &st);

	memset(out, 0, sizeof(*out));
	if (error < 0)
		return error;
	bind_int(s, st, 1, by);
	got = statement_step(s, st);
	if (got == 1) {
		out->seq = sqlite3_column_int64(st, 0);
		error = keep(out, column_text(st, 1), column_text(st, 2), column_text(st, 3));
	}
	statement_end(st);
	if (got <= 0)
		return got < 0 ? got : POLLUX_NOT_FOUND;
	return error;
}

int ask_load(struct store *s, int64_t seq, struct ask *out)
{
	return load(s, ST_ASK_LOAD, "SELECT seq, nsp, sid, context FROM ask WHERE seq = ?", seq, out);
}

int ask_load_due(struct store *s, int64_t now_ms, struct ask *out)
{
	return load(s, ST_ASK_LOAD_DUE, "SELECT seq, nsp, sid, context FROM ask WHERE by_ms <= ? ORDER BY by_ms, seq LIMIT 1", now_ms, out);
}

void ask_deinit(struct ask *ask)
{
	free(ask->context);
	ask->context = NULL;
}

static int run_for(struct store *s, enum statement_slot slot, const char *sql, int64_t seq)
{
	sqlite3_stmt *st;
	int error = statement_get(s, slot, sql, &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	return statement_run(s, st);
}

int ask_delete(struct store *s, int64_t seq)
{
	int error = run_for(s, ST_ASK_DELETE, "DELETE FROM ask WHERE seq = ?", seq);

	return error < 0 ? error : run_for(s, ST_ASK_ANSWERS_DELETE, "DELETE FROM ask_answer WHERE seq = ?", seq);
}

static int keep_answer(struct store *s, int64_t seq, struct log_text sid, struct log_text args, struct log_text attachments)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ASK_ANSWER,
		"UPDATE ask_answer SET args = ?3, attachments = ?4, nth = (SELECT -waiting FROM ask WHERE seq = ?1) "
		"WHERE seq = ?1 AND sid = ?2 AND args IS NULL",
		&st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	bind_text(s, st, 2, sid);
	bind_text(s, st, 3, args);
	bind_blob(s, st, 4, attachments);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	return sqlite3_changes(s->db) > 0 ? 0 : POLLUX_NOT_FOUND;
}

static int check_room(struct store *s, int64_t seq, int64_t more)
{
	sqlite3_stmt *st;
	int64_t bytes;
	int error = statement_get(s, ST_ASK_BYTES, "SELECT bytes FROM ask WHERE seq = ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	error = statement_integer(s, st, 0, &bytes);
	if (error < 0)
		return error;
	return bytes + more > ASK_ANSWERS_MAX_BYTES ? POLLUX_TOO_BIG : 0;
}

static int count_answer(struct store *s, int64_t seq, int64_t more, bool *last)
{
	sqlite3_stmt *st;
	int64_t waiting;
	int error = statement_get(s, ST_ASK_COUNT_ANSWER,
		"UPDATE ask SET bytes = bytes + ?2, waiting = waiting - 1, by_ms = iif(waiting = 1, 0, by_ms) "
		"WHERE seq = ?1 RETURNING waiting",
		&st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	bind_int(s, st, 2, more);
	error = statement_integer(s, st, 0, &waiting);
	*last = waiting == 0;
	return error;
}

int ask_answer(struct store *s, int64_t seq, struct log_text sid, struct log_text args, struct log_text attachments, bool *last)
{
	int64_t more = (int64_t)(args.len + attachments.len);
	int error = check_room(s, seq, more);

	*last = false;
	if (error == 0)
		error = keep_answer(s, seq, sid, args, attachments);
	return error == 0 ? count_answer(s, seq, more, last) : error;
}

int ask_answers(struct store *s, int64_t seq, ask_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int got = 0, count = 0,
	    error = statement_get(s, ST_ASK_ANSWERS,
		    "SELECT sid, args, attachments FROM ask_answer WHERE seq = ? ORDER BY args IS NULL, nth", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	while (error >= 0 && (got = statement_step(s, st)) == 1) {
		error = each(ctx, column_text(st, 0), column_text(st, 1), column_blob(st, 2));
		count++;
	}
	statement_end(st);
	if (got < 0)
		return got;
	return error < 0 ? error : count;
}

int ask_forget_socket(struct store *s, struct log_text sid)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ASK_FORGET_SOCKET, "DELETE FROM ask WHERE sid = ? AND by_ms IS NULL", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	return statement_run(s, st);
}
