/* See the header. */
#include "config.h"
#include "tests/crash/writer.h"

#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/bell.h"
#include "db/writer_lock.h"

struct life {
	struct writer *w;
	struct store *s;
	struct writer_lock *lock;
	struct bell *bell;
	int64_t cursor;
	unsigned int random;
};

struct shared *writer_shared(void)
{
	void *p = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static int complain(const struct life *l, const char *what, int error)
{
	fprintf(stderr, "# writer %d: %s: %s, %s\n", l->w->me, what, pollux_strerror(error), l->s ? store_error(l->s) : "");
	return 1;
}

static int see(void *ctx, const struct log_row *row)
{
	struct life *l = ctx;

	if (row->seq <= l->cursor)
		return POLLUX_PROTOCOL; /* twice, or out of order */
	l->cursor = row->seq;
	l->w->shared->read[l->w->me]++;
	l->w->shared->cursor[l->w->me] = row->seq;
	return 0;
}

static int catch_up(struct life *l)
{
	int n;

	do {
		n = log_read(l->s, l->cursor, 256, see, l);
	} while (n == 256);
	return n == POLLUX_BUSY ? 0 : n;
}

static int append_rows(struct life *l, int64_t *seqs)
{
	struct log_row row = { .nsp = text("/"), .room = text("a") };
	char packet[40];

	for (int i = 0; i < l->w->rows; i++) {
		int error;

		snprintf(packet, sizeof(packet), "[\"writer\",%d]", l->w->me);
		row.packet = text(packet);
		error = log_append(l->s, &row);
		if (error < 0)
			return error;
		seqs[i] = row.seq;
	}
	return 0;
}

/* What comes after the commit: only now is anybody told. */
static void tell(struct life *l, const int64_t *seqs)
{
	struct shared *shared = l->w->shared;

	for (int i = 0; i < l->w->rows; i++) {
		int64_t at = shared->acked_count++;

		if (at < ACKED_MAX)
			shared->acked[at] = seqs[i] * 8 + l->w->me;
	}
	shared->commits[l->w->me]++;
}

/* With the lock. */
static int transact(struct life *l)
{
	int64_t seqs[128];
	int error = store_begin(l->s, "writer");

	if (error < 0)
		return error;
	error = catch_up(l); /* under the lock: its own rows then come after all others' */
	if (error >= 0)
		error = append_rows(l, seqs);
	if (l->w->hold_ms > 0)
		usleep((useconds_t)l->w->hold_ms * 1000);
	if (error >= 0)
		error = store_commit(l->s);
	else
		store_rollback(l->s);
	if (error == 0)
		tell(l, seqs);
	return error;
}

/* Takes the lock when it can, else asks and says no. */
static bool have_lock(struct life *l)
{
	if (writer_lock_try(l->lock) == 0 || writer_lock_granted(l->lock))
		return true;
	writer_lock_request(l->lock);
	return false;
}

static int write_some(struct life *l)
{
	int error;

	if (!have_lock(l))
		return 0;
	l->w->shared->holding[l->w->me] = 1;
	error = transact(l);
	l->w->shared->holding[l->w->me] = 0;
	writer_lock_release(l->lock);
	if (error == POLLUX_BUSY) {
		l->w->shared->busy[l->w->me]++;
		usleep(5000);
		return 0;
	}
	bell_ring(l->bell);
	return error;
}

static int turn(struct life *l)
{
	struct pollfd fds[2] = { { .fd = writer_lock_fd(l->lock), .events = POLLIN }, { .fd = bell_fd(l->bell), .events = POLLIN } };
	bool writes = !l->w->only_read && !l->w->shared->stop;
	int error = 0;

	if (writes)
		error = write_some(l);
	l->random = l->random * 1103515245u + 12345u;
	poll(fds, 2, writes ? (int)((l->random >> 16) % 3) : 20);
	bell_heard(l->bell);
	return error < 0 ? error : catch_up(l);
}

int writer_live(void *ctx)
{
	struct life l = { .w = ctx };
	int error = 0, quiet = 0;

	l.random = (unsigned int)l.w->me * 7919u + (unsigned int)getpid();
	l.s = db_open(l.w->path);
	l.cursor = l.w->shared->cursor[l.w->me];
	if (writer_lock_new(&l.lock, l.w->path) < 0 || bell_new(&l.bell, l.w->path) < 0)
		return complain(&l, "start", POLLUX_SYSTEM);
	while (quiet < 10) { /* 200 ms after the end nothing comes any more */
		error = turn(&l);
		if (error < 0)
			return complain(&l, "turn", error);
		quiet = l.w->shared->stop && error == 0 ? quiet + 1 : 0;
	}
	bell_free(l.bell);
	writer_lock_free(l.lock);
	store_close(l.s);
	return 0;
}

bool writer_wait(bool (*holds)(struct shared *shared, int64_t than), struct shared *shared, int64_t than, int timeout_ms)
{
	int64_t until = clock_mono_ms() + timeout_ms;

	while (!holds(shared, than)) {
		if (clock_mono_ms() > until)
			return false;
		usleep(500);
	}
	return true;
}

int64_t writer_commits(const struct shared *shared)
{
	int64_t all = 0;

	for (int i = 0; i < WRITERS_MAX; i++)
		all += shared->commits[i];
	return all;
}

static int by_seq(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

struct check {
	const struct shared *shared;
	int64_t at, count;
};

/* Rows come in order, so do the acks: each ack has to be met. */
static int meet_ack(void *ctx, const struct log_row *row)
{
	struct check *c = ctx;
	char packet[40];

	while (c->at < c->count && c->shared->acked[c->at] / 8 == row->seq) {
		snprintf(packet, sizeof(packet), "[\"writer\",%d]", (int)(c->shared->acked[c->at] % 8));
		if (row->packet.len != strlen(packet) || memcmp(row->packet.at, packet, row->packet.len) != 0)
			return POLLUX_PROTOCOL;
		if (c->at > 0 && c->shared->acked[c->at - 1] / 8 == row->seq)
			return POLLUX_EXISTS; /* two were told the same number */
		c->at++;
	}
	return 0;
}

void writer_assert_acked(const char *path, const struct shared *shared)
{
	struct check c = { .shared = shared, .count = shared->acked_count };
	struct store *s = db_open(path);

	assert_in_range(c.count, 1, ACKED_MAX);
	qsort((void *)(uintptr_t)shared->acked, (size_t)c.count, sizeof(shared->acked[0]), by_seq);
	while (c.at < c.count && shared->acked[c.at] == 0)
		c.at++; /* killed after it took the place and before it told anybody */
	OK(s, log_read(s, 0, INT32_MAX, meet_ack, &c));
	if (c.at != c.count)
		fail_msg("seq %lld was acked and is not there", (long long)(shared->acked[c.at] / 8));
	store_close(s);
}

void writer_assert_sound(const char *path)
{
	assert_int_equal(db_query(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}
