/* Opening SQLite the one way we open it. Any thread; a connection then belongs to one (NOMUTEX). */
#include "config.h"
#include "db/connection.h"

#include <pthread.h>
#include <stdio.h>

/* Without its memory statistics SQLite takes no mutex a malloc. */
static void configure_once(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int connection_open(sqlite3 **out, const char *path, bool read_only)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int result;

	pthread_once(&once, configure_once);

	/* The file is made by its opener beforehand: CREATE would make one where a database was just moved away. */
	flags |= read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	result = sqlite3_open_v2(path, out, flags, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_db_config(*out, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return result;
}

int connection_settle(sqlite3 *db, bool sync_full, bool checkpoint_on_close)
{
	char sql[400];
	int result;

	snprintf(sql, sizeof(sql),
		"PRAGMA synchronous=%s; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-1000; PRAGMA trusted_schema=OFF;"
		"PRAGMA wal_autocheckpoint=%d; PRAGMA journal_size_limit=%d",
		sync_full ? "FULL" : "NORMAL", CONNECTION_CHECKPOINT_PAGES, CONNECTION_WAL_KEEP_BYTES);
	result = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !checkpoint_on_close, NULL);
	return result;
}
