/* A row of the log as one process of core/ holds it, for the tests of the ring and of the routing. */
#ifndef POLLUX_TEST_ROW_FIXTURE_H
#define POLLUX_TEST_ROW_FIXTURE_H

#include "tests/unit/check.h"

#include "core/row.h"

/* A sound row; the strings may be NULL. The caller's. */
struct row *row_of(enum log_kind kind, int64_t seq, const char *nsp, const char *room, const char *targets, const char *packet);

#endif
