/* Rows of socket and member. The store's thread. */
#include "config.h"
#include "db/sockets.h"

#include <stdlib.h>
#include <string.h>
#include "db/asks.h"
#include "db/store_internal.h"

#define SOCKET_COLUMNS "s.sid, s.pid, s.nsp, s.data, s.auth, s.client, s.generation, s.joined, s.left, s.origin, s.left_at_ms"

static void read_socket(sqlite3_stmt *st, struct socket_row *row)
{
	row->sid = column_text(st, 0);
	row->pid = column_text(st, 1);
	row->nsp = column_text(st, 2);
	row->data = column_text(st, 3);
	row->auth = column_text(st, 4);
	row->client = sqlite3_column_int64(st, 5);
	row->generation = sqlite3_column_int64(st, 6);
	row->joined = sqlite3_column_int64(st, 7);
	row->left = sqlite3_column_int64(st, 8);
	row->origin = sqlite3_column_int64(st, 9);
	row->left_at_ms = sqlite3_column_int64(st, 10);
}

int socket_insert(struct store *s, const struct socket_row *row)
{
	static const struct log_text empty_object = { "{}", 2 };
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SOCKET_INSERT,
		"INSERT INTO socket(sid, pid, nsp, data, auth, client, generation, joined, origin) "
		"VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
		&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, row->sid);
	bind_text(s, st, 2, row->pid);
	bind_text(s, st, 3, row->nsp);
	bind_text(s, st, 4, row->data.at == NULL ? empty_object : row->data);
	bind_text(s, st, 5, row->auth.at == NULL ? empty_object : row->auth);
	bind_id(s, st, 6, row->client);
	bind_int(s, st, 7, row->generation);
	bind_int(s, st, 8, row->joined);
	return statement_run(s, st);
}

static void move_text(struct log_text *text, char **to)
{
	if (text->at == NULL)
		return;
	if (text->len > 0)
		memcpy(*to, text->at, text->len);
	(*to)[text->len] = '\0';
	text->at = *to;
	*to += text->len + 1;
}

/* All of the row's text in one block. */
static int copy_socket(struct socket_row *row, void **block)
{
	char *to = malloc(row->sid.len + row->pid.len + row->nsp.len + row->data.len + row->auth.len + 5);

	if (to == NULL)
		return POLLUX_NO_MEMORY;
	*block = to;
	move_text(&row->sid, &to);
	move_text(&row->pid, &to);
	move_text(&row->nsp, &to);
	move_text(&row->data, &to);
	move_text(&row->auth, &to);
	return 0;
}

static int load_one(struct store *s, sqlite3_stmt *st, struct socket_row *out, void **block)
{
	int error = statement_step(s, st);

	*block = NULL;
	if (error == 1) {
		read_socket(st, out);
		error = copy_socket(out, block);
	} else if (error == 0) {
		error = POLLUX_NOT_FOUND;
	}
	statement_end(st);
	return error;
}

int socket_load(struct store *s, struct log_text nsp, struct log_text sid, struct socket_row *out, void **block)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SOCKET_LOAD,
		"SELECT " SOCKET_COLUMNS " FROM socket s "
		"WHERE s.sid = ? AND s.nsp = ? AND s.left IS NULL",
		&st);

	*block = NULL;
	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	bind_text(s, st, 2, nsp);
	return load_one(s, st, out, block);
}

int socket_of_pid(struct store *s, struct log_text nsp, struct log_text pid, struct socket_row *out, void **block)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SOCKET_OF_PID, "SELECT " SOCKET_COLUMNS " FROM socket s WHERE s.pid = ? AND s.nsp = ?", &st);

	*block = NULL;
	if (error < 0)
		return error;
	bind_text(s, st, 1, pid);
	bind_text(s, st, 2, nsp);
	return load_one(s, st, out, block);
}

int socket_of_client_nsp(struct store *s, int64_t client, struct log_text nsp, struct socket_row *out, void **block)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SOCKET_OF_CLIENT_NSP,
		"SELECT " SOCKET_COLUMNS " FROM socket s "
		"WHERE s.client = ? AND +s.nsp = ? AND +s.left IS NULL",
		&st);

	*block = NULL;
	if (error < 0)
		return error;
	bind_int(s, st, 1, client);
	bind_text(s, st, 2, nsp);
	return load_one(s, st, out, block);
}

/* Hands out every row of a bound statement and ends it. How many, or a negative. */
static int each_socket(struct store *s, sqlite3_stmt *st, socket_row_each *each, void *ctx)
{
	struct socket_row row;
	int got, error = 0, count = 0;

	while (error >= 0 && (got = statement_step(s, st)) != 0) {
		if (got < 0) {
			error = got;
			break;
		}
		read_socket(st, &row);
		error = each(ctx, &row);
		count++;
	}
	statement_end(st);
	return error < 0 ? error : count;
}

int socket_of_client(struct store *s, int64_t client, bool with_left, socket_row_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int error;

	if (with_left)
		error = statement_get(s, ST_SOCKET_OF_CLIENT_ALL, "SELECT " SOCKET_COLUMNS " FROM socket s WHERE s.client = ?", &st);
	else
		error = statement_get(s, ST_SOCKET_OF_CLIENT,
			"SELECT " SOCKET_COLUMNS " FROM socket s "
			"WHERE s.client = ? AND +s.left IS NULL",
			&st);
	if (error < 0)
		return error;
	bind_int(s, st, 1, client);
	return each_socket(s, st, each, ctx);
}

int socket_count_of_client(struct store *s, int64_t client)
{
	sqlite3_stmt *st;
	int64_t count;
	int error = statement_get(s, ST_SOCKET_COUNT, "SELECT count(*) FROM socket WHERE client = ? AND +left IS NULL", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, client);
	error = statement_integer(s, st, 0, &count);
	return error < 0 ? error : (int)count;
}

int socket_of_room(struct store *s, struct log_text nsp, struct log_text room, int limit, socket_row_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int error;

	if (room.at == NULL)
		error = statement_get(s, ST_SOCKET_OF_NSP,
			"SELECT " SOCKET_COLUMNS " FROM socket s "
			"WHERE s.nsp = ?1 AND s.left IS NULL LIMIT ?3",
			&st);
	else
		error = statement_get(s, ST_SOCKET_OF_ROOM,
			"SELECT " SOCKET_COLUMNS " FROM member m JOIN socket s ON s.sid = m.sid "
			"WHERE m.nsp = ?1 AND m.room = ?2 AND +m.until IS NULL "
			"AND +s.left IS NULL "
			"UNION ALL SELECT " SOCKET_COLUMNS " FROM socket s "
			"WHERE s.sid = ?2 AND s.nsp = ?1 AND +s.left IS NULL LIMIT ?3",
			&st);
	if (error < 0)
		return error;
	bind_text(s, st, 1, nsp);
	if (room.at != NULL)
		bind_text(s, st, 2, room);
	bind_int(s, st, 3, limit > 0 ? limit : -1);
	return each_socket(s, st, each, ctx);
}

int socket_of_audience(struct store *s, int limit, socket_row_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_AUDIENCE_SOCKETS,
		"SELECT " SOCKET_COLUMNS " FROM temp.audience a JOIN main.socket s ON s.sid = a.sid LIMIT ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, limit > 0 ? limit : -1);
	return each_socket(s, st, each, ctx);
}

int socket_set_data(struct store *s, struct log_text sid, struct log_text data)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SOCKET_SET_DATA, "UPDATE socket SET data = ?2 WHERE sid = ?1 AND left IS NULL", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	bind_text(s, st, 2, data);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	return sqlite3_changes(s->db) > 0 ? 0 : POLLUX_NOT_FOUND;
}

int socket_set_joined(struct store *s, struct log_text sid, int64_t seq)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SOCKET_SET_JOINED,
		"UPDATE socket SET joined = ?2, origin = CASE generation WHEN 0 THEN ?2 ELSE origin END WHERE sid = ?1 AND left IS NULL",
		&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	bind_int(s, st, 2, seq);
	return statement_run(s, st);
}

static int leave_rooms(struct store *s, struct log_text sid, int64_t seq)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_MEMBER_LEAVE_ALL, "UPDATE member SET until = ?2 WHERE sid = ?1 AND +until IS NULL", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	bind_int(s, st, 2, seq);
	return statement_run(s, st);
}

int socket_leave(struct store *s, struct log_text sid, int64_t seq, int64_t now_ms)
{
	sqlite3_stmt *st;
	int error;

	if (seq < 1)
		seq = 1; /* an empty log: 0 would say connected */
	error = statement_get(s, ST_SOCKET_LEAVE, "UPDATE socket SET left = ?2, left_at_ms = ?3 WHERE sid = ?1 AND left IS NULL", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	bind_int(s, st, 2, seq);
	bind_int(s, st, 3, now_ms);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	if (sqlite3_changes(s->db) == 0)
		return POLLUX_NOT_FOUND;
	error = leave_rooms(s, sid, seq);
	return error < 0 ? error : ask_forget_socket(s, sid);
}

int socket_forget_pid(struct store *s, struct log_text sid)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SOCKET_FORGET_PID, "UPDATE socket SET pid = NULL WHERE sid = ? AND pid IS NOT NULL", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, sid);
	return statement_run(s, st);
}

static int enter_rooms_again(struct store *s, const struct socket_row *row)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_MEMBER_COME_BACK, "UPDATE member SET until = NULL WHERE sid = ? AND +until = ?", &st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, row->sid);
	bind_int(s, st, 2, row->left);
	return statement_run(s, st);
}

int socket_come_back(struct store *s, const struct socket_row *row, int64_t client)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_SOCKET_COME_BACK,
		"UPDATE socket SET client = ?2, auth = ?3, generation = generation + 1, joined = origin, left = NULL, left_at_ms = NULL "
		"WHERE sid = ?1 AND left IS NOT NULL",
		&st);

	if (error < 0)
		return error;
	bind_text(s, st, 1, row->sid);
	bind_int(s, st, 2, client);
	bind_text(s, st, 3, row->auth);
	error = statement_run(s, st);
	if (error < 0)
		return error;
	return sqlite3_changes(s->db) > 0 ? enter_rooms_again(s, row) : POLLUX_NOT_FOUND;
}
