/* The writer lock: granting, giving up, fairness between processes, holders that die or stop. And the bell. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/bell.h"
#include "db/writer_lock.h"

static struct writer_lock *new_lock(const char *path)
{
	struct writer_lock *l;

	assert_int_equal(writer_lock_new(&l, path), 0);
	return l;
}

/* Waits until it is granted. */
static bool wait_grant(struct writer_lock *l, int timeout_ms)
{
	struct pollfd p = { .fd = writer_lock_fd(l), .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1 && writer_lock_granted(l);
}

static void test_try_request_release(void **state)
{
	struct db *db = *state;
	struct writer_lock *a = new_lock(db->path), *b = new_lock(db->path);
	char line[100] = "", expected[40], path[200];
	FILE *f;

	assert_int_equal(writer_lock_try(a), 0);
	assert_int_equal(writer_lock_try(a), 0); /* ours already */
	assert_int_equal(writer_lock_try(b), POLLUX_BUSY);
	snprintf(path, sizeof(path), "%s-lock", db->path);
	f = fopen(path, "r");
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	snprintf(expected, sizeof(expected), "holder %ld ", (long)getpid());
	assert_memory_equal(line, expected, strlen(expected));
	writer_lock_request(b);
	writer_lock_request(b);
	assert_false(wait_grant(b, 20));
	assert_false(writer_lock_granted(b));
	assert_int_equal(writer_lock_try(b), POLLUX_BUSY);
	writer_lock_release(a);
	assert_true(wait_grant(b, 2000));
	assert_int_equal(writer_lock_try(a), POLLUX_BUSY);
	writer_lock_release(b);
	writer_lock_release(b); /* harmless */
	assert_false(wait_grant(b, 10));
	writer_lock_free(a);
	writer_lock_free(b);
	writer_lock_free(NULL);
}

/* Given up while the helper waits: it lets go what it then gets, and may be asked again. */
static void test_giving_up(void **state)
{
	struct db *db = *state;
	struct writer_lock *a = new_lock(db->path), *b = new_lock(db->path);
	int64_t until = clock_mono_ms() + 2000;

	assert_int_equal(writer_lock_try(a), 0);
	writer_lock_request(b);
	usleep(10000);
	writer_lock_release(b);
	writer_lock_release(a);
	while (writer_lock_try(a) < 0 && clock_mono_ms() < until)
		usleep(500);
	assert_int_equal(writer_lock_try(a), 0);
	assert_false(writer_lock_granted(b));
	writer_lock_request(b);
	writer_lock_release(b);
	writer_lock_request(b);
	writer_lock_release(a);
	assert_true(wait_grant(b, 2000));
	writer_lock_free(b); /* held: let go */
	assert_int_equal(writer_lock_try(a), 0);
	writer_lock_free(a);
}

/* Freed while its helper waits for a lock that nobody lets go. */
static void test_freed_while_waiting(void **state)
{
	struct db *db = *state;
	struct writer_lock *a = new_lock(db->path), *b;

	assert_int_equal(writer_lock_try(a), 0);
	for (int i = 0; i < 20; i++) {
		b = new_lock(db->path);
		writer_lock_request(b);
		if (i % 2)
			usleep(2000);
		writer_lock_free(b);
	}
	writer_lock_free(a);
	a = new_lock(db->path);
	writer_lock_request(a); /* the helpers left behind let it go as they come to it */
	assert_true(wait_grant(a, 2000));
	writer_lock_free(a);
}

/* Asking and giving up at random, in two threads' worth of processes: never two holders. */
struct shared {
	_Atomic int inside, clashes, counts[4], go;
};

struct job {
	const char *path;
	struct shared *shared;
	int me, ms, work_us;
	bool try_first, erratic;
};

static void hold_for(struct job *job)
{
	if (job->shared->inside++ != 0)
		job->shared->clashes++;
	if (job->work_us > 0) {
		int64_t until = clock_mono_us() + job->work_us;

		while (clock_mono_us() < until)
			continue;
	}
	job->shared->inside--;
	job->shared->counts[job->me]++;
}

static int lock_in_a_loop(void *ctx)
{
	struct job *job = ctx;
	struct writer_lock *l;
	int64_t until;
	unsigned int n = (unsigned int)job->me * 7919u;

	if (writer_lock_new(&l, job->path) < 0)
		return 1;
	while (!job->shared->go)
		usleep(100);
	until = clock_mono_ms() + job->ms;
	while (clock_mono_ms() < until) {
		n = n * 1103515245u + 12345u;
		if (!job->try_first || writer_lock_try(l) < 0) {
			writer_lock_request(l);
			if (job->erratic && (n >> 16) % 3 == 0) {
				writer_lock_release(l);
				continue;
			}
			if (!wait_grant(l, 5000))
				return 2;
		}
		hold_for(job);
		writer_lock_release(l);
	}
	writer_lock_free(l);
	return 0;
}

static struct shared *new_shared(void)
{
	void *p = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

/* Runs the jobs beside each other; prints and returns the smallest share in percent of an even one. */
static int run_jobs(struct job *jobs, int n, struct shared *shared)
{
	pid_t pids[4];
	int total = 0, least = INT32_MAX;

	for (int i = 0; i < n; i++) {
		jobs[i].me = i;
		jobs[i].shared = shared;
		pids[i] = db_fork(lock_in_a_loop, &jobs[i]);
	}
	usleep(50000);
	shared->go = 1;
	for (int i = 0; i < n; i++)
		assert_int_equal(db_wait(pids[i]), 0);
	for (int i = 0; i < n; i++) {
		total += shared->counts[i];
		least = shared->counts[i] < least ? shared->counts[i] : least;
		printf("# process %d: %d times\n", i, (int)shared->counts[i]);
	}
	assert_int_equal(shared->clashes, 0);
	return total == 0 ? 0 : least * 100 * n / total;
}

/* A machine that is busy with other things may treat two processes unevenly; a starved one gets a few percent, whatever else runs. */
static void assert_share(const struct job *like, int n, int try_first, int least)
{
	int share = 0;

	for (int attempt = 0; attempt < 4 && share < least; attempt++) {
		struct job jobs[4];

		for (int i = 0; i < n; i++) {
			jobs[i] = *like;
			jobs[i].try_first = i < try_first;
		}
		share = run_jobs(jobs, n, new_shared());
	}
	assert_in_range(share, least, 100);
}

static void test_two_share_evenly(void **state)
{
	assert_share(&(struct job){ .path = ((struct db *)*state)->path, .ms = 1000, .work_us = 300 }, 2, 0, 50);
}

static void test_two_that_try(void **state)
{
	assert_share(&(struct job){ .path = ((struct db *)*state)->path, .ms = 1000, .work_us = 300 }, 2, 2, 50);
}

/* Where processors are scarce the one that asks comes to ask less often; it gets its turn when it does. */
static void test_trying_starves_nobody(void **state)
{
	assert_share(&(struct job){ .path = ((struct db *)*state)->path, .ms = 1000, .work_us = 300 }, 2, 1, 30);
}

static void test_four_share(void **state)
{
	assert_share(&(struct job){ .path = ((struct db *)*state)->path, .ms = 1000, .work_us = 200 }, 4, 2, 30);
}

static void test_erratic_askers(void **state)
{
	struct job jobs[3] = { { .path = ((struct db *)*state)->path, .ms = 1000, .work_us = 50, .erratic = true } };

	jobs[1] = jobs[2] = jobs[0];
	jobs[1].try_first = true;
	run_jobs(jobs, 3, new_shared());
}

static int hold_for_ever(void *ctx)
{
	struct writer_lock *l;
	int *ready = ctx;
	char path[200];

	if (read(ready[0], path, sizeof(path)) <= 0 || writer_lock_new(&l, path) < 0 || writer_lock_try(l) < 0 ||
		write(ready[3], "!", 1) != 1)
		return 1;
	pause();
	return 0;
}

/* A child that holds the lock. */
static pid_t start_holder(struct db *db, int pipes[4])
{
	char c;
	pid_t pid;

	assert_int_equal(pipe(pipes) | pipe(pipes + 2), 0);
	pid = db_fork(hold_for_ever, pipes);
	assert_true(write(pipes[1], db->path, strlen(db->path) + 1) > 0);
	assert_int_equal(read(pipes[2], &c, 1), 1);
	return pid;
}

static void test_killed_holder(void **state)
{
	struct db *db = *state;
	struct writer_lock *l = new_lock(db->path);
	int pipes[4];
	pid_t pid = start_holder(db, pipes);

	writer_lock_request(l);
	assert_false(wait_grant(l, 20));
	kill(pid, SIGKILL);
	assert_true(wait_grant(l, 2000));
	db_wait(pid);
	writer_lock_free(l);
}

/* Who waits and is stopped keeps nobody from the lock. */
static void test_stopped_waiter(void **state)
{
	struct db *db = *state;
	struct job job = { .path = db->path, .shared = new_shared(), .ms = 600000 };
	struct writer_lock *l = new_lock(db->path);
	pid_t pid;

	assert_int_equal(writer_lock_try(l), 0);
	job.shared->go = 1;
	pid = db_fork(lock_in_a_loop, &job);
	usleep(50000);
	kill(pid, SIGSTOP);
	usleep(10000);
	writer_lock_release(l);
	for (int i = 0; i < 50; i++) {
		if (writer_lock_try(l) < 0) {
			writer_lock_request(l);
			assert_true(wait_grant(l, 2000));
		}
		writer_lock_release(l);
	}
	kill(pid, SIGKILL);
	db_wait(pid);
	writer_lock_free(l);
}

static struct bell *new_bell(const char *path)
{
	struct bell *b;

	assert_int_equal(bell_new(&b, path), 0);
	return b;
}

static bool hears(struct bell *b, int timeout_ms)
{
	struct pollfd p = { .fd = bell_fd(b), .events = POLLIN };
	bool heard = poll(&p, 1, timeout_ms) == 1;

	bell_heard(b);
	return heard;
}

static void test_bell(void **state)
{
	struct db *db = *state;
	struct bell *a = new_bell(db->path), *b = new_bell(db->path);
	char command[300];

	assert_true(bell_fd(b) >= 0);
	assert_false(hears(b, 0));
	bell_ring(a);
	assert_true(hears(b, 2000));
	assert_false(hears(b, 0));
	for (int i = 0; i < 1000; i++)
		bell_ring(a); /* before anybody hears: one is enough */
	assert_true(hears(b, 2000));
	assert_false(hears(b, 0));
	snprintf(command, sizeof(command), "touch %s-bell", db->path); /* what PHP's touch() does */
	hears(a, 0);
	assert_int_equal(system(command), 0);
	assert_true(hears(b, 2000));
	bell_free(a);
	bell_free(b);
	bell_free(NULL);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_try_request_release),
		WITH_STORE(test_giving_up),
		WITH_STORE(test_freed_while_waiting),
		WITH_STORE(test_two_share_evenly),
		WITH_STORE(test_trying_starves_nobody),
		WITH_STORE(test_two_that_try),
		WITH_STORE(test_four_share),
		WITH_STORE(test_erratic_askers),
		WITH_STORE(test_killed_holder),
		WITH_STORE(test_stopped_waiter),
		WITH_STORE(test_bell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
