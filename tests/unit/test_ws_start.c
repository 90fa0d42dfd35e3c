/* How the sidecar starts and ends: options and their refusal, where it listens, an inherited socket, a shared port, the end's patience. */
#include "config.h"
#include "tests/unit/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit/ws_client.h"

#define GET_WS \
	"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static void test_options(void **state)
{
	static const struct {
		const char *args[6];
		int status;
		const char *says;
	} table[] = {
		{ { "--help" }, 0, "--standalone " },
		{ { "--version" }, 0, "fake.fcgi " PACKAGE_VERSION "\n" },
		{ { NULL }, 2, "nothing to serve: no --listen, and no listening socket" },
		{ { "--wrong" }, 2, "--wrong" },
		{ { "--threads", "2" }, 2, "--threads" },
		{ { "file" }, 2, "what is file?" },
		{ { "--stop-timeout", "0" }, 2, "--stop-timeout cannot be 0" },
		{ { "--stop-timeout", "x" }, 2, "--stop-timeout cannot be x" },
		{ { "--mode", "9" }, 2, "--mode cannot be 9" },
		{ { "--listen", "nowhere" }, 1, "not on nowhere" },
		{ { "--listen", "unix:/nowhere/at/all" }, 1, "No such file" },
		{ { "--listen", "203.0.113.1:1" }, 1, "cannot listen on 203.0.113.1:1" },
		{ { "--listen", "127.0.0.1:0", "--standalone", "--static", "/nowhere" }, 1, "cannot open the folder of static files /nowhere" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct sidecar p = { .pid = 0 };
		char text[8192];
		int status;

		sidecar_spawn(&p, -1, table[i].args);
		status = sidecar_wait(&p, text, sizeof(text));
		if (!strstr(text, table[i].says) || status != table[i].status)
			fail_msg("row %zu: exit %d: %s", i, status, text);
	}
}

static void test_mode_and_removal(void **state)
{
	struct sidecar p;
	struct stat st;
	const char *path;

	(void)state;
	sidecar_start(&p, (const char *[]){ "--mode", "0600", NULL });
	path = p.where + 5;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(sidecar_stop(&p), 0);
	assert_int_equal(stat(path, &st), -1);
}

/* Somebody else's address is an error: the database, which isn't there, has no sidecar. */
static void test_taken(void **state)
{
	struct sidecar p, q = { .pid = 0 };
	char text[8192];

	(void)state;
	sidecar_start(&p, NULL);
	snprintf(q.where, sizeof(q.where), "%s", p.where);
	sidecar_spawn(&q, -1, NULL);
	assert_int_equal(sidecar_wait(&q, text, sizeof(text)), 1);
	assert_non_null(strstr(text, "another process listens on unix:"));
	assert_int_equal(sidecar_stop(&p), 0);
	sidecar_on_tcp(&p);
	sidecar_spawn(&p, -1, NULL);
	sidecar_await(&p);
	snprintf(q.where, sizeof(q.where), "%s", p.where);
	sidecar_spawn(&q, -1, NULL);
	assert_int_equal(sidecar_wait(&q, text, sizeof(text)), 1);
	assert_non_null(strstr(text, "another process listens on 127.0.0.1:"));
	assert_int_equal(sidecar_stop(&p), 0);
}

static void expect_upgrade(const struct sidecar *p)
{
	struct reply r;

	ask(p, GET_WS, &r);
	assert_int_equal(r.status, 101);
	free(r.body);
}

static void test_inherited_socket(void **state)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sidecar p = { .pid = 0 };

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(fd, 10), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	sidecar_spawn(&p, fd, NULL);
	sidecar_await(&p);
	snprintf(p.where, sizeof(p.where), "127.0.0.1:%d", ntohs(addr.sin_port));
	expect_upgrade(&p);
	assert_int_equal(sidecar_stop(&p), 0);
	close(fd);
}

/* Two processes on one port; when one ends, the other has all of it. */
static void test_reuse_port(void **state)
{
	static const char *const args[] = { "--reuse-port", "--standalone", "--static", "/", NULL };
	struct sidecar p, q = { .pid = 0 };

	(void)state;
	sidecar_on_tcp(&p);
	snprintf(q.where, sizeof(q.where), "%s", p.where);
	sidecar_spawn(&p, -1, args);
	sidecar_await(&p);
	sidecar_spawn(&q, -1, args);
	sidecar_await(&q);
	for (int i = 0; i < 20; i++)
		expect_upgrade(&p);
	assert_int_equal(sidecar_stop(&p), 0);
	for (int i = 0; i < 20; i++)
		expect_upgrade(&q);
	assert_int_equal(sidecar_stop(&q), 0);
}

/* The fake core leaves WebSockets alone when it drains: they are cut off when the time is over, and not before. */
static void test_stop_timeout(void **state)
{
	struct timespec began, ended;
	struct sidecar p;
	struct reply r;
	char text[8192];
	int fd;

	(void)state;
	sidecar_start(&p, (const char *[]){ "--stop-timeout", "0.3", NULL });
	fd = sidecar_connect(&p);
	put_text(fd, GET_WS);
	assert_true(get_reply(fd, &r, false));
	free(r.body);
	assert_true(get_bytes(fd, text, 7));
	clock_gettime(CLOCK_MONOTONIC, &began);
	assert_int_equal(sidecar_stop(&p), 0);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	assert_true((double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9 >= 0.29);
	assert_true(ends(fd));
	close(fd);
}

static void test_sigint(void **state)
{
	struct sidecar p;
	char text[8192];

	(void)state;
	sidecar_on_tcp(&p);
	sidecar_spawn(&p, -1, NULL);
	sidecar_await(&p);
	kill(p.pid, SIGHUP);
	kill(p.pid, SIGINT);
	assert_int_equal(sidecar_wait(&p, text, sizeof(text)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_mode_and_removal),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_inherited_socket),
		cmocka_unit_test(test_reuse_port),
		cmocka_unit_test(test_stop_timeout),
		cmocka_unit_test(test_sigint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
