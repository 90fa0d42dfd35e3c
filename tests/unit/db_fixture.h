/* What the tests of the store share: a folder of its own for each test, an open store, checked calls. */
#ifndef POLLUX_TEST_DB_FIXTURE_H
#define POLLUX_TEST_DB_FIXTURE_H

#include "tests/unit/check.h"

#include <string.h>
#include <sys/types.h>
#include "db/log.h"
#include "db/store.h"

struct db {
	char folder[64];
	char path[96];
	struct store *s;
};

/* cmocka's setup and teardown: *state is a struct db * with a new store open (or closed: db_setup_folder). */
int db_setup(void **state);
int db_setup_folder(void **state);
int db_teardown(void **state);

/* Opens a store that must open. */
struct store *db_open(const char *path);
/* Opens one that must not; checks the error and that the sentence says `why`. */
void db_assert_refused(const char *path, const struct store_options *options, int error, const char *why);
/* The value of a call that must not fail and must leave no statement busy. */
int64_t db_check(struct store *s, int64_t value, const char *what, int line);
/* A call that must fail with this error, and leave no statement busy. */
void db_check_error(struct store *s, int64_t value, int error, const char *what, int line);
#define OK(s, call) db_check((s), (call), #call, __LINE__)
#define FAILS(s, error, call) db_check_error((s), (call), (error), #call, __LINE__)

static inline struct log_text text(const char *at)
{
	return (struct log_text){ at, at == NULL ? 0 : strlen(at) };
}

/* A row in a transaction of its own, with at_ms (0: now); its seq. */
int64_t db_append(struct store *s, const char *room, const char *packet, int64_t at_ms);
/* The same inside the caller's transaction. room "" is a direct row, NULL the namespace. */
int64_t db_append_in(struct store *s, const char *room, const char *packet, int64_t at_ms);
/* One integer that a query of the tests answers, by a connection of its own (-1: no row). sqlite3 CLI's view, as it were. */
int64_t db_query(const char *path, const char *sql);
/* Runs SQL as a foreign program would. */
void db_foreign(const char *path, const char *sql);
/* A child that runs the function and exits with what it answers; cmocka's asserts don't reach the parent, so answer 0 or not. */
pid_t db_fork(int (*child)(void *ctx), void *ctx);
/* Its exit code, or 128 + signal. */
int db_wait(pid_t pid);
/* FNV-1a of a file's bytes and its length, to see whether somebody touched it. */
uint64_t db_file_sum(const char *path);

#endif
