/* meta: what the store remembers of itself, under names. See schema.sql. The store's thread. */
#include "config.h"
#include "db/store_internal.h"

#include <stdio.h>

static int get(struct store *s, const char *name, sqlite3_stmt **out)
{
	int error = statement_get(s, ST_META_GET, "SELECT value FROM meta WHERE name = ?", out);

	if (error == 0)
		bind_str(s, *out, 1, name);
	return error;
}

static int set(struct store *s, const char *name, sqlite3_stmt **out)
{
	int error = statement_get(s, ST_META_SET,
		"INSERT INTO meta(name, value) VALUES(?, ?) "
		"ON CONFLICT(name) DO UPDATE SET value = excluded.value",
		out);

	if (error == 0)
		bind_str(s, *out, 1, name);
	return error;
}

int meta_get(struct store *s, const char *name, int64_t *value)
{
	sqlite3_stmt *st;
	int error = get(s, name, &st);

	return error < 0 ? error : statement_integer(s, st, 0, value);
}

int meta_set(struct store *s, const char *name, int64_t value)
{
	sqlite3_stmt *st;
	int error = set(s, name, &st);

	if (error < 0)
		return error;
	bind_int(s, st, 2, value);
	return statement_run(s, st);
}

int meta_get_text(struct store *s, const char *name, char *out, size_t cap)
{
	sqlite3_stmt *st;
	struct log_text text;
	int error = get(s, name, &st);

	if (error < 0)
		return error;
	*out = '\0';
	error = statement_step(s, st);
	if (error == 1) {
		text = column_text(st, 0);
		snprintf(out, cap, "%.*s", (int)text.len, text.at == NULL ? "" : text.at);
	}
	statement_end(st);
	return error < 0 ? error : 0;
}

int meta_set_text(struct store *s, const char *name, const char *value)
{
	sqlite3_stmt *st;
	int error = set(s, name, &st);

	if (error < 0)
		return error;
	bind_str(s, st, 2, value);
	return statement_run(s, st);
}
