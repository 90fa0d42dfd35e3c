/* The sidecar's HTTP side, whole, in a child process over a core that only pretends: requests, parked polls, handshakes. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/buf.h"
#include "tests/unit/websocket_client.h"
#include "tests/unit/ws_client.h"

#define HOST "Host: example.org\r\n"
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define UPGRADE HOST "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n"
#define GET_WS "GET /ws HTTP/1.1\r\n" UPGRADE
#define AT "/socket.io"
#define TEXT 1

static void get(const struct sidecar *p, const char *request, int status, const char *body)
{
	struct reply r;

	ask(p, request, &r);
	if (r.status != status || (body && strcmp(r.body, body) != 0))
		fail_msg("%s\n-> %s%s", request, r.head, r.body);
	free(r.body);
}

/* ---- requests ---- */

static void test_request(void **state)
{
	struct sidecar p;

	(void)state;
	sidecar_start(&p, NULL);
	/* path and query as they were sent, headers in lower case and joined */
	get(&p, "POST " AT "/echo?a=%20+b&c HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1\r\nCOOKIE: a=1\r\nx-forwarded-for: 2\r\nOrigin: http://o\r\n"
		"Content-Length: 5\r\n\r\nhello",
		200,
		"POST " AT "/echo ?a=%20+b&c  secure=0\nhost: x\nx-forwarded-for: 1, 2\ncookie: a=1\norigin: http://o\ncontent-length: 5\n"
		"origin is http://o\n\nhello");
	get(&p, "GET http://example.org" AT "/echo?x HTTP/1.1\r\nHost: x\r\n\r\n", 200,
		"GET " AT "/echo ?x  secure=0\nhost: x\norigin is (none)\n\n");
	get(&p, "GET " AT "/ec%68o HTTP/1.1\r\nHost: x\r\n\r\n", 404, "what?");
	get(&p, "POST " AT "/echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200,
		"POST " AT "/echo ?  secure=0\ntransfer-encoding: chunked\norigin is (none)\n\nabcde");
	get(&p, "GET " AT "/later HTTP/1.1\r\nHost: x\r\n\r\n", 200, "later");
	get(&p, "DELETE " AT "/stats HTTP/1.1\r\nHost: x\r\n\r\n", 200, NULL);
	assert_int_equal(sidecar_stop(&p), 0);
}

static void test_peer_by_tcp(void **state)
{
	struct sidecar p;

	(void)state;
	sidecar_on_tcp(&p);
	sidecar_spawn(&p, -1, (const char *[]){ "--standalone", "--static", "/", NULL });
	sidecar_await(&p);
	get(&p, "GET " AT "/echo HTTP/1.1\r\nHost: x\r\n\r\n", 200,
		"GET " AT "/echo ? 127.0.0.1 secure=0\nhost: x\norigin is (none)\n\n");
	assert_int_equal(sidecar_stop(&p), 0);
}

static void test_kept_connection(void **state)
{
	struct sidecar p;
	struct reply r;
	int fd;

	(void)state;
	sidecar_start(&p, NULL);
	fd = sidecar_connect(&p);
	for (int i = 0; i < 3; i++) {
		put_text(fd, "GET " AT "/later HTTP/1.1\r\n" HOST "\r\n");
		assert_true(get_reply(fd, &r, false));
		assert_string_equal(r.body, "later");
		free(r.body);
	}
	/* HEAD has the length and no body, 204 neither; the next answer follows at once */
	put_text(fd, "HEAD " AT "/len HTTP/1.1\r\n" HOST "\r\n");
	assert_true(get_reply(fd, &r, true));
	assert_non_null(strstr(r.head, "\r\nContent-Length: 1\r\n"));
	free(r.body);
	put_text(fd, "GET " AT "/none HTTP/1.1\r\n" HOST "\r\n");
	assert_true(get_reply(fd, &r, false));
	assert_int_equal(r.status, 204);
	assert_null(strstr(r.head, "Content-Length"));
	free(r.body);
	/* several at once */
	put_text(fd, "GET " AT "/len HTTP/1.1\r\n" HOST "\r\nGET " AT "/later HTTP/1.1\r\n" HOST "\r\nGET " AT "/len HTTP/1.1\r\n" HOST "\r\n\r\n");
	for (int i = 0; i < 3; i++) {
		assert_true(get_reply(fd, &r, false));
		assert_string_equal(r.body, i == 1 ? "later" : "0");
		free(r.body);
	}
	put_text(fd, "GET " AT "/len HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	assert_true(get_reply(fd, &r, false));
	free(r.body);
	assert_true(ends(fd));
	close(fd);
	assert_int_equal(sidecar_stop(&p), 0);
}

static void test_large_answer(void **state)
{
	struct sidecar p;
	struct reply r;

	(void)state;
	sidecar_start(&p, NULL);
	ask(&p, "GET " AT "/big?5000000 HTTP/1.1\r\n" HOST "\r\n", &r);
	assert_int_equal(r.len, 5000000);
	for (size_t i = 0; i < r.len; i++)
		if (r.body[i] != (char)('0' + i % 10))
			fail_msg("byte %zu", i);
	free(r.body);
	assert_int_equal(sidecar_stop(&p), 0);
}

/* The maximum is 100000 (fake_app). The connection lives on after a body that is too big. */
static void test_bodies(void **state)
{
	static const struct {
		size_t len;
		int status;
		const char *says;
	} table[] = { { 0, 200, "0" }, { 1, 200, "1" }, { 100000, 200, "100000" }, { 100001, 413, "0" }, { 3000000, 413, "0" } };
	struct sidecar p;
	int fd;

	(void)state;
	sidecar_start(&p, NULL);
	fd = sidecar_connect(&p);
	for (size_t i = 0; i < COUNT(table); i++) {
		char head[200], *body = calloc(1, table[i].len + 1);
		struct reply r;

		snprintf(head, sizeof(head), "POST " AT "/len HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", table[i].len);
		put_text(fd, head);
		put(fd, body, table[i].len);
		assert_true(get_reply(fd, &r, false));
		assert_int_equal(r.status, table[i].status);
		assert_string_equal(r.body, table[i].says);
		free(body);
		free(r.body);
	}
	close(fd);
	assert_int_equal(sidecar_stop(&p), 0);
}

/* Apache takes headers of 8190 bytes; more than there is room for is an answer, not a closed connection. */
static void test_long_headers(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		int status;
	} table[] = { { "Cookie", 8100, 200 }, { "X-Any", 8190, 200 }, { "Cookie", 30000, 431 }, { "X-Any", 30000, 431 } };
	static char request[40000];
	struct sidecar p;

	(void)state;
	sidecar_start(&p, NULL);
	for (size_t i = 0; i < COUNT(table); i++) {
		char value[30001];

		memset(value, 'v', table[i].len);
		value[table[i].len] = '\0';
		snprintf(request, sizeof(request), "GET " AT "/len?%0200d HTTP/1.1\r\n" HOST "%s: %s\r\nUser-Agent: %0120d\r\nReferer: %0100d\r\n\r\n", 1,
			table[i].name, value, 2, 3);
		get(&p, request, table[i].status, NULL);
	}
	assert_int_equal(sidecar_stop(&p), 0);
}

static void test_rubbish(void **state)
{
	static const char *const table[] = {
		"\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02", "GET " AT "/len HTTP/1.1\r\nno colon\r\n\r\n",
		"POST " AT "/len HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "POST " AT "/len HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
		"POST " AT "/len HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "GET " AT "/park HTTP/1.1\r\n",
	};
	struct sidecar p;

	(void)state;
	sidecar_start(&p, NULL);
	for (size_t i = 0; i < COUNT(table); i++) {
		int fd = sidecar_connect(&p);

		put_text(fd, table[i]);
		shutdown(fd, SHUT_WR);
		close(fd);   /* libmicrohttpd may not see our end before its own timeout: nothing to wait for */
	}
	get(&p, "GET " AT "/len HTTP/1.1\r\n" HOST "\r\n", 200, "0");
	assert_int_equal(sidecar_stop(&p), 0);
}

static void test_not_stand_alone(void **state)
{
	struct sidecar p;
	int fd;
	struct reply r;

	(void)state;
	sidecar_on_tcp(&p);
	sidecar_spawn(&p, -1, NULL);
	sidecar_await(&p);
	get(&p, "GET " AT "/len HTTP/1.1\r\n" HOST "\r\n", 404, "Not Found: this is pollux-ws, for WebSockets only\n");
	get(&p, "GET / HTTP/1.1\r\n" HOST "\r\n", 404, NULL);
	fd = sidecar_connect(&p);
	put_text(fd, GET_WS "\r\n");
	assert_true(get_reply(fd, &r, false));
	assert_int_equal(r.status, 101);
	free(r.body);
	close(fd);
	assert_int_equal(sidecar_stop(&p), 0);
}

/* ---- parked ---- */

static int park(const struct sidecar *p)
{
	int fd = sidecar_connect(p);

	put_text(fd, "GET " AT "/park HTTP/1.1\r\n" HOST "\r\n");
	return fd;
}

static void test_parked(void **state)
{
	struct sidecar p;
	struct reply r;
	int fds[20];

	(void)state;
	sidecar_start(&p, NULL);
	for (int i = 0; i < 20; i++)
		fds[i] = park(&p);
	await_stats(&p, "parked 20 aborted 0 ");
	/* who leaves is noticed at once; others stay, also one that has sent its next request already, and half a line of another */
	close(fds[3]);
	shutdown(fds[4], SHUT_WR);
	put_text(fds[5], "GET " AT "/len HTTP/1.1\r\n" HOST "\r\nGET ");
	await_stats(&p, "parked 18 aborted 2 ");
	get(&p, "GET " AT "/wake HTTP/1.1\r\n" HOST "\r\n", 200, "18");
	for (int i = 0; i < 20; i++) {
		if (i == 3)
			continue;
		if (i != 4) {
			assert_true(get_reply(fds[i], &r, false));
			assert_string_equal(r.body, "woken");
			free(r.body);
		}
		if (i == 5) {
			assert_true(get_reply(fds[i], &r, false));
			assert_string_equal(r.body, "0");
			free(r.body);
		}
		close(fds[i]);
	}
	await_stats(&p, "parked 0 ");
	assert_int_equal(sidecar_stop(&p), 0);
}

static void test_drain(void **state)
{
	struct sidecar p;
	struct reply r;
	int fd, idle, half;

	(void)state;
	sidecar_start(&p, NULL);
	fd = park(&p);
	idle = sidecar_connect(&p);
	half = sidecar_connect(&p);
	put_text(half, "POST " AT "/len HTTP/1.1\r\n");
	put_text(idle, "GET " AT "/len HTTP/1.1\r\n" HOST "\r\n");
	assert_true(get_reply(idle, &r, false));
	free(r.body);
	await_stats(&p, "parked 1 ");
	close(half);
	assert_int_equal(sidecar_stop(&p), 0);
	assert_true(get_reply(fd, &r, false));
	assert_string_equal(r.body, "6");
	assert_non_null(strstr(r.head, "\r\nConnection: close\r\n"));
	free(r.body);
	assert_true(ends(fd));
	assert_true(ends(idle));
	close(fd);
	close(idle);
}

/* ---- WebSockets ---- */

static void expect_frame(int fd, const char *bytes, size_t len)
{
	char got[64];

	assert_true(get_bytes(fd, got, len));
	assert_memory_equal(got, bytes, len);
}

/* Shakes hands, with extra bytes behind the request, and takes the greeting. */
static int open_socket(const struct sidecar *p, const char *request, const void *extra, size_t extra_len)
{
	int fd = sidecar_connect(p);
	struct reply r;
	struct buf b;

	buf_init(&b, 1000000);
	buf_add_str(&b, request);
	buf_add(&b, extra, extra_len);
	put(fd, b.data, b.len);
	buf_deinit(&b);
	assert_true(get_reply(fd, &r, false));
	if (r.status != 101)
		fail_msg("%s", r.head);
	assert_non_null(strstr(r.head, "\r\nSec-WebSocket-Accept: " ACCEPT "\r\n"));
	assert_non_null(strcasestr(r.head, "\r\nUpgrade: websocket\r\n"));
	assert_non_null(strcasestr(r.head, "\r\nConnection: upgrade\r\n"));
	assert_non_null(strstr(r.head, "\r\nX-Extra: yes\r\n"));
	assert_null(strcasestr(r.head, "\r\nContent-Length:"));
	free(r.body);
	expect_frame(fd, "\x81\x05hello", 7);
	return fd;
}

static void say_frame(int fd, int first, const char *text)
{
	struct buf b;

	buf_init(&b, 1000);
	client_frame(&b, first, text, strlen(text));
	put(fd, b.data, b.len);
	buf_deinit(&b);
}

static void converse(int fd)
{
	say_frame(fd, FIN | TEXT, "one");
	expect_frame(fd, "\x81\x03one", 5);
	say_frame(fd, FIN | 9, "ping");
	expect_frame(fd, "\x8a\x04ping", 6);
	say_frame(fd, FIN | TEXT, "close");
	expect_frame(fd, "\x88\x0d\x0f\xa0" "as you like", 15);
	say_frame(fd, FIN | 8, "\x0f\xa0");
	assert_true(ends(fd));
	close(fd);
}

static void test_websocket(void **state)
{
	struct sidecar p;

	(void)state;
	sidecar_start(&p, NULL);
	for (int i = 0; i < 3; i++) {
		converse(open_socket(&p, GET_WS "\r\n", NULL, 0));
		converse(open_socket(&p, "GET /later HTTP/1.1\r\n" UPGRADE "\r\n", NULL, 0));
	}
	await_stats(&p, "sockets 0 unopened 0");
	assert_int_equal(sidecar_stop(&p), 0);
}

/* Frames behind the handshake, up to as many as libmicrohttpd reads with it, and half a frame. */
static void test_frames_behind_the_handshake(void **state)
{
	static const size_t counts[] = { 1, 2, 100, 1000 };
	struct sidecar p;

	(void)state;
	sidecar_start(&p, NULL);
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct buf b;
		int fd;

		buf_init(&b, 1000000);
		for (size_t n = 0; n < counts[i]; n++)
			client_frame(&b, FIN | TEXT, "early", 5);
		fd = open_socket(&p, i % 2 ? "GET /later HTTP/1.1\r\n" UPGRADE "\r\n" : GET_WS "\r\n", b.data, b.len - 3);
		put(fd, b.data + b.len - 3, 3);
		for (size_t n = 0; n < counts[i]; n++)
			expect_frame(fd, "\x81\x05" "early", 7);
		converse(fd);
		buf_deinit(&b);
	}
	assert_int_equal(sidecar_stop(&p), 0);
}

static void test_websocket_by_tcp(void **state)
{
	struct sidecar p;

	(void)state;
	sidecar_on_tcp(&p);
	sidecar_spawn(&p, -1, NULL);
	sidecar_await(&p);
	converse(open_socket(&p, GET_WS "\r\n", NULL, 0));
	assert_int_equal(sidecar_stop(&p), 0);
}

static void test_refused_handshakes(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *header;
	} table[] = {
		{ "GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: " KEY "\r\n\r\n", 426,
			"\r\nSec-WebSocket-Version: 13\r\n" },
		{ "GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n", 400, "" },
		{ "POST /ws HTTP/1.1\r\n" UPGRADE "Content-Length: 0\r\n\r\n", 400, "" },
		{ "GET /ws HTTP/1.0\r\n" UPGRADE "\r\n", 400, "" },
		{ GET_WS "Origin: http://evil.org\r\n\r\n", 403, "\r\nContent-Type: application/json\r\n" },
		{ GET_WS "Origin: null\r\n\r\n", 403, "" },
		{ GET_WS "Origin: http://evil.org\r\nX-Forwarded-Host: a.org, b.org\r\n\r\n", 403, "" },
		{ GET_WS "Origin: http://example.org\r\n\r\n", 101, "" },
		{ GET_WS "Origin: http://b.org\r\nX-Forwarded-Host: a.org, b.org\r\n\r\n", 101, "" },
		{ GET_WS "Sec-WebSocket-Protocol: chat, superchat\r\n\r\n", 101, "\r\nSec-WebSocket-Protocol: chat\r\n" },
		{ GET_WS "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 101, "" },
	};
	struct sidecar p;

	(void)state;
	sidecar_start(&p, NULL);
	for (size_t i = 0; i < COUNT(table); i++) {
		struct reply r;

		ask(&p, table[i].request, &r);
		if (r.status != table[i].status || !strstr(r.head, table[i].header) || strcasestr(r.head, "Sec-WebSocket-Extensions"))
			fail_msg("row %zu: %s", i, r.head);
		free(r.body);
	}
	assert_int_equal(sidecar_stop(&p), 0);
}

/* Core learns that nobody is there any more, and waits for nothing. */
static void test_leaving_before_the_switch(void **state)
{
	struct sidecar p;
	int fds[10];

	(void)state;
	sidecar_start(&p, NULL);
	for (int i = 0; i < 10; i++) {
		fds[i] = sidecar_connect(&p);
		put_text(fds[i], "GET /park HTTP/1.1\r\n" UPGRADE "\r\n");
	}
	await_stats(&p, "parked 10 ");
	for (int i = 0; i < 10; i++)
		close(fds[i]);
	get(&p, "GET " AT "/wake HTTP/1.1\r\n" HOST "\r\n", 200, "10");
	await_stats(&p, "sockets 0 unopened 10");
	assert_int_equal(sidecar_stop(&p), 0);
}

static size_t heap_of(const struct sidecar *p)
{
	struct reply r;
	size_t heap;

	ask(p, "GET " AT "/stats HTTP/1.1\r\n" HOST "\r\n", &r);
	heap = strtoul(strstr(r.body, "heap ") + 5, NULL, 10);
	free(r.body);
	return heap;
}

/* What an idle WebSocket keeps on the heap: its struct, nothing of libmicrohttpd's, nothing of what it has said before. */
static void test_idle_memory(void **state)
{
	enum { COUNT_OF = 200 };
	static int fds[COUNT_OF];
	struct sidecar p;
	size_t before, after;

	(void)state;
#ifdef POLLUX_SANITIZE
	return; /* the sanitizers' allocator does not count for mallinfo */
#endif
	sidecar_start(&p, NULL);
	/* what grows once is there: libcrypto's tables, the first block of connections */
	close(open_socket(&p, GET_WS "\r\n", NULL, 0));
	await_stats(&p, "sockets 0");
	before = heap_of(&p);
	for (int i = 0; i < COUNT_OF; i++) {
		fds[i] = open_socket(&p, GET_WS "\r\n", NULL, 0);
		say_frame(fds[i], TEXT, "in two ");
		say_frame(fds[i], FIN, "fragments");
		expect_frame(fds[i], "\x81\x10in two fragments", 18);
	}
	after = heap_of(&p);
	assert_in_range(after - before, COUNT_OF * 100, COUNT_OF * 256);
	for (int i = 0; i < COUNT_OF; i++)
		close(fds[i]);
	assert_int_equal(sidecar_stop(&p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_peer_by_tcp),
		cmocka_unit_test(test_kept_connection),
		cmocka_unit_test(test_large_answer),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_long_headers),
		cmocka_unit_test(test_rubbish),
		cmocka_unit_test(test_not_stand_alone),
		cmocka_unit_test(test_parked),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_websocket),
		cmocka_unit_test(test_frames_behind_the_handshake),
		cmocka_unit_test(test_websocket_by_tcp),
		cmocka_unit_test(test_refused_handshakes),
		cmocka_unit_test(test_leaving_before_the_switch),
		cmocka_unit_test(test_idle_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
