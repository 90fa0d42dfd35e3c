/*
 * The database file: opening, closing, transactions. The one place that begins and
 * ends them. A store belongs to one thread. SQLite is seen in db/ alone.
 */
#ifndef POLLUX_STORE_H
#define POLLUX_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct store;

struct store_options {
	bool create;        /* make the file and its schema when absent */
	bool sync_full;     /* synchronous=FULL instead of NORMAL */
	bool cgi;           /* never checkpoint on close */
	bool read_only;     /* operator's tools */
};

/* Opens path. Refuses, touching nothing, with a sentence in why: a file that is no Pollux database (application_id), damaged,
 * read-only, of a newer schema, on a network filesystem. 0, POLLUX_DATABASE, POLLUX_NOT_FOUND, POLLUX_REFUSED, POLLUX_NO_SPACE. */
int store_open(struct store **out, const char *path, const struct store_options *options, char *why, size_t why_cap) WARN_UNUSED;
void store_close(struct store *s);
/* SQLite's text of the last error. */
const char *store_error(const struct store *s);
const char *store_path(const struct store *s);
/* The log's epoch: 8 characters. */
const char *store_epoch(const struct store *s);

/* BEGIN IMMEDIATE; the caller holds the writer lock. who names the caller in log lines. BUSY: a foreign writer. NO_SPACE, DATABASE;
 * REFUSED: opened read_only. */
int store_begin(struct store *s, const char *who) WARN_UNUSED;
/* COMMIT. On any error everything is rolled back when it returns (SQLite may have done it by itself). */
int store_commit(struct store *s) WARN_UNUSED;
void store_rollback(struct store *s);
/* sqlite3_get_autocommit: false after an error that made SQLite roll back by itself. */
bool store_in_transaction(const struct store *s);
/* One savepoint inside a transaction: begin, then release or roll back to it (which also ends it). */
int store_savepoint(struct store *s) WARN_UNUSED;
int store_savepoint_release(struct store *s) WARN_UNUSED;
int store_savepoint_rollback(struct store *s) WARN_UNUSED;
/* A consistent view over several reads, outside a write transaction. */
int store_read_begin(struct store *s) WARN_UNUSED;
void store_read_end(struct store *s);

/* True while database, lock and bell are the files that were opened (inodes compared). Call about once a second;
 * when false (replaced, deleted): log and exit. */
bool store_files_unchanged(const struct store *s);

#endif
