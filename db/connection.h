/* A connection to the database file as every thread of ours opens it. db/ alone. */
#ifndef POLLUX_CONNECTION_H
#define POLLUX_CONNECTION_H

#include <sqlite3.h>
#include <stdbool.h>
#include "base/err.h"

/* A WAL of this many pages makes a process that is not elected to checkpoint do it in its commit after all. */
#define CONNECTION_CHECKPOINT_PAGES 8000
/* To this size the WAL is cut when it begins anew. */
#define CONNECTION_WAL_KEEP_BYTES (2 << 20)

/* Opens without looking at it. It never checkpoints on close until connection_settle. An SQLite result code; *out may
 * be set with an error too (for its words) and is then closed by the caller. */
int connection_open(sqlite3 **out, const char *path, bool read_only) WARN_UNUSED;
/* The settings of a connection to a database that was accepted. An SQLite result code. */
int connection_settle(sqlite3 *db, bool sync_full, bool checkpoint_on_close) WARN_UNUSED;

#endif
