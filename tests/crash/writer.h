/* A process as the crash tests run it: it reads the log, takes the writer lock, catches up, appends, commits, rings. */
#ifndef POLLUX_TEST_WRITER_H
#define POLLUX_TEST_WRITER_H

#include "tests/unit/db_fixture.h"

#define WRITERS_MAX 4
#define ACKED_MAX 400000

/* Between all processes of a test. */
struct shared {
	_Atomic int stop;                        /* append no more, but read to the end */
	_Atomic int64_t commits[WRITERS_MAX];
	_Atomic int64_t busy[WRITERS_MAX];       /* times a foreign writer was in the way */
	_Atomic int64_t read[WRITERS_MAX];       /* rows seen, as each once and in order */
	_Atomic int64_t cursor[WRITERS_MAX];
	_Atomic int holding[WRITERS_MAX];        /* it has the writer lock */
	_Atomic int64_t acked_count;
	int64_t acked[ACKED_MAX];                /* seq * 8 + writer: what clients were told */
};

struct writer {
	const char *path;
	struct shared *shared;
	int me;
	int rows;           /* a transaction */
	int hold_ms;        /* keeps the transaction open so long */
	bool only_read;
};

struct shared *writer_shared(void);
/* The child's whole life: 0 when it stopped as asked and all was in order, else a line on stderr. */
int writer_live(void *ctx);
/* Waits until the condition holds, at most so long. */
bool writer_wait(bool (*holds)(struct shared *shared, int64_t than), struct shared *shared, int64_t than, int timeout_ms);
int64_t writer_commits(const struct shared *shared);
/* Fails the test unless every row that was acked is in the log as its writer wrote it. */
void writer_assert_acked(const char *path, const struct shared *shared);
void writer_assert_sound(const char *path);

#endif
