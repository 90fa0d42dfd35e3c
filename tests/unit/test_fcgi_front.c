/*
 * The FastCGI front as a web server sees it: a real process (with the fake core), a real socket. One test a behaviour.
 */
#include "config.h"

#include <fastcgi.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/clock.h"
#include "fcgi/request.h"
#include "tests/unit/fcgi_client.h"

#define FRONT_MAX_BODY 100000 /* what the fake application sets */
#define PARKED 1000

static struct front_process front;

static int start(void **state)
{
	(void)state;
	front_start(&front, NULL);
	return 0;
}

/* One thread, which a bad request would keep from all others. */
static int start_impatient(void **state)
{
	static const char *const options[] = { "--threads", "1", "--read-timeout", "0.2", NULL };

	(void)state;
	front_start(&front, options);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	return front_stop(&front);
}

static void pause_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

static char *letters(size_t n)
{
	char *text = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + i % 26);
	text[n] = '\0';
	return text;
}

/* ---- requests ---- */

static const char *const echo_vars[] = { "QUERY_STRING=a=b", "HTTP_ORIGIN=http://x", "CONTENT_TYPE=text/plain", "HTTPS=on", NULL };
static const char echo_want[] = "POST /echo ?a=b 203.0.113.7 secure=1\ncontent-length: 5\norigin: http://x\n"
				"content-type: text/plain\norigin is http://x\n\nhello";
static const struct request_spec echo_spec = {
	.id = 0x102,
	.method = "POST",
	.uri = "/echo?a=b",
	.vars = echo_vars,
	.body = "hello",
	.body_len = 5,
};

static void test_echo(void **state)
{
	struct fcgi_answer a;
	int fd = client_ask(&front, -1, &echo_spec);

	(void)state;
	assert_true(client_answer(fd, &a));
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, echo_want);
	assert_non_null(strstr(a.head, "Content-Type: text/plain\r\n"));
	assert_true(a.stdout_ended);
	assert_true(client_closed(fd));
	close(fd);
	free(a.body);
}

/* The first byte goes alone, then the rest; then two; … */
static void test_split_at_every_byte(void **state)
{
	struct request r = request_make(&echo_spec);

	(void)state;
	for (size_t at = 1; at < r.len; at++) {
		int fd = client_connect(&front);
		struct fcgi_answer a;

		client_send(fd, r.data, at);
		sched_yield();
		if (at % 16 == 0)
			pause_ms(1);
		client_send(fd, r.data + at, r.len - at);
		assert_true(client_answer(fd, &a));
		assert_string_equal(a.body, echo_want);
		free(a.body);
		close(fd);
	}
	free(r.data);
}

static void test_byte_by_byte(void **state)
{
	struct request r = request_make(&echo_spec);
	int fd = client_connect(&front);
	struct fcgi_answer a;

	(void)state;
	for (size_t at = 0; at < r.len; at++)
		client_send(fd, r.data + at, 1);
	assert_true(client_answer(fd, &a));
	assert_string_equal(a.body, echo_want);
	free(a.body);
	free(r.data);
	close(fd);
}

static void test_no_body_no_length(void **state)
{
	struct fcgi_answer a;
	int fd = client_ask(&front, -1, &(struct request_spec){ .uri = "/none" });

	(void)state;
	assert_true(client_answer(fd, &a));
	assert_int_equal(a.status, 204);
	assert_null(strstr(a.head, "Content-Length"));
	assert_int_equal(a.body_len, 0);
	free(a.body);
	close(fd);
}

static void post_len(size_t n, int want_status, const char *want)
{
	char *body = letters(n);
	struct fcgi_answer a;
	int fd = client_ask(&front, -1, &(struct request_spec){ .method = "POST", .uri = "/len", .body = body, .body_len = n });

	assert_true(client_answer(fd, &a));
	assert_int_equal(a.status, want_status);
	assert_string_equal(a.body, want);
	free(a.body);
	free(body);
	close(fd);
}

static void test_body_limits(void **state)
{
	(void)state;
	post_len(0, 200, "0");
	post_len(1, 200, "1");
	post_len(FRONT_MAX_BODY - 1, 200, "99999");
	post_len(FRONT_MAX_BODY, 200, "100000");
	post_len(FRONT_MAX_BODY + 1, 413, "0");
	post_len(FRONT_MAX_BODY + REQUEST_DRAIN_MAX - 100, 413, "0");
	/* beyond what is read away: answered in the middle of the body, and the answer arrives */
	post_len(FRONT_MAX_BODY + REQUEST_DRAIN_MAX + 500000, 413, "0");
}

/* Apache sends no CONTENT_LENGTH with a chunked body; the end of STDIN tells. */
static void test_body_without_length(void **state)
{
	static const char *const vars[] = { "CONTENT_LENGTH=", NULL };
	char *body = letters(70000);
	struct request_spec spec = { .method = "POST", .uri = "/echo", .body = body, .body_len = 70000 };
	struct fcgi_answer a;
	struct request r;
	char *length;
	int fd;

	(void)state;
	spec.vars = vars;
	r = request_make(&spec);
	length = memmem(r.data, r.len, "CONTENT_LENGTH70000", 19);
	assert_non_null(length);
	memcpy(length, "CONTENT_LENGTX", 14);
	fd = client_connect(&front);
	client_send(fd, r.data, r.len);
	assert_true(client_answer(fd, &a));
	assert_memory_equal(a.body + a.body_len - 70000, body, 70000);
	free(a.body);
	free(r.data);
	free(body);
	close(fd);
}

/* A client that left in the middle of its upload: half a body must not pass for a whole one. */
static void test_short_body(void **state)
{
	struct request r = request_make(&echo_spec);
	char *length = memmem(r.data, r.len, "CONTENT_LENGTH5", 15);
	struct fcgi_answer a;
	int fd = client_connect(&front);

	(void)state;
	length[14] = '6';
	client_send(fd, r.data, r.len);
	assert_false(client_answer(fd, &a));
	close(fd);
	free(r.data);
}

static void test_rubbish(void **state)
{
	static const char *const table[] = { "GET / HTTP/1.0\r\n\r\n", "\1", "\1\1\0\1\0\10\0\0", "\2\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0" };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int fd = client_connect(&front);

		client_send(fd, table[i], i == 0 ? 18 : i == 1 ? 1 : i == 2 ? 8 : 16);
		shutdown(fd, SHUT_WR);
		assert_true(client_closed(fd));
		close(fd);
	}
	test_echo(state);
}

/* ---- patience ---- */

static void check_freed(const void *data, size_t len)
{
	int fd = client_connect(&front);
	int64_t began = clock_mono_ms();

	client_send(fd, data, len);
	pause_ms(20);
	/* the one thread is busy with fd until its time is over, then serves this */
	free(client_get(&front, "/stats", NULL));
	/* libfcgi's own closing would linger 2 s */
	assert_in_range(clock_mono_ms() - began, 100, 1800);
	assert_true(client_closed(fd));
	close(fd);
}

static void test_silent_peer(void **state)
{
	(void)state;
	check_freed("", 0);
}

static void test_half_request(void **state)
{
	struct request r = request_make(&echo_spec);

	(void)state;
	check_freed(r.data, 4);
	check_freed(r.data, 20);
	check_freed(r.data, r.len / 2);
	check_freed(r.data, r.len - 1);
	free(r.data);
}

/* A byte now and then keeps SO_RCVTIMEO from firing: the rate counts. */
static void test_dribbling_body(void **state)
{
	char *body = letters(1000);
	struct request r = request_make(&(struct request_spec){ .method = "POST", .uri = "/len", .body = body, .body_len = 1000 });
	int fd = client_connect(&front);
	int64_t began = clock_mono_ms();
	bool closed = false;

	(void)state;
	client_send(fd, r.data, r.len - 900);
	/* 20 bytes a second for up to 3 s, unless it closes before */
	for (size_t i = 0; i < 60 && !closed; i++) {
		char byte;

		pause_ms(50);
		client_send(fd, r.data + r.len - 900 + i, 1);
		closed = recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
	}
	assert_true(closed);
	assert_in_range(clock_mono_ms() - began, 200, 2500);
	close(fd);
	free(r.data);
	free(body);
}

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

/* ---- replies ---- */

static void check_big(size_t n, int wait_ms)
{
	char uri[40];
	struct fcgi_answer a;
	int fd;

	snprintf(uri, sizeof(uri), "/big?%zu", n);
	fd = client_ask(&front, -1, &(struct request_spec){ .uri = uri });
	pause_ms(wait_ms);
	assert_true(client_answer(fd, &a));
	assert_int_equal(a.body_len, n);
	for (size_t i = 0; i < n; i++)
		if (a.body[i] != (char)('0' + i % 10))
			fail_msg("byte %zu of %zu", i, n);
	assert_true(client_closed(fd));
	free(a.body);
	close(fd);
}

static void test_big_replies(void **state)
{
	(void)state;
	check_big(0, 0);
	check_big(65535, 0);
	check_big(65536, 0);
	check_big(1000000, 0);
}

static void test_slow_reader(void **state)
{
	(void)state;
	check_big(8000000, 200);
	/* many pieces: more than one sendmsg takes */
	check_big(3000001, 50);
}

/* Two readers that don't read hold up nobody. */
static void test_stuck_readers(void **state)
{
	int one = client_ask(&front, -1, &(struct request_spec){ .uri = "/big?8000000" });
	int two = client_ask(&front, -1, &(struct request_spec){ .uri = "/big?8000000" });

	(void)state;
	for (int i = 0; i < 20; i++)
		free(client_get(&front, "/stats", NULL));
	close(one);
	close(two);
	free(client_get(&front, "/stats", NULL));
}

/* Two whole requests at once, one thread each; the second is not held up by the first one's slow arrival. */
static void test_two_threads(void **state)
{
	struct request r = request_make(&echo_spec);
	int slow = client_connect(&front);
	struct fcgi_answer a;

	(void)state;
	client_send(slow, r.data, 30);
	pause_ms(20);
	free(client_get(&front, "/stats", NULL));
	client_send(slow, r.data + 30, r.len - 30);
	assert_true(client_answer(slow, &a));
	assert_string_equal(a.body, echo_want);
	free(a.body);
	free(r.data);
	close(slow);
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

#define WITH(test) cmocka_unit_test_setup_teardown(test, start, stop)
#define IMPATIENT(test) cmocka_unit_test_setup_teardown(test, start_impatient, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_echo),
		WITH(test_split_at_every_byte),
		WITH(test_byte_by_byte),
		WITH(test_no_body_no_length),
		WITH(test_body_limits),
		WITH(test_body_without_length),
		WITH(test_short_body),
		WITH(test_rubbish),
		IMPATIENT(test_silent_peer),
		IMPATIENT(test_half_request),
		IMPATIENT(test_dribbling_body),
		WITH(test_thousand_parked),
		WITH(test_hang_up),
		WITH(test_hang_up_at_once),
		WITH(test_abort_record),
		WITH(test_answered_later),
		WITH(test_kept_thousand_times),
		WITH(test_kept_is_closed_when_told),
		WITH(test_kept_and_dropped),
		WITH(test_big_replies),
		WITH(test_slow_reader),
		WITH(test_stuck_readers),
		WITH(test_two_threads),
		cmocka_unit_test_setup(test_sigterm, start),
		cmocka_unit_test_setup(test_sigint_idle, start),
	};

	return cmocka_run_group_tests_name("fcgi_front", tests, NULL, NULL);
}
