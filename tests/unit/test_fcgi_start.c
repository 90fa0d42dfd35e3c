/*
 * How a front starts: options and their refusal, where it listens, an inherited socket, plain CGI. Each in a child process.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "fcgi/front.h"
#include "fcgi/request.h"
#include "tests/unit/fake_core.h"
#include "tests/unit/fcgi_client.h"

#define ARGS(...) ((char *[]){ "fake.fcgi", __VA_ARGS__, NULL })

/* A front in a child with these descriptors and environment. */
struct child {
	pid_t pid;
	int in, out; /* pipes to its input and from its output (and errors) */
	int ready; /* a pipe: a byte once its server is there */
};

static void become(char **argv, char **vars, int in, int out)
{
	int argc = 0;

	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	for (; vars && *vars; vars++)
		putenv(*vars);
	while (argv[argc])
		argc++;
	argc = front_main(argc, argv, &fake_app);
	fflush(stdout);
	_exit(argc);
}

/* stdin_fd: what it gets as descriptor 0, or -1 for a pipe. */
static struct child spawn(char **argv, char **vars, int stdin_fd)
{
	struct child c;
	int in[2], out[2], ready[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid == 0) {
		close(in[1]);
		close(out[0]);
		fake_core_ready_fd = ready[1];
		become(argv, vars, stdin_fd >= 0 ? stdin_fd : in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	close(ready[1]);
	c.ready = ready[0];
	c.in = in[1];
	c.out = out[0];
	return c;
}

static void await(const struct child *c)
{
	char byte;

	assert_int_equal(read(c->ready, &byte, 1), 1);
}

/* All it prints until the end; its exit status. */
static int finish(struct child *c, char *text, size_t room)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(c->out, text + len, room - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(c->out);
	close(c->ready);
	if (c->in >= 0)
		close(c->in);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(char **argv, char **vars, const char *input, char *text, size_t room)
{
	struct child c = spawn(argv, vars, -1);

	assert_int_equal(write(c.in, input, strlen(input)), strlen(input));
	close(c.in);
	c.in = -1;
	return finish(&c, text, room);
}

/* ---- options ---- */

static void test_options(void **state)
{
	static const struct {
		char *args[6];
		int status;
		const char *says;
	} table[] = {
		{ { "fake.fcgi", "--help" }, 0, "--read-timeout S" },
		{ { "fake.fcgi", "--version" }, 0, "fake.fcgi " PACKAGE_VERSION "\n" },
		{ { "fake.fcgi", "--print-path" }, 0, "/socket.io/\n" },
		{ { "fake.fcgi", "--print-rooms-path" }, 0, "/rooms/\n" },
		{ { "fake.fcgi", "--print-rooms-path", "--print-path" }, 0, "/socket.io/\n/rooms/\n" },
		{ { "fake.fcgi" }, 2, "--db FILE (or POLLUX_DB in the environment) is missing" },
		{ { "fake.fcgi", "--db", "x" }, 2, "nothing to serve" },
		{ { "fake.fcgi", "--db" }, 2, "requires an argument" },
		{ { "fake.fcgi", "--wrong" }, 2, "--wrong" },
		{ { "fake.fcgi", "--db", "x", "file" }, 2, "what is file?" },
		{ { "fake.fcgi", "--threads", "0" }, 2, "--threads cannot be 0" },
		{ { "fake.fcgi", "--threads", "65" }, 2, "--threads cannot be 65" },
		{ { "fake.fcgi", "--mode", "9" }, 2, "--mode cannot be 9" },
		{ { "fake.fcgi", "--mode", "1777" }, 2, "--mode cannot be 1777" },
		{ { "fake.fcgi", "--read-timeout", "0" }, 2, "--read-timeout cannot be 0" },
		{ { "fake.fcgi", "--read-timeout", "nan" }, 2, "--read-timeout cannot be nan" },
		{ { "fake.fcgi", "--hold-ms", "-1" }, 2, "--hold-ms cannot be -1" },
		{ { "fake.fcgi", "--held-polls", "x" }, 2, "--held-polls cannot be x" },
		{ { "fake.fcgi", "--log-level", "loud" }, 2, "--log-level cannot be loud" },
		{ { "fake.fcgi", "--db", "x", "--listen", "nowhere" }, 1, "not on nowhere" },
		{ { "fake.fcgi", "--db", "x", "--listen", "unix:" }, 1, "the path of a socket" },
		{ { "fake.fcgi", "--db", "x", "--listen", "unix:/nowhere/at/all" }, 1, "No such file" },
		{ { "fake.fcgi", "--db", "x", "--listen", "203.0.113.1:1" }, 1, "cannot listen on 203.0.113.1:1" },
	};
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int status = run((char **)(uintptr_t)table[i].args, NULL, "", text, sizeof(text));

		if (!strstr(text, table[i].says) || status != table[i].status)
			fail_msg("row %zu: exit %d: %s", i, status, text);
	}
}

/* ---- sockets ---- */

static void test_mode_and_removal(void **state)
{
	static const char *const options[] = { "--mode", "0600", NULL };
	struct front_process p;
	struct stat st;

	(void)state;
	front_start(&p, options);
	assert_int_equal(stat(p.socket, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(front_stop(&p), 0);
	assert_int_equal(stat(p.socket, &st), -1);
}

static void test_stale_socket(void **state)
{
	char dir[] = "/tmp/pollux-start-XXXXXX", path[64], where[80], text[2048];
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct child c;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	snprintf(where, sizeof(where), "unix:%s", path);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	/* somebody answers */
	assert_int_equal(run(ARGS("--db", "x", "--listen", where), NULL, "", text, sizeof(text)), 1);
	assert_non_null(strstr(text, "another process listens"));
	/* nobody does any more */
	close(fd);
	c = spawn(ARGS("--db", "x", "--listen", where), NULL, -1);
	await(&c);
	kill(c.pid, SIGTERM);
	assert_int_equal(finish(&c, text, sizeof(text)), 0);
	/* a file that is no socket is nobody's to remove */
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(run(ARGS("--db", "x", "--listen", where), NULL, "", text, sizeof(text)), 1);
	assert_non_null(strstr(text, "is no socket"));
	assert_int_equal(unlink(path), 0);
	rmdir(dir);
}

/* A newer process has replaced the file: the older one leaves it alone. */
static void test_replaced_socket_stays(void **state)
{
	struct front_process p;
	struct stat st;

	(void)state;
	front_start(&p, NULL);
	assert_int_equal(unlink(p.socket), 0);
	close(open(p.socket, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	kill(p.pid, SIGTERM);
	assert_int_equal(front_wait(&p, 6), 0);
	assert_int_equal(stat(p.socket, &st), 0);
	unlink(p.socket);
	rmdir(p.dir);
}

static int loopback(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)addr, sizeof(*addr)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	return fd;
}

/* A connection to the address and /len asked on it. True: answered. */
static bool ask_tcp(const struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { .tv_sec = 5 };
	struct fcgi_answer a;
	bool answered;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (int i = 0; i < 500 && connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	client_ask(NULL, fd, &(struct request_spec){ .uri = "/len" });
	answered = client_answer(fd, &a) && a.status == 200;
	free(a.body);
	close(fd);
	return answered;
}

/* More than the front reads away: it answers while the body is still coming. The web server must get to send the rest: closed at once,
 * the connection would be reset under it, and it would report that instead of the answer. */
static void test_answer_before_the_body_ends(void **state)
{
	size_t n = 100000 + REQUEST_DRAIN_MAX + 20000000;
	char *body = calloc(1, n), text[2048];
	struct request r = request_make(&(struct request_spec){ .method = "POST", .uri = "/len", .body = body, .body_len = n });
	struct sockaddr_in addr;
	int listening = loopback(&addr), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct fcgi_answer a;
	struct child c;

	(void)state;
	assert_int_equal(listen(listening, 10), 0);
	c = spawn(ARGS("--db", "x", "--log-level", "error"), NULL, listening);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_true(client_send(fd, r.data, r.len));
	assert_true(client_answer(fd, &a));
	assert_int_equal(a.status, 413);
	free(a.body);
	free(r.data);
	free(body);
	close(fd);
	close(listening);
	kill(c.pid, SIGTERM);
	assert_int_equal(finish(&c, text, sizeof(text)), 0);
}

/* As a web server spawns it: descriptor 0 listens. */
static void test_inherited_socket(void **state)
{
	struct sockaddr_in addr;
	int fd = loopback(&addr);
	char text[2048];
	struct child c;

	(void)state;
	assert_int_equal(listen(fd, 10), 0);
	c = spawn(ARGS("--db", "x"), NULL, fd);
	assert_true(ask_tcp(&addr));
	kill(c.pid, SIGTERM);
	assert_int_equal(finish(&c, text, sizeof(text)), 0);
	close(fd);
}

static void test_host_and_port(void **state)
{
	struct sockaddr_in addr;
	int fd = loopback(&addr);
	char where[40], text[2048];
	struct child c;

	(void)state;
	close(fd);
	snprintf(where, sizeof(where), "127.0.0.1:%d", ntohs(addr.sin_port));
	c = spawn(ARGS("--db", "x", "--listen", where), NULL, -1);
	assert_true(ask_tcp(&addr));
	kill(c.pid, SIGTERM);
	assert_int_equal(finish(&c, text, sizeof(text)), 0);
	c = spawn(ARGS("--db", "x", "--listen", where), (char *[]){ "FCGI_WEB_SERVER_ADDRS=10.0.0.1,127.0.0.10", NULL }, -1);
	assert_false(ask_tcp(&addr));
	kill(c.pid, SIGTERM);
	assert_int_equal(finish(&c, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "refused 127.0.0.1"));
	c = spawn(ARGS("--db", "x", "--listen", where), (char *[]){ "FCGI_WEB_SERVER_ADDRS=10.0.0.1, 127.0.0.1", NULL }, -1);
	assert_true(ask_tcp(&addr));
	kill(c.pid, SIGTERM);
	assert_int_equal(finish(&c, text, sizeof(text)), 0);
}

/* A web server may start us with nothing open: no descriptor of ours may become 0, 1 or 2. */
static void test_closed_stdio(void **state)
{
	struct front_process p;
	char link[64], target[64];
	ssize_t n;

	(void)state;
	fflush(NULL);
	int saved = dup(2);

	close(2);
	front_start(&p, NULL);
	assert_int_equal(dup2(saved, 2), 2);
	close(saved);
	snprintf(link, sizeof(link), "/proc/%d/fd/2", (int)p.pid);
	n = readlink(link, target, sizeof(target) - 1);
	assert_true(n > 0);
	target[n] = '\0';
	assert_string_equal(target, "/dev/null");
	assert_int_equal(front_stop(&p), 0);
}

/* ---- CGI ---- */

#define CGI(...) ((char *[]){ "POLLUX_DB=x", "REMOTE_ADDR=203.0.113.7", __VA_ARGS__, NULL })

static void test_cgi_get(void **state)
{
	char text[4096];

	(void)state;
	assert_int_equal(
		run(ARGS(NULL), CGI("REQUEST_METHOD=GET", "SCRIPT_NAME=", "PATH_INFO=/echo", "QUERY_STRING=a=b", "HTTP_ORIGIN=http://x"),
			"", text, sizeof(text)),
		0);
	assert_string_equal(text,
		"Status: 200 OK\r\nContent-Length: 73\r\nContent-Type: text/plain\r\n\r\n"
		"GET /echo ?a=b 203.0.113.7 secure=0\norigin: http://x\norigin is http://x\n\n");
}

static void test_cgi_post(void **state)
{
	char text[4096];

	(void)state;
	/* what comes after the body is none of ours */
	assert_int_equal(
		run(ARGS(NULL), CGI("REQUEST_METHOD=POST", "REQUEST_URI=/echo", "CONTENT_LENGTH=5"), "hello, world", text, sizeof(text)),
		0);
	assert_non_null(strstr(text, "POST /echo ? 203.0.113.7"));
	assert_string_equal(text + strlen(text) - 7, "\n\nhello");
}

static void test_cgi_bodies(void **state)
{
	char text[4096];

	(void)state;
	/* shorter than said */
	assert_int_equal(run(ARGS("--log-level", "error"), CGI("REQUEST_METHOD=POST", "REQUEST_URI=/echo", "CONTENT_LENGTH=5"), "hell",
				 text, sizeof(text)),
		0);
	assert_memory_equal(text, "Status: 400", 11);
	/* silent */
	struct child c = spawn(ARGS("--log-level", "error", "--read-timeout", "0.05"),
		CGI("REQUEST_METHOD=POST", "REQUEST_URI=/echo", "CONTENT_LENGTH=5"), -1);

	assert_int_equal(finish(&c, text, sizeof(text)), 0);
	assert_memory_equal(text, "Status: 400", 11);
	/* too big */
	c = spawn(ARGS(NULL), CGI("REQUEST_METHOD=POST", "REQUEST_URI=/len", "CONTENT_LENGTH=100001"), -1);
	for (int i = 0; i < 100001; i++)
		assert_int_equal(write(c.in, "x", 1), 1);
	assert_int_equal(finish(&c, text, sizeof(text)), 0);
	assert_memory_equal(text, "Status: 413", 11);
}

static void test_cgi_later(void **state)
{
	char text[4096];

	(void)state;
	assert_int_equal(run(ARGS(NULL), CGI("REQUEST_METHOD=GET", "REQUEST_URI=/later"), "", text, sizeof(text)), 0);
	assert_string_equal(text + strlen(text) - 5, "later");
}

static void test_cgi_sigterm(void **state)
{
	struct child c;
	char text[4096];

	(void)state;
	c = spawn(ARGS("--log-level", "error"), CGI("REQUEST_METHOD=GET", "REQUEST_URI=/park"), -1);
	await(&c);
	kill(c.pid, SIGTERM);
	assert_int_equal(finish(&c, text, sizeof(text)), 0);
	assert_memory_equal(text, "Status: 200", 11);
	assert_string_equal(text + strlen(text) - 5, "\r\n\r\n6");
}

/* The client left: standard output's reader is gone. The process must not wait for ever. */
static void test_cgi_hang_up(void **state)
{
	struct child c = spawn(ARGS("--log-level", "error"), CGI("REQUEST_METHOD=GET", "REQUEST_URI=/park"), -1);
	int status = -1;

	(void)state;
	await(&c);
	close(c.out);
	for (int i = 0; i < 500 && waitpid(c.pid, &status, WNOHANG) != c.pid; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_int_equal(status, 0);
	close(c.in);
	close(c.ready);
}

/* RFC 3875, 4.4: a query without "=" comes as arguments. They are the client's, not the operator's. */
static void test_cgi_arguments(void **state)
{
	char text[4096];

	(void)state;
	assert_int_equal(
		run(ARGS("--help"), CGI("REQUEST_METHOD=GET", "REQUEST_URI=/echo?--help", "QUERY_STRING=--help"), "", text, sizeof(text)),
		0);
	assert_memory_equal(text, "Status: 200", 11);
	assert_int_equal(
		run(ARGS("--help"), CGI("REQUEST_METHOD=GET", "REQUEST_URI=/echo?a=b", "QUERY_STRING=a=b"), "", text, sizeof(text)), 0);
	assert_memory_equal(text, "usage: ", 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_mode_and_removal),
		cmocka_unit_test(test_stale_socket),
		cmocka_unit_test(test_replaced_socket_stays),
		cmocka_unit_test(test_inherited_socket),
		cmocka_unit_test(test_answer_before_the_body_ends),
		cmocka_unit_test(test_host_and_port),
		cmocka_unit_test(test_closed_stdio),
		cmocka_unit_test(test_cgi_get),
		cmocka_unit_test(test_cgi_post),
		cmocka_unit_test(test_cgi_bodies),
		cmocka_unit_test(test_cgi_later),
		cmocka_unit_test(test_cgi_sigterm),
		cmocka_unit_test(test_cgi_hang_up),
		cmocka_unit_test(test_cgi_arguments),
	};

	return cmocka_run_group_tests_name("fcgi_start", tests, NULL, NULL);
}
