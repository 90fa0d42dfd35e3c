/* Prepared statements; see the header. The store's thread. */
#include "config.h"
#include "db/statement.h"

#include <assert.h>
#include <string.h>
#include "db/store_internal.h"

int statement_get(struct store *s, enum statement_slot slot, const char *sql, sqlite3_stmt **out)
{
	sqlite3_stmt *st = s->statements[slot];
	int result;

	if (st == NULL) {
		result = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL);
		if (result != SQLITE_OK)
			return store_failed(s, result);
		s->statements[slot] = st;
	}
	assert(!sqlite3_stmt_busy(st)); /* a callback called the function that calls it */
	s->bind_error = SQLITE_OK;
	*out = st;
	return 0;
}

int statement_step(struct store *s, sqlite3_stmt *st)
{
	int result = s->bind_error != SQLITE_OK ? s->bind_error : sqlite3_step(st);

	if (result == SQLITE_ROW)
		return 1;
	return result == SQLITE_DONE ? 0 : store_failed(s, result);
}

void statement_end(sqlite3_stmt *st)
{
	(void)sqlite3_reset(st); /* repeats the step's result, which has been told */
}

int statement_run(struct store *s, sqlite3_stmt *st)
{
	int error = statement_step(s, st);

	statement_end(st);
	return error < 0 ? error : 0;
}

int statement_integer(struct store *s, sqlite3_stmt *st, int64_t otherwise, int64_t *out)
{
	int error = statement_step(s, st);

	*out = error == 1 && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int64(st, 0) : otherwise;
	statement_end(st);
	return error < 0 ? error : 0;
}

static void bound(struct store *s, int result)
{
	if (result != SQLITE_OK && s->bind_error == SQLITE_OK)
		s->bind_error = result;
}

void bind_text(struct store *s, sqlite3_stmt *st, int at, struct log_text text)
{
	if (text.at == NULL)
		bound(s, sqlite3_bind_null(st, at));
	else
		bound(s, sqlite3_bind_text64(st, at, text.at, text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void bind_blob(struct store *s, sqlite3_stmt *st, int at, struct log_text bytes)
{
	if (bytes.at == NULL)
		bound(s, sqlite3_bind_null(st, at));
	else
		bound(s, sqlite3_bind_blob64(st, at, bytes.at, bytes.len, SQLITE_STATIC));
}

void bind_str(struct store *s, sqlite3_stmt *st, int at, const char *text)
{
	bind_text(s, st, at, (struct log_text){ text, text == NULL ? 0 : strlen(text) });
}

void bind_int(struct store *s, sqlite3_stmt *st, int at, int64_t value)
{
	bound(s, sqlite3_bind_int64(st, at, value));
}

void bind_id(struct store *s, sqlite3_stmt *st, int at, int64_t value)
{
	if (value == 0)
		bound(s, sqlite3_bind_null(st, at));
	else
		bind_int(s, st, at, value);
}

/* The length is asked after the bytes: asking for them may convert what a foreign writer stored as another type. */
struct log_text column_text(sqlite3_stmt *st, int at)
{
	const char *text = (const char *)sqlite3_column_text(st, at);

	return (struct log_text){ text, text == NULL ? 0 : (size_t)sqlite3_column_bytes(st, at) };
}

struct log_text column_blob(sqlite3_stmt *st, int at)
{
	const char *bytes = sqlite3_column_blob(st, at);

	if (bytes == NULL && sqlite3_column_type(st, at) != SQLITE_NULL)
		return (struct log_text){ "", 0 };
	return (struct log_text){ bytes, (size_t)sqlite3_column_bytes(st, at) };
}
