/* The FastCGI front's connections, in a real process with the fake core: parked, left by the peer, kept for more requests, ended by a signal. */
#include "config.h"
#include "tests/unit/front_fixture.h"

#include <fastcgi.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"

#define PARKED 1000

/* ---- parked ---- */

static void test_thousand_parked(void **state)
{
	static int fds[PARKED];
	char *woken;

	(void)state;
	for (int i = 0; i < PARKED; i++)
		fds[i] = client_ask(&front, -1, &(struct request_spec){ .uri = "/park", .id = i % 5 + 1 });
	client_await_stats(&front, "parked 1000 aborted 0");
	woken = client_get(&front, "/wake", NULL);
	assert_string_equal(woken, "1000");
	free(woken);
	for (int i = 0; i < PARKED; i++) {
		struct fcgi_answer a;

		assert_true(client_answer(fds[i], &a));
		assert_string_equal(a.body, "woken");
		free(a.body);
		assert_true(client_closed(fds[i]));
		close(fds[i]);
	}
}

static void test_hang_up(void **state)
{
	int closed = client_ask(&front, -1, &(struct request_spec){ .uri = "/park" });
	int shut = client_ask(&front, -1, &(struct request_spec){ .uri = "/park" });
	int stays = client_ask(&front, -1, &(struct request_spec){ .uri = "/park" });

	(void)state;
	client_await_stats(&front, "parked 3 aborted 0");
	close(closed);
	client_await_stats(&front, "parked 2 aborted 1");
	shutdown(shut, SHUT_WR);
	client_await_stats(&front, "parked 1 aborted 2");
	assert_true(client_closed(shut));
	close(shut);
	close(stays);
	client_await_stats(&front, "parked 0 aborted 3");
}

/* Closed before it was even parked. */
static void test_hang_up_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		close(client_ask(&front, -1, &(struct request_spec){ .uri = "/park" }));
	client_await_stats(&front, "parked 0 aborted 50");
}

static void test_abort_record(void **state)
{
	static const unsigned char abort_one[8] = { 1, FCGI_ABORT_REQUEST, 0, 1 };
	struct request_spec spec = { .uri = "/park", .keep = true };
	int fd = client_ask(&front, -1, &spec);
	struct fcgi_answer a;

	(void)state;
	client_await_stats(&front, "parked 1 aborted 0");
	client_send(fd, abort_one, 3);
	pause_ms(10);
	client_send(fd, abort_one + 3, 5);
	assert_true(client_answer(fd, &a));
	assert_int_equal(a.body_len, 0);
	client_await_stats(&front, "parked 0 aborted 1");
	/* and the kept connection lives on */
	spec.uri = "/echo";
	client_ask(&front, fd, &spec);
	assert_true(client_answer(fd, &a));
	assert_int_equal(a.status, 200);
	free(a.body);
	close(fd);
}

static void test_answered_later(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		char *body = client_get(&front, "/later", NULL);

		assert_string_equal(body, "later");
		free(body);
	}
}

/* ---- kept connections ---- */

static void test_kept_thousand_times(void **state)
{
	static const char *const uris[] = { "/stats", "/later", "/echo", "/len" };
	char *body = letters(5000);
	int fd = client_connect(&front);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct request_spec spec = { .id = i % 3 + 1, .keep = true, .uri = uris[i % 50 == 1 ? 1 : i % 2 * 2] };
		struct fcgi_answer a;

		if (i % 10 == 7)
			spec = (struct request_spec){ .keep = true, .method = "POST", .uri = "/len", .body = body, .body_len = 5000 };
		client_ask(&front, fd, &spec);
		assert_true(client_answer(fd, &a));
		assert_int_equal(a.status, 200);
		free(a.body);
	}
	free(body);
	close(fd);
}

static void test_kept_is_closed_when_told(void **state)
{
	struct request_spec spec = { .uri = "/len", .keep = true };
	int fd = client_ask(&front, -1, &spec);
	struct fcgi_answer a;

	(void)state;
	assert_true(client_answer(fd, &a));
	free(a.body);
	spec.keep = false;
	client_ask(&front, fd, &spec);
	assert_true(client_answer(fd, &a));
	free(a.body);
	assert_true(client_closed(fd));
	close(fd);
}

/* Many idle ones, closed by the peer: none is leaked, none is served twice. */
static void test_kept_and_dropped(void **state)
{
	int fds[100];

	(void)state;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 100; i++)
			fds[i] = client_ask(&front, -1, &(struct request_spec){ .uri = "/len", .keep = true });
		for (int i = 0; i < 100; i++) {
			struct fcgi_answer a;

			assert_true(client_answer(fds[i], &a));
			free(a.body);
			close(fds[i]);
		}
	}
	client_await_stats(&front, "parked 0 aborted 0");
}

/* ---- SIGTERM ---- */

static void test_sigterm(void **state)
{
	struct fcgi_answer a;
	int parked = client_ask(&front, -1, &(struct request_spec){ .uri = "/park" });
	int idle = client_ask(&front, -1, &(struct request_spec){ .uri = "/len", .keep = true });
	int silent = client_connect(&front);
	int slow = client_ask(&front, -1, &(struct request_spec){ .uri = "/big?4000000" });
	int64_t began = clock_mono_ms();

	(void)state;
	assert_true(client_answer(idle, &a));
	free(a.body);
	client_await_stats(&front, "parked 1");
	kill(front.pid, SIGTERM);
	assert_true(client_answer(parked, &a));
	assert_string_equal(a.body, "6");
	free(a.body);
	assert_true(client_closed(idle));
	assert_true(client_answer(slow, &a));
	assert_int_equal(a.body_len, 4000000);
	free(a.body);
	assert_int_equal(front_wait(&front, 6), 0);
	assert_in_range(clock_mono_ms() - began, 0, 5000);
	assert_int_not_equal(access(front.socket, F_OK), 0);
	close(parked);
	close(idle);
	close(silent);
	close(slow);
}

static void test_sigint_idle(void **state)
{
	int64_t began = clock_mono_ms();

	(void)state;
	free(client_get(&front, "/stats", NULL));
	kill(front.pid, SIGHUP);
	for (bool loaded = false; !loaded;) {
		char *stats = client_get(&front, "/stats", NULL);

		loaded = strstr(stats, " reloaded 1") != NULL;
		free(stats);
	}
	kill(front.pid, SIGUSR1);
	kill(front.pid, SIGPIPE);
	free(client_get(&front, "/stats", NULL));
	kill(front.pid, SIGINT);
	assert_int_equal(front_wait(&front, 5), 0);
	assert_in_range(clock_mono_ms() - began, 0, 1000);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, front_setup, front_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_thousand_parked),
		WITH(test_hang_up),
		WITH(test_hang_up_at_once),
		WITH(test_abort_record),
		WITH(test_answered_later),
		WITH(test_kept_thousand_times),
		WITH(test_kept_is_closed_when_told),
		WITH(test_kept_and_dropped),
		cmocka_unit_test_setup(test_sigterm, front_setup),
		cmocka_unit_test_setup(test_sigint_idle, front_setup),
	};

	return cmocka_run_group_tests_name("fcgi_connections", tests, NULL, NULL);
}
