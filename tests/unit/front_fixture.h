/* What the tests of a running front share: the process, started and stopped with each test, and small helpers. */
#ifndef POLLUX_TEST_FRONT_FIXTURE_H
#define POLLUX_TEST_FRONT_FIXTURE_H

#include "tests/unit/check.h"

#include "tests/unit/fcgi_client.h"

/* The front of the test that runs. */
extern struct front_process front;

/* cmocka's setup and teardown: a front with the default options. */
int front_setup(void **state);
int front_teardown(void **state);

void pause_ms(int ms);
/* n letters and a NUL; the caller frees them. */
char *letters(size_t n);

#endif
