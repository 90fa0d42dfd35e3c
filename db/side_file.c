/*
 * Opening and locking DB-lock and DB-bell. Any thread.
 *
 * OFD locks belong to the open file, not to the process: any thread may let go what another one took, closing some other
 * descriptor of the file drops nothing, and a child after fork shares them until it execs (O_CLOEXEC).
 */
#include "config.h"
#include "db/side_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Through symbolic links, as SQLite does for its own: two names of one database share one lock. */
int side_file_path(char out[SIDE_FILE_PATH_MAX], const char *db_path, const char *suffix)
{
	char real[PATH_MAX];
	int n = snprintf(out, SIDE_FILE_PATH_MAX, "%s%s", realpath(db_path, real) != NULL ? real : db_path, suffix);

	return n < 0 || n >= SIDE_FILE_PATH_MAX ? POLLUX_TOO_BIG : 0;
}

static int system_error(void)
{
	return errno == ENOSPC || errno == EDQUOT ? POLLUX_NO_SPACE : POLLUX_SYSTEM;
}

/* Whoever makes it gives it away; an owner we may not give to (we are not root) stays ours, as with SQLite's own side files. */
static int make(const char *path, const struct stat *db)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, db->st_mode & 0666);

	if (fd < 0)
		return -1;
	if (fchown(fd, db->st_uid, db->st_gid) != 0 && fchown(fd, (uid_t)-1, db->st_gid) != 0)
		errno = 0;
	if (fchmod(fd, db->st_mode & 0666) != 0)
		errno = 0;
	return fd;
}

int side_file_open(int *fd, const char *db_path, const char *suffix)
{
	char path[SIDE_FILE_PATH_MAX];
	struct stat db;
	int error = side_file_path(path, db_path, suffix);

	if (error < 0)
		return error;
	if (stat(db_path, &db) != 0)
		return POLLUX_SYSTEM;
	*fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0 && errno == ENOENT)
		*fd = make(path, &db);
	if (*fd < 0 && errno == EEXIST)
		*fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	return *fd < 0 ? system_error() : 0;
}

static int lock(int fd, int command, int type, int64_t byte)
{
	struct flock l = { .l_type = (short)type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
	int result;

	do {
		result = fcntl(fd, command, &l);
	} while (result != 0 && errno == EINTR);
	if (result == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? POLLUX_BUSY : POLLUX_SYSTEM;
}

int side_file_lock(int fd, int type, int64_t byte)
{
	return lock(fd, F_OFD_SETLK, type, byte);
}

int side_file_lock_wait(int fd, int type, int64_t byte)
{
	return lock(fd, F_OFD_SETLKW, type, byte);
}

void side_file_unlock(int fd, int64_t byte)
{
	(void)lock(fd, F_OFD_SETLK, F_UNLCK, byte);
}

bool side_file_locked(int fd, int64_t byte, int64_t count)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = count };

	return fcntl(fd, F_OFD_GETLK, &l) != 0 || l.l_type != F_UNLCK;
}
