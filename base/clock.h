/* Time in milliseconds, replaceable by tests. */
#ifndef POLLUX_CLOCK_H
#define POLLUX_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC: what deadlines are kept in. Since boot; a jump of the wall clock does nothing to it. */
int64_t clock_mono_ms(void);
/* CLOCK_MONOTONIC in microseconds, for budgets inside a tick. */
int64_t clock_mono_us(void);
/* Wall clock since 1970, for what people read. */
int64_t clock_wall_ms(void);
/* Tests: every clock is shifted by this many ms from now on (added up). */
void clock_shift_ms(int64_t by_ms);
/* The kernel's boot id (36 characters and a NUL), the same text for every process until the next boot. */
const char *clock_boot_id(void);

#endif
