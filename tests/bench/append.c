/*
 * append: how many messages a second the store persists at so many a tick. Writes as a process does: the writer lock, one transaction,
 * N rows, commit, release, bell; checkpoints run on their own thread. Prints one JSON object. Not a test of the store, but
 * it counts: exits 1 when the log does not hold exactly what was written.
 * Usage: append DATABASE SECONDS N…   (makes the database)
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "db/bell.h"
#include "db/checkpoint.h"
#include "db/log.h"
#include "db/store.h"
#include "db/writer_lock.h"

struct writer {
	struct store *store;
	struct writer_lock *lock;
	struct bell *bell;
	struct checkpoint *checkpoint;
};

static double seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Nobody else writes here but the checkpointer, who does not hold the lock. */
static int take_lock(struct writer *w)
{
	int error = writer_lock_try(w->lock);

	while (error == POLLUX_BUSY) {
		(void)nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
		error = writer_lock_try(w->lock);
	}
	return error;
}

static int append_one(struct writer *w, unsigned number)
{
	char packet[160];
	int n = snprintf(packet, sizeof(packet), "[\"message\",{\"id\":%u,\"from\":\"somebody\",\"text\":\"%064d\"}]", number, 0);
	struct log_row row = {
		.kind = LOG_EVENT,
		.nsp = { "/", 1 },
		.room = { "lobby", 5 },
		.packet = { packet, (size_t)n },
		.sender = { "somebody", 8 },
	};

	return log_append(w->store, &row);
}

static int tick(struct writer *w, unsigned messages)
{
	int error = take_lock(w);

	if (error < 0)
		return error;
	error = store_begin(w->store, "bench");
	for (unsigned i = 0; error == 0 && i < messages; i++)
		error = append_one(w, i);
	error = error == 0 ? store_commit(w->store) : error;
	if (store_in_transaction(w->store))
		store_rollback(w->store);
	writer_lock_release(w->lock);
	bell_ring(w->bell);
	return error;
}

static int count_row(void *ctx, const struct log_row *row)
{
	int64_t *last = ctx;

	*last = row->seq;
	return 0;
}

/* How many rows stand above seq. */
static int64_t count_after(struct writer *w, int64_t seq)
{
	int64_t sum = 0;
	int n;

	while ((n = log_read(w->store, seq, 1000, count_row, &seq)) > 0)
		sum += n;
	return n < 0 ? n : sum;
}

static int measure(struct writer *w, unsigned messages, double for_s)
{
	int64_t before = log_last(w->store);
	double start = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), took;
	unsigned long ticks = 0;
	int error = 0;

	do {
		error = tick(w, messages);
		ticks++;
		took = seconds(CLOCK_MONOTONIC) - start;
	} while (error == 0 && took < for_s);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	if (error == 0 && count_after(w, before) != (int64_t)(ticks * messages))
		error = POLLUX_DATABASE;
	if (error < 0) {
		(void)fprintf(stderr, "append: %s: %s\n", pollux_strerror(error), store_error(w->store));
		return error;
	}
	(void)printf("{\"per_tick\":%u,\"messages\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,\"cpu_us_each\":%.2f}", messages,
		ticks * messages, took, (double)ticks * messages / took, cpu * 1e6 / ((double)ticks * messages));
	return 0;
}

static int writer_open(struct writer *w, const char *path)
{
	struct store_options options = { .create = true };
	char why[256] = "";
	int error = store_open(&w->store, path, &options, why, sizeof(why));

	if (error < 0) {
		(void)fprintf(stderr, "append: %s\n", why);
		return error;
	}
	error = writer_lock_new(&w->lock, path);
	if (error == 0)
		error = bell_new(&w->bell, path);
	if (error == 0)
		error = checkpoint_start(&w->checkpoint, path);
	return error;
}

static void writer_close(struct writer *w)
{
	if (w->checkpoint)
		checkpoint_stop(w->checkpoint);
	if (w->bell)
		bell_free(w->bell);
	if (w->lock)
		writer_lock_free(w->lock);
	if (w->store)
		store_close(w->store);
}

int main(int argc, char **argv)
{
	struct writer w = { 0 };
	int error = argc < 4 ? POLLUX_REFUSED : writer_open(&w, argv[1]);

	(void)printf("{\"runs\":[");
	for (int i = 3; error == 0 && i < argc; i++) {
		if (i > 3)
			(void)putchar(',');
		error = measure(&w, (unsigned)strtoul(argv[i], NULL, 10), strtod(argv[2], NULL));
	}
	(void)printf("]}\n");
	writer_close(&w);
	return error == 0 ? 0 : 1;
}
