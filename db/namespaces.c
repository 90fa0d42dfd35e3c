/* Rows of namespace. */
#include "config.h"
#include "db/namespaces.h"

#include <string.h>

#include "db/store_internal.h"

#define FRESH_MS 3600000
#define TRIM_BATCH 100

int namespace_parent(struct store *s, const char *name, char *out, size_t cap)
{
	struct log_text parent;
	sqlite3_stmt *st;
	int error = statement_get(s, ST_NAMESPACE_PARENT, "SELECT parent FROM namespace WHERE name = ?", &st);

	if (error < 0)
		return error;
	bind_str(s, st, 1, name);
	error = statement_step(s, st);
	if (error == 1) {
		parent = column_text(st, 0);
		error = parent.len < cap ? 0 : POLLUX_NOT_FOUND;
		if (!error)
			memcpy(out, parent.at, parent.len + 1);
	} else if (error == 0) {
		error = POLLUX_NOT_FOUND;
	}
	statement_end(st);
	return error;
}

static int forget(struct store *s, const char *name)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_NAMESPACE_DELETE, "DELETE FROM namespace WHERE name = ?", &st);

	if (error < 0)
		return error;
	bind_str(s, st, 1, name);
	return statement_run(s, st);
}

int namespace_set_parent(struct store *s, const char *name, const char *parent, int64_t now_ms)
{
	sqlite3_stmt *st;
	int error;

	if (parent == NULL)
		return forget(s, name);
	error = statement_get(s, ST_NAMESPACE_SET,
		"INSERT INTO namespace(name, parent, at_ms) VALUES(?1, ?2, ?3) ON CONFLICT(name) DO UPDATE "
		"SET parent = excluded.parent, at_ms = excluded.at_ms WHERE parent <> excluded.parent OR at_ms < excluded.at_ms - ?4",
		&st);
	if (error < 0)
		return error;
	bind_str(s, st, 1, name);
	bind_str(s, st, 2, parent);
	bind_int(s, st, 3, now_ms);
	bind_int(s, st, 4, FRESH_MS);
	return statement_run(s, st);
}

int namespace_trim(struct store *s, int64_t before_ms)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_NAMESPACE_TRIM,
		"DELETE FROM namespace WHERE name IN (SELECT n.name FROM namespace n WHERE n.at_ms < ?1 "
		"AND NOT EXISTS (SELECT 1 FROM socket s WHERE s.nsp = n.name AND s.left IS NULL) LIMIT ?2)",
		&st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, before_ms);
	bind_int(s, st, 2, TRIM_BATCH);
	return statement_run(s, st);
}

int namespaces_with_sockets(struct store *s, namespace_each *each, void *ctx)
{
	sqlite3_stmt *st;
	/* from one name to the next by the index: not all sockets are looked at */
	int got, error = statement_get(s, ST_NAMESPACE_LIST,
		"WITH RECURSIVE n(nsp) AS (SELECT min(nsp) FROM socket WHERE left IS NULL UNION ALL "
		"SELECT (SELECT min(nsp) FROM socket WHERE left IS NULL AND nsp > n.nsp) FROM n WHERE n.nsp IS NOT NULL) "
		"SELECT nsp FROM n WHERE nsp IS NOT NULL",
		&st);

	if (error < 0)
		return error;
	while (error >= 0 && (got = statement_step(s, st)) != 0)
		error = got < 0 ? got : each(ctx, column_text(st, 0).at);
	statement_end(st);
	return error;
}
