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

/* What doesn't fit names no socket. */
static void copy_text(char *to, size_t cap, struct log_text from)
{
	size_t len = from.len < cap ? from.len : 0;

	memcpy(to, from.at, len);
	to[len] = '\0';
}

int parting_take(struct store *s, struct parting *out)
{
	sqlite3_stmt *st;
	int got, error = statement_get(s, ST_PARTING_TAKE,
		"DELETE FROM parting WHERE sid = (SELECT sid FROM parting LIMIT 1) RETURNING sid, nsp, close", &st);

	if (error < 0)
		return error;
	got = statement_step(s, st);
	if (got == 1) {
		copy_text(out->sid, sizeof(out->sid), column_text(st, 0));
		copy_text(out->nsp, sizeof(out->nsp), column_text(st, 1));
		out->close = sqlite3_column_int(st, 2) != 0;
	}
	statement_end(st);
	return got;
}
