/*
 * The small files beside the database: DB-lock and DB-bell. They take the database's owner, group and mode, so that
 * whoever may write the one may lock and ring the other.
 */
#ifndef POLLUX_SIDE_FILE_H
#define POLLUX_SIDE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

#define SIDE_FILE_LOCK "-lock"
#define SIDE_FILE_BELL "-bell"
#define SIDE_FILE_PATH_MAX PATH_MAX

/* What the bytes of the lock file are for. Locks are on numbers of bytes, whatever is written there. */
enum side_file_byte {
	LOCK_BYTE_WRITER = 0,
	LOCK_BYTE_CHECKPOINT = 1,
	LOCK_BYTE_WAITING = 2,       /* shared: somebody waits for byte 0 */
	LOCK_BYTE_PROCESS = 100      /* and up: a process lives */
};

/* The file's path; POLLUX_TOO_BIG. */
int side_file_path(char out[SIDE_FILE_PATH_MAX], const char *db_path, const char *suffix) WARN_UNUSED;
/* A new descriptor (O_CLOEXEC), making the file when absent. POLLUX_SYSTEM with errno, POLLUX_NO_SPACE. */
int side_file_open(int *fd, const char *db_path, const char *suffix) WARN_UNUSED;

/* OFD locks of one byte. type: F_RDLCK or F_WRLCK. 0, BUSY or SYSTEM. */
int side_file_lock(int fd, int type, int64_t byte) WARN_UNUSED;
int side_file_lock_wait(int fd, int type, int64_t byte) WARN_UNUSED;
void side_file_unlock(int fd, int64_t byte);
/* True when another open file has a lock on these bytes (count 0: all from there on). An error counts as locked. */
bool side_file_locked(int fd, int64_t byte, int64_t count);

#endif
