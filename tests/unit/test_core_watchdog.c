/* The watchdog: what ends a process whose tick takes too long, and what does not. */
#include "config.h"
#include "tests/unit/check.h"

#include <errno.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/watchdog.h"

static void sleep_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

static void a_moment(void)
{
	sleep_ms(20);
}

static void wait_for_ever(void)
{
	sleep_ms(60000);
}

static void wait_a_while(void)
{
	sleep_ms(500);
}

static void work_for_ever(void)
{
	for (volatile bool ever = true; ever;)
		;
}

static int64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct watchdog *watching;

/* Many events that are slow, each within its limit. */
static void work_slowly(void)
{
	for (int64_t i = 1, from = cpu_ms(); i <= 12; i++) {
		watchdog_note(watching, "sid", "\"next\"", 6);
		while (cpu_ms() < from + 50 * i)
			continue;
	}
}

/* How a child ends that does this in a tick, with a limit of 200 ms. */
static int bitten(void (*tick)(void))
{
	struct watchdog *w;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (watchdog_start(&w, 200) != 0)
			_exit(1);
		sleep_ms(300);   /* out of a tick there is all the time */
		watching = w;
		watchdog_enter(w);
		watchdog_note(w, "sid", "\"event\"", 7);
		tick();
		watchdog_leave(w);
		watchdog_stop(w);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_watchdog(void **state)
{
	struct watchdog *w;

	(void)state;
	assert_int_equal(watchdog_start(&w, 0), 0);
	assert_null(w);
	watchdog_enter(w);
	watchdog_note(w, "", "", 0);
	watchdog_leave(w);
	watchdog_stop(w);
	assert_int_equal(bitten(a_moment), 0);
	assert_int_equal(bitten(wait_a_while), 0);   /* as on a host that gives us no CPU */
	assert_int_equal(bitten(work_slowly), 0);
	assert_int_equal(bitten(work_for_ever), 70);
	assert_int_equal(bitten(wait_for_ever), 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
