/* Rows of parting. */
#include "config.h"
#include "db/parting.h"

#include <string.h>

#include "db/store_internal.h"

int parting_add_audience(struct store *s, struct log_text nsp, bool close)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_PARTING_ADD,
		"INSERT INTO main.parting(sid, nsp, close) SELECT sid, ?1, ?2 FROM temp.audience WHERE true "
		"ON CONFLICT(sid) DO UPDATE SET close = max(close, excluded.close)",
		&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, nsp);
	bind_int(s, st, 2, close);
	return statement_run(s, st);
}

static int forget(struct store *s, const char *sid)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_PARTING_DELETE, "DELETE FROM parting WHERE sid = ?", &st);

	if (error < 0)
		return error;
	bind_str(s, st, 1, sid);
	return statement_run(s, st);
}

/* What doesn't fit names no socket. */
static void copy_text(char *to, size_t cap, struct log_text from)
{
	size_t len = from.len < cap ? from.len : 0;

	memcpy(to, from.at, len);
	to[len] = '\0';
}

int parting_take(struct store *s, struct parting *out, int limit)
{
	sqlite3_stmt *st;
	int got = 0, count = 0, error = statement_get(s, ST_PARTING_LIST, "SELECT sid, nsp, close FROM parting LIMIT ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, limit);
	while (count < limit && (got = statement_step(s, st)) == 1) {
		copy_text(out[count].sid, sizeof(out[count].sid), column_text(st, 0));
		copy_text(out[count].nsp, sizeof(out[count].nsp), column_text(st, 1));
		out[count++].close = sqlite3_column_int(st, 2) != 0;
	}
	statement_end(st);
	for (int i = 0; i < count && !error; i++)
		error = forget(s, out[i].sid);
	if (got < 0)
		return got;
	return error ? error : count;
}
