/* Rows of ask and ask_answer. The store's thread. */
#include "config.h"
#include "db/asks.h"

#include <stdlib.h>
#include <string.h>
#include "db/store_internal.h"

static int insert(struct store *s, int64_t seq, struct log_text sid, struct log_text context)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ASK_INSERT, "INSERT INTO ask(seq, sid, context) VALUES(?, ?, ?)", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	bind_text(s, st, 2, sid);
	bind_text(s, st, 3, context);
	return statement_run(s, st);
}

/* The index ends in seq: the newest are stepped over in it. */
static int forget_oldest(struct store *s, struct log_text sid)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ASK_FORGET_OLDEST,
		"DELETE FROM ask WHERE sid = ?1 AND seq <= (SELECT seq FROM ask WHERE sid = ?1 "
		"ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
		&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	bind_int(s, st, 2, ASKS_OF_SOCKET_MAX);
	return statement_run(s, st);
}

int ask_insert(struct store *s, int64_t seq, struct log_text sid, struct log_text context)
{
	int error = insert(s, seq, sid, context);

	return error == 0 && sid.at != NULL ? forget_oldest(s, sid) : error;
}

static int keep(struct ask *out, struct log_text sid, struct log_text context)
{
	out->context = malloc(context.len + 1);
	if (out->context == NULL)
		return POLLUX_NO_MEMORY;
	if (context.len > 0)
		memcpy(out->context, context.at, context.len);
	out->context[context.len] = '\0';
	out->context_len = context.len;
	if (sid.len < sizeof(out->sid) && sid.len > 0)
		memcpy(out->sid, sid.at, sid.len);
	return 0;
}

int ask_load(struct store *s, int64_t seq, struct ask *out)
{
	sqlite3_stmt *st;
	int got, error = statement_get(s, ST_ASK_LOAD, "SELECT sid, context FROM ask WHERE seq = ?", &st);

	memset(out, 0, sizeof(*out));
	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	got = statement_step(s, st);
	if (got == 1)
		error = keep(out, column_text(st, 0), column_text(st, 1));
	statement_end(st);
	if (got <= 0)
		return got < 0 ? got : POLLUX_NOT_FOUND;
	return error;
}

void ask_deinit(struct ask *ask)
{
	free(ask->context);
	ask->context = NULL;
}

int ask_delete(struct store *s, int64_t seq)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ASK_DELETE, "DELETE FROM ask WHERE seq = ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	return statement_run(s, st);
}

int ask_answer(struct store *s, int64_t seq, struct log_text sid)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ASK_ANSWER, "INSERT INTO ask_answer(seq, sid) VALUES(?, ?) ON CONFLICT DO NOTHING", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, seq);
	bind_text(s, st, 2, sid);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	return sqlite3_changes(s->db) > 0 ? 0 : POLLUX_EXISTS;
}

int ask_forget_socket(struct store *s, struct log_text sid)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_ASK_FORGET_SOCKET, "DELETE FROM ask WHERE sid = ?", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	return statement_run(s, st);
}
