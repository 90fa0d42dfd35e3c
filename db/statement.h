/*
 * Prepared statements: each has a slot in the store, is prepared at its first use (a CGI process needs but a few), always
 * bound, and reset at the end of the call that stepped it, so that nothing pins the WAL. The text stands where it is used.
 */
#ifndef POLLUX_STATEMENT_H
#define POLLUX_STATEMENT_H

#include <sqlite3.h>
#include <stdint.h>
#include "db/log.h"
#include "db/store.h"

enum statement_slot {
	ST_BEGIN, ST_COMMIT, ST_ROLLBACK, ST_READ_BEGIN, ST_SAVEPOINT, ST_SAVEPOINT_RELEASE, ST_SAVEPOINT_ROLLBACK,
	ST_META_GET, ST_META_SET,
	ST_LOG_APPEND, ST_LOG_APPEND_KEY, ST_LOG_FIND_KEY, ST_LOG_LAST, ST_LOG_READ, ST_LOG_HISTORY_FROM, ST_LOG_HISTORY,
	ST_CLIENT_INSERT, ST_CLIENT_LOAD, ST_CLIENT_LOAD_ID, ST_CLIENT_SAVE, ST_CLIENT_PARK, ST_CLIENT_ANSWER, ST_CLIENT_TOUCH,
	ST_CLIENT_DELETE, ST_CLIENT_EXPIRED, ST_CLIENT_NEXT_EXPIRY, ST_CLIENT_HELD_BY, ST_CLIENT_HELD_COUNT,
	ST_CLIENT_LOWEST_CURSOR, ST_CLIENT_LAGGING,
	ST_HANDSHAKE_INSERT, ST_HANDSHAKE_LOAD, ST_HANDSHAKE_DELETE,
	ST_PARTIAL_LOAD, ST_PARTIAL_SAVE, ST_PARTIAL_DELETE,
	ST_SOCKET_INSERT, ST_SOCKET_LOAD, ST_SOCKET_OF_CLIENT, ST_SOCKET_OF_CLIENT_ALL, ST_SOCKET_OF_CLIENT_NSP,
	ST_SOCKET_COUNT, ST_SOCKET_OF_NSP, ST_SOCKET_OF_ROOM, ST_SOCKET_SET_DATA, ST_SOCKET_SET_JOINED, ST_SOCKET_LEAVE,
	ST_SOCKET_OF_PID, ST_SOCKET_FORGET_PID, ST_SOCKET_COME_BACK, ST_MEMBER_COME_BACK, ST_LOG_MISSED, ST_SILENCE_ADD, ST_SILENCE_FORGET,
	ST_MEMBER_LEAVE_ALL, ST_MEMBER_FIND, ST_MEMBER_JOIN, ST_MEMBER_LEAVE, ST_MEMBER_FORGET, ST_MEMBER_OF_SOCKET,
	ST_MEMBER_COUNT, ST_MEMBER_ROOMS, ST_MEMBER_OF_ROOM, ST_MEMBER_ROOM_SIZE,
	ST_AUDIENCE_BEGIN, ST_AUDIENCE_ADD, ST_AUDIENCE_ADD_ALL, ST_AUDIENCE_REMOVE, ST_AUDIENCE_SOCKETS, ST_AUDIENCE_IDS,
	ST_AUDIENCE_COUNT, ST_AUDIENCE_JOIN, ST_AUDIENCE_LEAVE, ST_AUDIENCE_FORGET, ST_AUDIENCE_MOST_ROOMS,
	ST_NAMESPACE_PARENT, ST_NAMESPACE_SET, ST_NAMESPACE_DELETE, ST_NAMESPACE_TRIM, ST_NAMESPACE_LIST,
	ST_PARTING_ADD, ST_PARTING_TAKE,
	ST_PROCESS_INSERT, ST_PROCESS_LIST,
	ST_PROCESS_OF_KIND,
	ST_PROCESS_POSITION,
	ST_PROCESS_LOWEST, ST_PROCESS_DELETE, ST_PROCESS_HOLDS, ST_SHIFT_CLIENTS, ST_SHIFT_SOCKETS,
	ST_SHIFT_ASKS, ST_SHIFT_TIMERS,
	ST_KV_GET, ST_KV_SET, ST_KV_INSERT, ST_KV_DELETE, ST_KV_SET_EXPIRY, ST_KV_LIST,
	ST_ASK_INSERT, ST_ASK_FORGET_OLDEST, ST_ASK_END_OLDEST, ST_ASK_EXPECT, ST_ASK_WAIT, ST_ASK_WAITING, ST_ASK_LOAD, ST_ASK_LOAD_DUE, ST_ASK_DELETE, ST_ASK_ANSWERS_DELETE, ST_ASK_ANSWER, ST_ASK_BYTES,
	ST_ASK_COUNT_ANSWER, ST_ASK_ANSWERS, ST_ASK_FORGET_SOCKET,
	ST_TIMER_INSERT, ST_TIMER_LOAD_DUE, ST_TIMER_DELETE, ST_TIMER_CANCEL, ST_TIMER_SET, ST_TIMER_COUNT, ST_TIMER_REPEATING,
	ST_DEADLINE_NEXT,
	ST_TRIM_SCAN, ST_TRIM_DELETE, ST_TRIM_NEWEST, ST_TRIM_ROOMS, ST_ROOM_SURPLUS, ST_ROOM_PRUNE, ST_ROOM_NEXT, ST_NSP_NEXT,
	ST_AGE_SCAN, ST_AGE_DELETE, ST_MEMBER_DELETE_OF, ST_SOCKET_DELETE, ST_MEMBER_SCAN, ST_MEMBER_DELETE, ST_KV_EXPIRE,
	STATEMENT_COUNT
};

/* The statement of a slot, ready to be bound. */
int statement_get(struct store *s, enum statement_slot slot, const char *sql, sqlite3_stmt **out) WARN_UNUSED;
/* 1: a row, 0: done, or a negative. Whoever stepped ends it. */
int statement_step(struct store *s, sqlite3_stmt *st) WARN_UNUSED;
void statement_end(sqlite3_stmt *st);
/* Steps once and ends it: 0 or a negative. */
int statement_run(struct store *s, sqlite3_stmt *st) WARN_UNUSED;
/* The one integer that a statement answers (NULL and no row: otherwise), and ends it. */
int statement_integer(struct store *s, sqlite3_stmt *st, int64_t otherwise, int64_t *out) WARN_UNUSED;

/* Binding: the bytes are borrowed until the statement ends. A failure is told by the next step. */
void bind_text(struct store *s, sqlite3_stmt *st, int at, struct log_text text);
void bind_blob(struct store *s, sqlite3_stmt *st, int at, struct log_text bytes);
void bind_str(struct store *s, sqlite3_stmt *st, int at, const char *text);
void bind_int(struct store *s, sqlite3_stmt *st, int at, int64_t value);
/* 0 is NULL. */
void bind_id(struct store *s, sqlite3_stmt *st, int at, int64_t value);

/* Columns as they lie in SQLite's memory: valid until the next step. NULL: at is NULL. */
struct log_text column_text(sqlite3_stmt *st, int at);
struct log_text column_blob(sqlite3_stmt *st, int at);

#endif
