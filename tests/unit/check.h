/* What every unit test includes before cmocka, and small helpers for tables. */
#ifndef POLLUX_TEST_CHECK_H
#define POLLUX_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* A literal that may hold NULs, with its length, for table rows. */
#define LIT(text) (text), sizeof(text) - 1

#endif
