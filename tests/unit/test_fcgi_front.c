/*
 * The FastCGI front as a web server sees it: a real process (with the fake core), a real socket. One test a behaviour: requests whole, cut,
 * late and wrong, and replies. What becomes of connections is in test_fcgi_connections.c.
 */
#include "config.h"
#include "tests/unit/front_fixture.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "fcgi/request.h"

#define FRONT_MAX_BODY 100000 /* what the fake application sets */

/* One thread, which a bad request would keep from all others. */
static int start_impatient(void **state)
{
	static const char *const options[] = { "--threads", "1", "--read-timeout", "0.2", NULL };

	(void)state;
	front_start(&front, options);
	return 0;
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

#define WITH(test) cmocka_unit_test_setup_teardown(test, front_setup, front_teardown)
#define IMPATIENT(test) cmocka_unit_test_setup_teardown(test, start_impatient, front_teardown)

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
		WITH(test_big_replies),
		WITH(test_slow_reader),
		WITH(test_stuck_readers),
		WITH(test_two_threads),
	};

	return cmocka_run_group_tests_name("fcgi_front", tests, NULL, NULL);
}
