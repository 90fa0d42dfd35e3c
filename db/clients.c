/* Rows of client, handshake and partial. The store's thread. */
#include "config.h"
#include "db/clients.h"

#include <stdlib.h>
#include <string.h>
#include "db/store_internal.h"

#define CLIENT_COLUMNS                                                                                                                 \
	"id, sid, protocol, transport, state, final, connect_by_ms, pinged, has_partial, answered_with, answered_t, cursor, version, " \
	"holder, claim, ping_at_ms, expires_at_ms, answered_from, upgrade_holder, upgrade_by_ms, probed"

static void copy_text(char *out, size_t cap, struct log_text text)
{
	size_t n = text.len < cap ? text.len : cap - 1;

	if (n > 0)
		memcpy(out, text.at, n);
	out[n] = '\0';
}

static char first_char(sqlite3_stmt *st, int at)
{
	struct log_text text = column_text(st, at);

	return text.len > 0 ? text.at[0] : '\0';
}

static void read_client(sqlite3_stmt *st, struct client_row *out)
{
	out->id = sqlite3_column_int64(st, 0);
	copy_text(out->sid, sizeof(out->sid), column_text(st, 1));
	out->protocol = (uint8_t)sqlite3_column_int(st, 2);
	out->transport = (uint8_t)sqlite3_column_int(st, 3);
	out->state = (uint8_t)sqlite3_column_int(st, 4);
	out->final = first_char(st, 5);
	out->connect_by_ms = sqlite3_column_int64(st, 6);
	out->pinged = sqlite3_column_int(st, 7) != 0;
	out->has_partial = sqlite3_column_int(st, 8) != 0;
	out->answered_with = first_char(st, 9);
	copy_text(out->answered_t, sizeof(out->answered_t), column_text(st, 10));
	out->cursor = sqlite3_column_int64(st, 11);
	out->version = sqlite3_column_int64(st, 12);
	out->holder = sqlite3_column_int64(st, 13);
	out->claim = sqlite3_column_int64(st, 14);
	out->ping_at_ms = sqlite3_column_int64(st, 15);
	out->expires_at_ms = sqlite3_column_int64(st, 16);
	out->answered_from = sqlite3_column_int64(st, 17);
	out->upgrade_holder = sqlite3_column_int64(st, 18);
	out->upgrade_by_ms = sqlite3_column_int64(st, 19);
	out->probed = (enum client_probed)sqlite3_column_int(st, 20);
}

static void bind_char(struct store *s, sqlite3_stmt *st, int at, const char *c)
{
	bind_text(s, st, at, (struct log_text){ *c == '\0' ? NULL : c, 1 });
}

static void bind_t(struct store *s, sqlite3_stmt *st, int at, const char *t)
{
	bind_text(s, st, at, (struct log_text){ *t == '\0' ? NULL : t, strnlen(t, CLIENT_T_MAX) });
}

static void bind_client(struct store *s, sqlite3_stmt *st, const struct client_row *row)
{
	bind_id(s, st, 1, row->id);
	bind_str(s, st, 2, row->sid);
	bind_int(s, st, 3, row->protocol);
	bind_int(s, st, 4, row->transport);
	bind_int(s, st, 5, row->state);
	bind_char(s, st, 6, &row->final);
	bind_id(s, st, 7, row->connect_by_ms);
	bind_int(s, st, 8, row->pinged);
	bind_int(s, st, 9, row->has_partial);
	bind_char(s, st, 10, &row->answered_with);
	bind_t(s, st, 11, row->answered_t);
	bind_int(s, st, 12, row->cursor);
	bind_int(s, st, 13, row->version);
	bind_id(s, st, 14, row->holder);
	bind_int(s, st, 15, row->claim);
	bind_int(s, st, 16, row->ping_at_ms);
	bind_int(s, st, 17, row->expires_at_ms);
	bind_int(s, st, 18, row->answered_from);
	bind_id(s, st, 19, row->upgrade_holder);
	bind_id(s, st, 20, row->upgrade_by_ms);
	bind_int(s, st, 21, row->probed);
}

static int insert_handshake(struct store *s, int64_t id, const char *json, size_t len)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_HANDSHAKE_INSERT, "INSERT INTO handshake(client, json) VALUES(?, ?)", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	bind_text(s, st, 2, (struct log_text){ json, len });
	return statement_run(s, st);
}

int client_insert(struct store *s, struct client_row *row, const char *handshake, size_t handshake_len)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_CLIENT_INSERT,
		"INSERT INTO client(" CLIENT_COLUMNS ") "
		"VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
		"?15, ?16, ?17, ?18, ?19, ?20, ?21)",
		&st);

	if (error < 0)
		return error;
	row->id = 0;
	bind_client(s, st, row);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	row->id = sqlite3_last_insert_rowid(s->db);
	return insert_handshake(s, row->id, handshake, handshake_len);
}

static int load(struct store *s, sqlite3_stmt *st, struct client_row *out)
{
	int error = statement_step(s, st);

	if (error == 1)
		read_client(st, out);
	statement_end(st);
	if (error < 0)
		return error;
	return error == 1 ? 0 : POLLUX_NOT_FOUND;
}

int client_load(struct store *s, const char *sid, size_t sid_len, struct client_row *out)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_CLIENT_LOAD, "SELECT " CLIENT_COLUMNS " FROM client WHERE sid = ?", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, (struct log_text){ sid, sid_len });
	return load(s, st, out);
}

int client_load_id(struct store *s, int64_t id, struct client_row *out)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_CLIENT_LOAD_ID, "SELECT " CLIENT_COLUMNS " FROM client WHERE id = ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	return load(s, st, out);
}

/* Runs a change of one row. none: what it means that no row was changed. */
static int change(struct store *s, sqlite3_stmt *st, int none)
{
	int error = statement_run(s, st);

	if (error < 0)
		return error;
	return sqlite3_changes(s->db) > 0 ? 0 : none;
}

int client_save(struct store *s, const struct client_row *row)
{
	sqlite3_stmt *st;
	/* version only grows: a copy from before a client_touch must not take it back. */
	int error = statement_get(s, ST_CLIENT_SAVE,
		"UPDATE client SET sid = ?2, protocol = ?3, transport = ?4, state = ?5, final = ?6, connect_by_ms = ?7, "
		"pinged = ?8, has_partial = ?9, answered_with = ?10, answered_t = ?11, cursor = ?12, "
		"version = max(version, ?13), holder = ?14, claim = ?15, ping_at_ms = ?16, expires_at_ms = ?17, "
		"answered_from = ?18, upgrade_holder = ?19, upgrade_by_ms = ?20, probed = ?21 WHERE id = ?1",
		&st);

	if (error < 0)
		return error;
	bind_client(s, st, row);
	return change(s, st, POLLUX_NOT_FOUND);
}

int client_park(struct store *s, int64_t id, int64_t claim, int64_t holder, int64_t cursor)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_CLIENT_PARK,
		"UPDATE client SET holder = ?3, claim = claim + 1, cursor = max(cursor, ?4) "
		"WHERE id = ?1 AND claim = ?2",
		&st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	bind_int(s, st, 2, claim);
	bind_id(s, st, 3, holder);
	bind_int(s, st, 4, cursor);
	return change(s, st, POLLUX_GONE);
}

int client_answer(struct store *s, int64_t id, int64_t claim, int64_t cursor, const char *t, char with)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_CLIENT_ANSWER,
		"UPDATE client SET holder = NULL, answered_from = cursor, cursor = ?3, answered_t = ?4, "
		"answered_with = ?5, pinged = CASE ?5 WHEN '2' THEN 1 ELSE pinged END "
		"WHERE id = ?1 AND claim = ?2",
		&st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	bind_int(s, st, 2, claim);
	bind_int(s, st, 3, cursor);
	bind_t(s, st, 4, t);
	bind_char(s, st, 5, &with);
	return change(s, st, POLLUX_GONE);
}

int client_touch(struct store *s, int64_t id)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_CLIENT_TOUCH, "UPDATE client SET version = version + 1 WHERE id = ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	return change(s, st, POLLUX_NOT_FOUND);
}

/* Runs a statement whose one parameter is an id. */
static int run_with_id(struct store *s, enum statement_slot slot, const char *sql, int64_t id)
{
	sqlite3_stmt *st;
	int error = statement_get(s, slot, sql, &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	return statement_run(s, st);
}

int client_delete(struct store *s, int64_t id)
{
	int error = run_with_id(s, ST_CLIENT_DELETE, "DELETE FROM client WHERE id = ?", id);

	if (error == 0)
		error = run_with_id(s, ST_HANDSHAKE_DELETE, "DELETE FROM handshake WHERE client = ?", id);
	if (error == 0)
		error = partial_delete(s, id);
	return error;
}

/* A NUL-terminated copy the caller frees; NULL out of memory. */
static char *copy_bytes(struct log_text text)
{
	char *copy = malloc(text.len + 1);

	if (copy != NULL)
		copy_text(copy, text.len + 1, text);
	return copy;
}

int client_handshake(struct store *s, int64_t id, char **out)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_HANDSHAKE_LOAD, "SELECT json FROM handshake WHERE client = ?", &st);

	*out = NULL;
	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	error = statement_step(s, st);
	if (error == 1) {
		*out = copy_bytes(column_text(st, 0));
		error = *out == NULL ? POLLUX_NO_MEMORY : 0;
	} else if (error == 0) {
		error = POLLUX_NOT_FOUND;
	}
	statement_end(st);
	return error;
}

/* Collects the rows of a bound statement and ends it. How many, or a negative. */
static int collect(struct store *s, sqlite3_stmt *st, struct client_row *out, int limit)
{
	int got = 0, count = 0;

	while (count < limit && (got = statement_step(s, st)) == 1)
		read_client(st, &out[count++]);
	statement_end(st);
	return got < 0 ? got : count;
}

static int collect_with_int(struct store *s, enum statement_slot slot, const char *sql, int64_t value, struct client_row *out, int limit)
{
	sqlite3_stmt *st;
	int error = statement_get(s, slot, sql, &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, value);
	bind_int(s, st, 2, limit);
	return collect(s, st, out, limit);
}

int client_expired(struct store *s, int64_t now_ms, struct client_row *out, int limit)
{
	return collect_with_int(s, ST_CLIENT_EXPIRED,
		"SELECT " CLIENT_COLUMNS " FROM client WHERE expires_at_ms <= ? "
		"ORDER BY expires_at_ms LIMIT ?",
		now_ms, out, limit);
}

int client_held_by(struct store *s, int64_t holder, struct client_row *out, int limit)
{
	return collect_with_int(s, ST_CLIENT_HELD_BY, "SELECT " CLIENT_COLUMNS " FROM client WHERE holder = ? LIMIT ?", holder, out, limit);
}

int client_lagging(struct store *s, int64_t floor, struct client_row *out, int limit)
{
	return collect_with_int(s, ST_CLIENT_LAGGING,
		"SELECT " CLIENT_COLUMNS " FROM client WHERE cursor < ? AND state = 0 AND holder IS NULL LIMIT ?", floor, out, limit);
}

int client_next_expiry(struct store *s, int64_t *out)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_CLIENT_NEXT_EXPIRY, "SELECT min(expires_at_ms) FROM client", &st);

	return error < 0 ? error : statement_integer(s, st, INT64_MAX, out);
}

int64_t client_held_count(struct store *s)
{
	sqlite3_stmt *st;
	int64_t count;
	int error = statement_get(s, ST_CLIENT_HELD_COUNT, "SELECT count(*) FROM client WHERE holder IS NOT NULL AND transport = 0", &st);

	if (error == 0)
		error = statement_integer(s, st, 0, &count);
	return error < 0 ? error : count;
}

/* Closing clients too: they have rows to fetch. Not those of a websocket: they are sent rows as they come. */
int client_lowest_cursor(struct store *s, int64_t *out)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_CLIENT_LOWEST_CURSOR, "SELECT min(cursor) FROM client WHERE state < 2 AND transport = 0", &st);

	return error < 0 ? error : statement_integer(s, st, INT64_MAX, out);
}

static int copy_partial(sqlite3_stmt *st, struct partial_row *out)
{
	struct log_text packet = column_text(st, 0), attachments = column_blob(st, 2);

	out->packet = copy_bytes(packet);
	out->packet_len = packet.len;
	out->missing = sqlite3_column_int(st, 1);
	out->attachments = copy_bytes(attachments);
	out->attachments_len = attachments.len;
	if (out->packet != NULL && out->attachments != NULL)
		return 0;
	partial_deinit(out);
	return POLLUX_NO_MEMORY;
}

int partial_load(struct store *s, int64_t client, struct partial_row *out)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_PARTIAL_LOAD, "SELECT packet, missing, attachments FROM partial WHERE client = ?", &st);

	memset(out, 0, sizeof(*out));
	if (error < 0)
		return error;
	bind_int(s, st, 1, client);
	error = statement_step(s, st);
	if (error == 1)
		error = copy_partial(st, out);
	else if (error == 0)
		error = POLLUX_NOT_FOUND;
	statement_end(st);
	return error;
}

int partial_save(struct store *s, int64_t client, const struct partial_row *row)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_PARTIAL_SAVE,
		"INSERT INTO partial(client, packet, missing, attachments) VALUES(?, ?, ?, ?) ON CONFLICT(client) "
		"DO UPDATE SET packet = excluded.packet, missing = excluded.missing, "
		"attachments = excluded.attachments",
		&st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, client);
	bind_text(s, st, 2, (struct log_text){ row->packet, row->packet_len });
	bind_int(s, st, 3, row->missing);
	bind_blob(s, st, 4, (struct log_text){ row->attachments == NULL ? "" : row->attachments, row->attachments_len });
	return statement_run(s, st);
}

int partial_delete(struct store *s, int64_t client)
{
	return run_with_id(s, ST_PARTIAL_DELETE, "DELETE FROM partial WHERE client = ?", client);
}

void partial_deinit(struct partial_row *row)
{
	free(row->packet);
	free(row->attachments);
	memset(row, 0, sizeof(*row));
}
