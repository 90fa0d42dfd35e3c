/*
 * Checkpoints. Everything here but start and stop runs on the helper thread, with a connection of its own.
 *
 * When the WAL file is longer than a few MB and something was written, a PASSIVE checkpoint copies what it can while others write. Where
 * they write without a pause, there are always newer pages, and a WAL that is never wholly copied never begins anew: once it is too
 * long, what little is left is copied with the writer lock held. (RESTART and TRUNCATE were rejected: they
 * wait on SQLite's own locks, where writers of ours would meet them as BUSY.)
 *
 * The length of the file is a measure because every connection cuts it to CONNECTION_WAL_KEEP_BYTES when it begins anew.
 */
#include "config.h"
#include "db/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/say.h"
#include "db/connection.h"
#include "db/side_file.h"

#define LOOK_MS 100 /* while elected */
#define ELECTION_MS 1000 /* while another one is */
#define LONG_BYTES (4 << 20)
#define TOO_LONG_BYTES (12 << 20)
#define LOCK_TRIES 200
#define LOCK_PAUSE_US 500

struct checkpoint {
	pthread_t thread;
	pthread_mutex_t mutex; /* for stop */
	pthread_cond_t stopping;
	bool stop;
	int fd; /* DB-lock: the election, and the writer lock when it is needed */
	bool elected;
	sqlite3 *db;
	int64_t seen; /* data_version at the last complete checkpoint */
	int failed; /* the last result that was said */
	char wal[SIDE_FILE_PATH_MAX];
};

static int64_t wal_bytes(const struct checkpoint *c)
{
	struct stat st;

	return stat(c->wal, &st) == 0 ? (int64_t)st.st_size : 0;
}

static int64_t data_version(struct checkpoint *c)
{
	sqlite3_stmt *st = NULL;
	int64_t version = -1;

	if (sqlite3_prepare_v2(c->db, "PRAGMA data_version", -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		version = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return version;
}

/* A full disk fails every time: said once. */
static void say_failure(struct checkpoint *c, int result)
{
	if ((result & 0xff) == SQLITE_BUSY)
		result = SQLITE_OK; /* a foreign program checkpoints */
	if (result != SQLITE_OK && result != c->failed)
		say(SAY_WARN, "db", NULL, "checkpoint: %s", sqlite3_errmsg(c->db));
	c->failed = result;
}

/* True when all was copied that lay in the WAL when it began. */
static bool copy_pages(struct checkpoint *c)
{
	int in_wal = -1, copied = -1;
	int result = sqlite3_wal_checkpoint_v2(c->db, "main", SQLITE_CHECKPOINT_PASSIVE, &in_wal, &copied);

	say_failure(c, result);
	return result == SQLITE_OK && in_wal == copied;
}

/* By trying, since waiting may take as long as another process likes and this thread must be able to end. Byte 2 keeps those off
 * who would only try themselves: see writer_lock.c. */
static bool take_writer_lock(struct checkpoint *c)
{
	int error = side_file_lock(c->fd, F_RDLCK, LOCK_BYTE_WAITING);

	for (int i = 0; i < LOCK_TRIES; i++) {
		error = side_file_lock(c->fd, F_WRLCK, LOCK_BYTE_WRITER);
		if (error != POLLUX_BUSY)
			break;
		usleep(LOCK_PAUSE_US);
	}
	side_file_unlock(c->fd, LOCK_BYTE_WAITING);
	return error == 0;
}

/* Nobody of ours writes meanwhile, so the next writer begins the WAL anew. */
static bool copy_the_rest(struct checkpoint *c, int64_t *version)
{
	bool whole;

	if (!take_writer_lock(c))
		return false; /* next time; and at CONNECTION_CHECKPOINT_PAGES whoever commits does it */
	*version = data_version(c);
	whole = copy_pages(c);
	side_file_unlock(c->fd, LOCK_BYTE_WRITER);
	return whole;
}

static void look(struct checkpoint *c)
{
	int64_t version, bytes = wal_bytes(c);
	bool whole;

	if (bytes <= LONG_BYTES)
		return;
	version = data_version(c);
	if (version == c->seen)
		return;
	whole = copy_pages(c);
	if (bytes > TOO_LONG_BYTES && c->failed == SQLITE_OK && (!whole || data_version(c) != version))
		whole = copy_the_rest(c, &version);
	if (whole)
		c->seen = version;
}

static void elect(struct checkpoint *c)
{
	c->elected = side_file_lock(c->fd, F_WRLCK, LOCK_BYTE_CHECKPOINT) == 0;
}

/* With the mutex. */
static void sleep_ms(struct checkpoint *c, int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&c->stopping, &c->mutex, &until);
}

static void *helper(void *arg)
{
	struct checkpoint *c = arg;

	pthread_mutex_lock(&c->mutex);
	while (!c->stop) {
		pthread_mutex_unlock(&c->mutex);
		if (!c->elected)
			elect(c);
		if (c->elected)
			look(c);
		pthread_mutex_lock(&c->mutex);
		if (!c->stop)
			sleep_ms(c, c->elected ? LOOK_MS : ELECTION_MS);
	}
	pthread_mutex_unlock(&c->mutex);
	return NULL;
}

static int open_files(struct checkpoint *c, const char *db_path)
{
	int result, error = side_file_path(c->wal, db_path, "-wal");

	if (error == 0)
		error = side_file_open(&c->fd, db_path, SIDE_FILE_LOCK);
	if (error < 0)
		return error;
	result = connection_open(&c->db, db_path, false);
	if (result == SQLITE_OK)
		result = connection_settle(c->db, false, false);
	return result == SQLITE_OK ? 0 : POLLUX_DATABASE;
}

static int start_helper(struct checkpoint *c)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&c->thread, NULL, helper, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 ? 0 : POLLUX_SYSTEM;
}

static void free_it(struct checkpoint *c)
{
	sqlite3_close(c->db);
	if (c->fd >= 0)
		close(c->fd); /* lets the election go */
	pthread_cond_destroy(&c->stopping);
	pthread_mutex_destroy(&c->mutex);
	free(c);
}

static void init_sync(struct checkpoint *c)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->stopping, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&c->mutex, NULL);
}

int checkpoint_start(struct checkpoint **out, const char *db_path)
{
	struct checkpoint *c = calloc(1, sizeof(*c));
	int error;

	*out = NULL;
	if (c == NULL)
		return POLLUX_NO_MEMORY;
	init_sync(c);
	c->fd = -1;
	c->seen = -1;
	error = open_files(c, db_path);
	if (error == 0)
		error = start_helper(c);
	if (error < 0) {
		free_it(c);
		return error;
	}
	*out = c;
	return 0;
}

void checkpoint_stop(struct checkpoint *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->mutex);
	c->stop = true;
	pthread_cond_signal(&c->stopping);
	pthread_mutex_unlock(&c->mutex);
	pthread_join(c->thread, NULL);
	free_it(c);
}
