/* See the header. */
#include "config.h"
#include "tests/unit/ws_client.h"
#include "tests/unit/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit/fake_core.h"
#include "ws/front.h"

#define READ_LIMIT_S 10
#define ARGS_MAX 40

static void become(const struct sidecar *p, const char *const *extra, int in, int out, int ready)
{
	char *argv[ARGS_MAX] = { "fake-ws", "--db", "/nowhere/db", "--log-level", "warn" };
	int argc = 5;

	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (*p->where) {
		argv[argc++] = "--listen";
		argv[argc++] = (char *)(uintptr_t)p->where;
	}
	for (; extra && *extra && argc < ARGS_MAX - 1; extra++)
		argv[argc++] = (char *)(uintptr_t)*extra;
	fake_core_ready_fd = ready;
	argc = ws_main(argc, argv, &fake_app);
	fflush(stdout);
	_exit(argc);
}

void sidecar_spawn(struct sidecar *p, int inherited, const char *const *extra)
{
	int out[2], ready[2], in = inherited >= 0 ? inherited : open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		close(ready[0]);
		close(out[0]);
		become(p, extra, in, out[1], ready[1]);
	}
	if (inherited < 0)
		close(in);
	close(out[1]);
	close(ready[1]);
	p->out = out[0];
	p->ready = ready[0];
}

void sidecar_await(struct sidecar *p)
{
	char byte;

	assert_int_equal(read(p->ready, &byte, 1), 1);
}

void sidecar_start(struct sidecar *p, const char *const *extra)
{
	const char *args[ARGS_MAX] = { "--standalone", "--static" };
	static char www[80];
	int n = 2;

	memset(p, 0, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/pollux-ws-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->where, sizeof(p->where), "unix:%s/socket", p->dir);
	snprintf(www, sizeof(www), "%s/www", p->dir);
	assert_int_equal(mkdir(www, 0755), 0);
	args[n++] = www;
	for (; extra && *extra; extra++)
		args[n++] = *extra;
	sidecar_spawn(p, -1, args);
	sidecar_await(p);
}

void sidecar_on_tcp(struct sidecar *p)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(p, 0, sizeof(*p));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	close(fd);
	snprintf(p->where, sizeof(p->where), "127.0.0.1:%d", ntohs(addr.sin_port));
}

int sidecar_wait(struct sidecar *p, char *text, size_t room)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while (len < room - 1 && (n = read(p->out, text + len, room - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(p->out);
	close(p->ready);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int sidecar_stop(struct sidecar *p)
{
	char text[65536], www[80];
	int status;

	kill(p->pid, SIGTERM);
	status = sidecar_wait(p, text, sizeof(text));
	if (status != 0)
		fputs(text, stderr);
	if (*p->dir) {
		snprintf(www, sizeof(www), "%s/www", p->dir);
		rmdir(www);
		assert_int_equal(rmdir(p->dir), 0);
	}
	return status;
}

int sidecar_connect(const struct sidecar *p)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in tcp = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool is_unix = strncmp(p->where, "unix:", 5) == 0;
	struct timeval limit = { .tv_sec = READ_LIMIT_S };
	int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (is_unix) {
		snprintf(local.sun_path, sizeof(local.sun_path), "%s", p->where + 5);
		assert_int_equal(connect(fd, (struct sockaddr *)&local, sizeof(local)), 0);
	} else {
		tcp.sin_port = htons((uint16_t)strtoul(strrchr(p->where, ':') + 1, NULL, 10));
		assert_int_equal(connect(fd, (struct sockaddr *)&tcp, sizeof(tcp)), 0);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

void put(int fd, const void *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		assert_true(n > 0);
		data = (const char *)data + n;
		len -= (size_t)n;
	}
}

void put_text(int fd, const char *text)
{
	put(fd, text, strlen(text));
}

bool get_bytes(int fd, void *to, size_t len)
{
	while (len > 0) {
		ssize_t n = recv(fd, to, len, 0);

		if (n <= 0)
			return false;
		to = (char *)to + n;
		len -= (size_t)n;
	}
	return true;
}

bool ends(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

bool get_reply(int fd, struct reply *r, bool head_only)
{
	size_t len = 0;
	const char *length;

	memset(r, 0, sizeof(*r));
	while (len < 4 || memcmp(r->head + len - 4, "\r\n\r\n", 4) != 0) {
		assert_true(len < sizeof(r->head) - 1);
		if (!get_bytes(fd, r->head + len, 1))
			return false;
		len++;
	}
	r->status = (int)strtoul(r->head + 9, NULL, 10);
	length = strcasestr(r->head, "\r\nContent-Length: ");
	r->len = head_only || !length ? 0 : strtoul(length + 18, NULL, 10);
	r->body = calloc(1, r->len + 1);
	return get_bytes(fd, r->body, r->len);
}

void ask(const struct sidecar *p, const char *text, struct reply *r)
{
	int fd = sidecar_connect(p);

	put_text(fd, text);
	assert_true(get_reply(fd, r, false));
	close(fd);
}

void await_stats(const struct sidecar *p, const char *text)
{
	char last[200] = "";

	for (int i = 0; i < 500; i++) {
		struct reply r;

		ask(p, "GET /socket.io/stats HTTP/1.1\r\nHost: x\r\n\r\n", &r);
		snprintf(last, sizeof(last), "%s", r.body);
		free(r.body);
		if (strstr(last, text))
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	fail_msg("never %s, but %s", text, last);
}
