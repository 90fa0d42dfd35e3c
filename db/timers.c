/* Rows of timer. The store's thread. */
#include "config.h"
#include "db/timers.h"

#include <stdlib.h>
#include <string.h>
#include "db/store_internal.h"

int timer_insert(struct store *s, struct timer *t)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_TIMER_INSERT,
		"INSERT INTO timer(nsp, name, context, every_ms, due_ms) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, t->nsp);
	bind_text(s, st, 2, t->name);
	bind_text(s, st, 3, t->context);
	bind_id(s, st, 4, t->every_ms);
	bind_int(s, st, 5, t->due_ms);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	t->id = sqlite3_last_insert_rowid(s->db);
	return sqlite3_changes(s->db) > 0 ? 0 : POLLUX_EXISTS;
}

static void read_timer(sqlite3_stmt *st, struct timer *t)
{
	t->id = sqlite3_column_int64(st, 0);
	t->nsp = column_text(st, 1);
	t->name = column_text(st, 2);
	t->context = column_text(st, 3);
	t->every_ms = sqlite3_column_int64(st, 4);
	t->due_ms = sqlite3_column_int64(st, 5);
}

static void move(struct log_text *text, char **to)
{
	if (text->len > 0)
		memcpy(*to, text->at, text->len);
	(*to)[text->len] = '\0';
	text->at = *to;
	*to += text->len + 1;
}

/* All text in one block, which is the namespace's. */
static int own(struct timer *t)
{
	char *block = malloc(t->nsp.len + t->name.len + t->context.len + 3);

	if (block == NULL)
		return POLLUX_NO_MEMORY;
	move(&t->nsp, &block);
	move(&t->name, &block);
	move(&t->context, &block);
	return 0;
}

#define TIMER_COLUMNS "id, nsp, name, context, every_ms, due_ms"

int timer_load_due(struct store *s, int64_t now_ms, struct timer *out)
{
	sqlite3_stmt *st;
	int got,
		error = statement_get(s, ST_TIMER_LOAD_DUE,
			"SELECT " TIMER_COLUMNS " FROM timer WHERE due_ms <= ? ORDER BY due_ms, id LIMIT 1", &st);

	memset(out, 0, sizeof(*out));
	if (error < 0)
		return error;
	bind_int(s, st, 1, now_ms);
	got = statement_step(s, st);
	if (got == 1) {
		read_timer(st, out);
		error = own(out);
	}
	statement_end(st);
	if (got <= 0)
		return got < 0 ? got : POLLUX_NOT_FOUND;
	return error;
}

void timer_deinit(struct timer *t)
{
	free((char *)t->nsp.at);
	t->nsp.at = NULL;
}

static int delete_one(struct store *s, enum statement_slot slot, const char *sql, int64_t id)
{
	sqlite3_stmt *st;
	int error = statement_get(s, slot, sql, &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	return sqlite3_changes(s->db) > 0 ? 0 : POLLUX_NOT_FOUND;
}

int timer_delete(struct store *s, int64_t id)
{
	return delete_one(s, ST_TIMER_DELETE, "DELETE FROM timer WHERE id = ?", id);
}

int timer_cancel(struct store *s, int64_t id)
{
	return delete_one(s, ST_TIMER_CANCEL, "DELETE FROM timer WHERE id = ? AND every_ms IS NULL", id);
}

int timer_set(struct store *s, int64_t id, int64_t due_ms, int64_t every_ms)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_TIMER_SET, "UPDATE timer SET due_ms = ?2, every_ms = ?3 WHERE id = ?1", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	bind_int(s, st, 2, due_ms);
	bind_int(s, st, 3, every_ms);
	return statement_run(s, st);
}

int64_t timer_count(struct store *s)
{
	sqlite3_stmt *st;
	int64_t count;
	int error = statement_get(s, ST_TIMER_COUNT, "SELECT count(*) FROM timer", &st);

	if (error == 0)
		error = statement_integer(s, st, 0, &count);
	return error < 0 ? error : count;
}

int timer_repeating(struct store *s, timer_each *each, void *ctx)
{
	struct timer t;
	sqlite3_stmt *st;
	int got = 0, count = 0,
	    error = statement_get(s, ST_TIMER_REPEATING, "SELECT " TIMER_COLUMNS " FROM timer WHERE every_ms IS NOT NULL", &st);

	if (error < 0)
		return error;
	while (error >= 0 && (got = statement_step(s, st)) == 1) {
		read_timer(st, &t);
		error = each(ctx, &t);
		count++;
	}
	statement_end(st);
	if (got < 0)
		return got;
	return error < 0 ? error : count;
}

int deadline_next(struct store *s, int64_t *out)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_DEADLINE_NEXT,
		"SELECT min(at) FROM (SELECT min(due_ms) AS at FROM timer UNION ALL "
		"SELECT min(by_ms) FROM ask WHERE by_ms IS NOT NULL)",
		&st);

	return error < 0 ? error : statement_integer(s, st, INT64_MAX, out);
}
