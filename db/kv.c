/* Rows of kv. The store's thread. What has expired is as if it were absent; retention deletes it in time. */
#include "config.h"
#include "db/kv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "db/store_internal.h"

static char *copy(struct log_text text)
{
	char *out = malloc(text.len + 1);

	if (out == NULL)
		return NULL;
	if (text.len > 0)
		memcpy(out, text.at, text.len);
	out[text.len] = '\0';
	return out;
}

static int get(struct store *s, struct log_text key, char **value, size_t *len, int64_t *expires_ms)
{
	sqlite3_stmt *st;
	struct log_text text;
	int error = statement_get(s, ST_KV_GET,
		"SELECT value, expires_ms FROM kv WHERE key = ?1 "
		"AND (expires_ms IS NULL OR expires_ms > ?2)",
		&st);

	*value = NULL;
	if (error < 0)
		return error;
	bind_text(s, st, 1, key);
	bind_int(s, st, 2, clock_wall_ms());
	error = statement_step(s, st);
	if (error == 1) {
		text = column_text(st, 0);
		*len = text.len;
		*expires_ms = sqlite3_column_int64(st, 1);
		*value = copy(text);
	}
	statement_end(st);
	if (error <= 0)
		return error < 0 ? error : POLLUX_NOT_FOUND;
	return *value == NULL ? POLLUX_NO_MEMORY : 0;
}

int kv_get(struct store *s, struct log_text key, char **value, size_t *len)
{
	int64_t expires_ms;

	return get(s, key, value, len, &expires_ms);
}

int kv_set(struct store *s, struct log_text key, struct log_text value, int64_t expires_ms)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_KV_SET,
		"INSERT INTO kv(key, value, expires_ms) VALUES(?, ?, ?) ON CONFLICT(key) "
		"DO UPDATE SET value = excluded.value, expires_ms = excluded.expires_ms",
		&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, key);
	bind_text(s, st, 2, value);
	bind_id(s, st, 3, expires_ms);
	return statement_run(s, st);
}

int kv_insert(struct store *s, struct log_text key, struct log_text value, int64_t expires_ms)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_KV_INSERT,
		"INSERT INTO kv(key, value, expires_ms) VALUES(?1, ?2, ?3) ON CONFLICT(key) "
		"DO UPDATE SET value = excluded.value, expires_ms = excluded.expires_ms WHERE kv.expires_ms <= ?4",
		&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, key);
	bind_text(s, st, 2, value);
	bind_id(s, st, 3, expires_ms);
	bind_int(s, st, 4, clock_wall_ms());
	error = statement_run(s, st);
	if (error < 0)
		return error;
	return sqlite3_changes(s->db) > 0 ? 0 : POLLUX_EXISTS;
}

/* In RETURNING, SQLite 3.40 takes IS NULL for false: so it is not asked there. */
int kv_delete(struct store *s, struct log_text key)
{
	sqlite3_stmt *st;
	int64_t was_there;
	int error = statement_get(s, ST_KV_DELETE,
		"DELETE FROM kv WHERE key = ?1 RETURNING ifnull(expires_ms, 1 << 62) > ?2", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, key);
	bind_int(s, st, 2, clock_wall_ms());
	error = statement_integer(s, st, 0, &was_there);
	if (error < 0)
		return error;
	return was_there ? 0 : POLLUX_NOT_FOUND;
}

int kv_expire(struct store *s, struct log_text key, int64_t expires_ms)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_KV_SET_EXPIRY,
		"UPDATE kv SET expires_ms = ?2 WHERE key = ?1 AND (expires_ms IS NULL OR expires_ms > ?3)", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, key);
	bind_id(s, st, 2, expires_ms);
	bind_int(s, st, 3, clock_wall_ms());
	error = statement_run(s, st);
	if (error < 0)
		return error;
	return sqlite3_changes(s->db) > 0 ? 0 : POLLUX_NOT_FOUND;
}

/* No key has the byte that stands behind the prefix's end: none is larger, and UTF-8 has none such. */
static size_t end_of(struct log_text prefix, char end[KV_KEY_MAX + 1])
{
	if (prefix.len > 0)
		memcpy(end, prefix.at, prefix.len);
	end[prefix.len] = '\xff';
	return prefix.len + 1;
}

int kv_list(struct store *s, struct log_text prefix, struct log_text after, int limit, kv_each *each, void *ctx)
{
	char end[KV_KEY_MAX + 1];
	sqlite3_stmt *st;
	int got = 0, count = 0, error;

	if (prefix.len > KV_KEY_MAX)
		return 0;
	error = statement_get(s, ST_KV_LIST,
		"SELECT key, value FROM kv WHERE key >= max(?1, ?3) AND key < ?2 AND key <> ?3 "
		"AND (expires_ms IS NULL OR expires_ms > ?4) ORDER BY key LIMIT ?5",
		&st);
	if (error < 0)
		return error;
	bind_text(s, st, 1, prefix.at == NULL ? (struct log_text){ "", 0 } : prefix);
	bind_text(s, st, 2, (struct log_text){ end, end_of(prefix, end) });
	bind_text(s, st, 3, after.at == NULL ? (struct log_text){ "", 0 } : after);
	bind_int(s, st, 4, clock_wall_ms());
	bind_int(s, st, 5, limit);
	while (error >= 0 && (got = statement_step(s, st)) == 1) {
		error = each(ctx, column_text(st, 0), column_text(st, 1));
		count++;
	}
	statement_end(st);
	if (got < 0)
		return got;
	return error < 0 ? error : count;
}

/* Plain decimal digits as we write them: 1.0 and 1e3 are numbers, but no counters. */
static int parse_counter(const char *text, size_t len, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (len == 0 || end != text + len || errno != 0 || (*text != '-' && (*text < '0' || *text > '9')))
		return POLLUX_PROTOCOL;
	return 0;
}

int kv_add(struct store *s, struct log_text key, int64_t by, int64_t *now)
{
	char *text, digits[24];
	int64_t value = 0, expires_ms = 0;
	size_t len;
	int n, error = get(s, key, &text, &len, &expires_ms);

	if (error == 0)
		error = parse_counter(text, len, &value);
	else if (error == POLLUX_NOT_FOUND)
		error = 0;
	free(text);
	if (error < 0)
		return error;
	if (__builtin_add_overflow(value, by, now))
		return POLLUX_PROTOCOL;
	n = snprintf(digits, sizeof(digits), "%lld", (long long)*now);
	return kv_set(s, key, (struct log_text){ digits, (size_t)n }, expires_ms);
}
