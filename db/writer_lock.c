/*
 * The writer lock. The loop thread calls everything here; the helper thread only waits.
 *
 * Both use one open file, to which an OFD lock belongs: the loop lets go what the helper was granted. So while the helper is inside
 * fcntl nobody else may lock or unlock on that file, or the one would undo the other's unseen: `waiting` guards that.
 *
 * Fairness: a lock that was just let go is free until the one who waits for it has woken: 50 microseconds, on a busy machine
 * milliseconds. A process that is running anyway would take it again and again. Whoever waits therefore has a shared lock on byte 2, and
 * soon after its own release a process leaves a free lock to those: a try is refused, and the helper joins the queue only when one of
 * them has it. When none takes it they are stopped, and for a second nobody is waited for: a stopped waiter costs 2% of the time,
 * never progress. (A queue by a second exclusive lock was rejected: a stopped head of it would stop everybody.)
 */
#include "config.h"
#include "db/writer_lock.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/say.h"
#include "db/side_file.h"

/* The file's first line, for people: always this long, so that an earlier holder's leaves nothing behind. */
#define HOLDER_LINE "holder %-20ld\n"
#define HOLDER_LINE_LEN 28
/* So long after our release others go first (a woken thread waits that long for a processor on a busy machine). */
#define MODEST_US 20000
/* The helper looks that often whether one did. */
#define MODEST_LOOK_US 50
/* And if none did, so long nobody is waited for. */
#define IMMODEST_US 1000000

struct writer_lock {
	int fd; /* DB-lock: bytes 0 and 2 are locked through it */
	int event_fd;
	pthread_t thread;
	pthread_mutex_t mutex; /* for what follows */
	pthread_cond_t asked;
	bool wanted; /* the loop asks for it */
	bool waiting; /* the helper is inside fcntl */
	bool held;
	bool signalled; /* the eventfd is readable */
	bool stop, started;
	bool abandoned; /* the helper frees it */
	int64_t released_us, immodest_until_us;
	char line[HOLDER_LINE_LEN + 1];
};

/* For people only, so a full disk is no matter. */
static void write_holder(struct writer_lock *l)
{
	if (pwrite(l->fd, l->line, HOLDER_LINE_LEN, 0) < 0)
		return;
}

static void wake_loop(struct writer_lock *l)
{
	l->signalled = eventfd_write(l->event_fd, 1) == 0;
}

/* A lock that we let go just now is to be left to those who wait. */
static bool others_first(const struct writer_lock *l)
{
	int64_t now_us = clock_mono_us();

	return now_us - l->released_us < MODEST_US && now_us > l->immodest_until_us && side_file_locked(l->fd, LOCK_BYTE_WAITING, 1);
}

/* Without a mark of our own on byte 2: two that are modest must not wait for each other. While waiting is set, nobody else touches the times. */
static void be_modest(struct writer_lock *l)
{
	bool taken = false, waited = false;

	while (!taken && others_first(l)) {
		taken = side_file_locked(l->fd, LOCK_BYTE_WRITER, 1);
		if (!taken)
			usleep(MODEST_LOOK_US);
		waited = true;
	}
	if (waited && !taken && clock_mono_us() - l->released_us >= MODEST_US)
		l->immodest_until_us = clock_mono_us() + IMMODEST_US;
}

/* Blocks until the lock is ours. Called with the mutex, which it leaves for the time. */
static int wait_for_it(struct writer_lock *l)
{
	int error;

	l->waiting = true;
	pthread_mutex_unlock(&l->mutex);
	be_modest(l);
	error = side_file_lock(l->fd, F_RDLCK, LOCK_BYTE_WAITING);
	if (error == 0)
		error = side_file_lock_wait(l->fd, F_WRLCK, LOCK_BYTE_WRITER);
	side_file_unlock(l->fd, LOCK_BYTE_WAITING);
	if (error == 0)
		write_holder(l);
	pthread_mutex_lock(&l->mutex);
	l->waiting = false;
	return error;
}

/* A refused lock (ENOLCK: the kernel has none left) is asked for again a little later. */
static void pause_after_failure(struct writer_lock *l)
{
	pthread_mutex_unlock(&l->mutex);
	say(SAY_WARN, "db", NULL, "the writer lock can't be waited for; trying again");
	usleep(100000);
	pthread_mutex_lock(&l->mutex);
}

static void free_it(struct writer_lock *l)
{
	if (l->fd >= 0)
		close(l->fd); /* lets go whatever is locked */
	if (l->event_fd >= 0)
		close(l->event_fd);
	pthread_cond_destroy(&l->asked);
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

static void *helper(void *arg)
{
	struct writer_lock *l = arg;

	pthread_mutex_lock(&l->mutex);
	while (!l->stop) {
		if (!l->wanted || l->held) {
			pthread_cond_wait(&l->asked, &l->mutex);
		} else if (wait_for_it(l) < 0) {
			pause_after_failure(l);
		} else if (l->wanted) {
			l->wanted = false;
			l->held = true;
			wake_loop(l);
		} else {
			side_file_unlock(l->fd, LOCK_BYTE_WRITER); /* given up in the meantime */
		}
	}
	pthread_mutex_unlock(&l->mutex);
	if (l->abandoned)
		free_it(l);
	return NULL;
}

/* Signals are the loop's business. */
static int start_helper(struct writer_lock *l)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&l->thread, NULL, helper, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	l->started = error == 0;
	return error == 0 ? 0 : POLLUX_SYSTEM;
}

int writer_lock_new(struct writer_lock **out, const char *db_path)
{
	struct writer_lock *l = calloc(1, sizeof(*l));
	int error;

	*out = NULL;
	if (l == NULL)
		return POLLUX_NO_MEMORY;
	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->asked, NULL);
	snprintf(l->line, sizeof(l->line), HOLDER_LINE, (long)getpid());
	l->fd = -1;
	l->released_us = clock_mono_us() - MODEST_US;
	l->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	error = l->event_fd < 0 ? POLLUX_SYSTEM : side_file_open(&l->fd, db_path, SIDE_FILE_LOCK);
	if (error == 0)
		error = start_helper(l);
	if (error < 0) {
		writer_lock_free(l);
		return error;
	}
	*out = l;
	return 0;
}

/* With the mutex, and the helper not waiting. */
static int try_it(struct writer_lock *l)
{
	if (others_first(l) || side_file_lock(l->fd, F_WRLCK, LOCK_BYTE_WRITER) < 0)
		return POLLUX_BUSY;
	write_holder(l);
	l->wanted = false;
	l->held = true;
	return 0;
}

int writer_lock_try(struct writer_lock *l)
{
	int error = 0;

	pthread_mutex_lock(&l->mutex);
	if (!l->held)
		error = l->waiting ? POLLUX_BUSY : try_it(l);
	pthread_mutex_unlock(&l->mutex);
	return error;
}

void writer_lock_request(struct writer_lock *l)
{
	pthread_mutex_lock(&l->mutex);
	if (!l->held && !l->wanted) {
		l->wanted = true;
		pthread_cond_signal(&l->asked);
	}
	pthread_mutex_unlock(&l->mutex);
}

int writer_lock_fd(const struct writer_lock *l)
{
	return l->event_fd;
}

static void drain(struct writer_lock *l)
{
	eventfd_t count;

	if (l->signalled && eventfd_read(l->event_fd, &count) == 0)
		l->signalled = false;
}

bool writer_lock_granted(struct writer_lock *l)
{
	bool held;

	pthread_mutex_lock(&l->mutex);
	drain(l);
	held = l->held;
	pthread_mutex_unlock(&l->mutex);
	return held;
}

void writer_lock_release(struct writer_lock *l)
{
	pthread_mutex_lock(&l->mutex);
	l->wanted = false;
	if (l->held) {
		l->held = false;
		l->released_us = clock_mono_us();
		side_file_unlock(l->fd, LOCK_BYTE_WRITER);
		drain(l); /* a grant that nobody looked at */
	}
	pthread_mutex_unlock(&l->mutex);
}

/*
 * The helper may be inside fcntl for as long as another process likes. Then it is left alone, and frees everything once it comes out:
 * usually the process ends first. (Rejected: a signal, whose handler a library shouldn't own; pthread_cancel, which sanitizers don't
 * understand.)
 */
static bool stop_helper(struct writer_lock *l)
{
	pthread_t thread = l->thread;
	bool waiting;

	pthread_mutex_lock(&l->mutex);
	l->stop = true;
	l->wanted = false;
	waiting = l->abandoned = l->waiting;
	pthread_cond_signal(&l->asked);
	pthread_mutex_unlock(&l->mutex);
	if (waiting)
		pthread_detach(thread);
	else
		pthread_join(thread, NULL);
	return !waiting;
}

void writer_lock_free(struct writer_lock *l)
{
	if (l != NULL && (!l->started || stop_helper(l)))
		free_it(l);
}
