/* The FastCGI client of the front's tests. */
#include "config.h"
#include "tests/unit/fcgi_client.h"

#include <errno.h>
#include <fastcgi.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/buf.h"
#include "fcgi/front.h"
#include "tests/unit/fake_core.h"

#define READ_LIMIT_S 10
#define BYTES_MAX (64 * 1024 * 1024)

static int run_front(const char *socket_path, const char *const *extra, int ready_fd)
{
	char where[128];
	char *argv[32] = { "fake.fcgi", "--db", "none", "--listen", where, "--log-level", "error" };
	int argc = 7;

	snprintf(where, sizeof(where), "unix:%s", socket_path);
	for (; extra && *extra && argc < 31; extra++)
		argv[argc++] = (char *)(uintptr_t)*extra;
	fake_core_ready_fd = ready_fd;
	return front_main(argc, argv, &fake_app);
}

void front_start(struct front_process *p, const char *const *extra)
{
	int ready[2];
	char byte;

	snprintf(p->dir, sizeof(p->dir), "/tmp/pollux-fcgi-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->socket, sizeof(p->socket), "%s/socket", p->dir);
	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		close(ready[0]);
		_exit(run_front(p->socket, extra, ready[1]));
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

int front_wait(struct front_process *p, double seconds)
{
	int status;

	for (int i = 0; i < (int)(seconds * 100); i++) {
		if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
			rmdir(p->dir);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return -1;
}

int front_stop(struct front_process *p)
{
	int status;

	kill(p->pid, SIGTERM);
	status = front_wait(p, 6);
	if (status < 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	return status;
}

/* ---- the request ---- */

static void add_record(struct buf *b, int type, int id, const void *data, size_t len)
{
	unsigned char h[8] = { 1, (unsigned char)type, (unsigned char)(id >> 8), (unsigned char)id, (unsigned char)(len >> 8),
		(unsigned char)len, (unsigned char)(-len & 7), 0 };

	buf_add(b, h, sizeof(h));
	buf_add(b, data, len);
	buf_add(b, "\0\0\0\0\0\0\0", -len & 7);
}

static void add_length(struct buf *b, size_t n)
{
	if (n >= 128) {
		buf_add_char(b, (char)(0x80 | n >> 24));
		buf_add_char(b, (char)(n >> 16));
		buf_add_char(b, (char)(n >> 8));
	}
	buf_add_char(b, (char)n);
}

static void add_var(struct buf *b, const char *name, const char *value)
{
	add_length(b, strlen(name));
	add_length(b, strlen(value));
	buf_add_str(b, name);
	buf_add_str(b, value);
}

static void add_entry(struct buf *b, const char *entry)
{
	size_t len = strcspn(entry, "=");
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)len, entry);
	add_var(b, name, entry + len + 1);
}

static void add_stream(struct buf *b, int type, int id, const char *data, size_t len)
{
	while (len > 0) {
		size_t step = len < 60000 ? len : 60000;

		add_record(b, type, id, data, step);
		data += step;
		len -= step;
	}
	add_record(b, type, id, NULL, 0);
}

static void add_vars(struct buf *b, const struct request_spec *spec)
{
	char length[24];

	snprintf(length, sizeof(length), "%zu", spec->body_len);
	add_var(b, "REQUEST_METHOD", spec->method ? spec->method : "GET");
	add_var(b, "REQUEST_URI", spec->uri);
	add_var(b, "REMOTE_ADDR", "203.0.113.7");
	if (spec->body_len)
		add_var(b, "CONTENT_LENGTH", length);
	for (const char *const *v = spec->vars; v && *v; v++)
		add_entry(b, *v);
}

struct request request_make(const struct request_spec *spec)
{
	int id = spec->id ? spec->id : 1;
	unsigned char begin[8] = { 0, FCGI_RESPONDER, spec->keep ? FCGI_KEEP_CONN : 0 };
	struct buf b, vars;
	struct request r;

	buf_init(&b, BYTES_MAX);
	buf_init(&vars, 1000000);
	add_vars(&vars, spec);
	add_record(&b, FCGI_BEGIN_REQUEST, id, begin, sizeof(begin));
	add_stream(&b, FCGI_PARAMS, id, vars.data, vars.len);
	add_stream(&b, FCGI_STDIN, id, spec->body, spec->body_len);
	buf_deinit(&vars);
	r.len = b.len;
	r.data = (unsigned char *)buf_steal(&b);
	return r;
}

/* ---- the connection ---- */

int client_connect(const struct front_process *p)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = READ_LIMIT_S };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", p->socket);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

bool client_send(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

int client_ask(const struct front_process *p, int fd, const struct request_spec *spec)
{
	struct request r = request_make(spec);

	if (fd < 0)
		fd = client_connect(p);
	client_send(fd, r.data, r.len);
	free(r.data);
	return fd;
}

static bool read_exactly(int fd, void *to, size_t len)
{
	char *at = to;

	while (len > 0) {
		ssize_t n = recv(fd, at, len, 0);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static void split_answer(struct fcgi_answer *a, struct buf *out)
{
	char *blank = out->data ? strstr(out->data, "\r\n\r\n") : NULL;
	size_t head;

	if (!blank)
		return;
	head = (size_t)(blank - out->data) + 4;
	snprintf(a->head, sizeof(a->head), "%.*s", (int)head, out->data);
	sscanf(a->head, "Status: %d", &a->status);
	a->body_len = out->len - head;
	a->body = malloc(a->body_len + 1);
	memcpy(a->body, out->data + head, a->body_len);
	a->body[a->body_len] = '\0';
}

bool client_answer(int fd, struct fcgi_answer *a)
{
	unsigned char h[8], content[65536 + 256];
	struct buf out;
	size_t len;

	memset(a, 0, sizeof(*a));
	buf_init(&out, BYTES_MAX);
	while (!a->ended && read_exactly(fd, h, sizeof(h))) {
		len = (size_t)(h[4] << 8 | h[5]);
		assert_int_equal(h[0], 1);
		if (!read_exactly(fd, content, len + h[6]))
			break;
		if (h[1] == FCGI_STDOUT) {
			assert_false(a->stdout_ended);
			buf_add(&out, content, len);
			a->stdout_ended = len == 0;
		}
		a->ended = h[1] == FCGI_END_REQUEST;
	}
	split_answer(a, &out);
	buf_deinit(&out);
	return a->ended;
}

char *client_get(const struct front_process *p, const char *uri, int *status)
{
	struct fcgi_answer a;
	int fd = client_ask(p, -1, &(struct request_spec){ .uri = uri });

	assert_true(client_answer(fd, &a));
	assert_true(client_closed(fd));
	close(fd);
	if (status)
		*status = a.status;
	return a.body;
}

bool client_closed(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

void client_await_stats(const struct front_process *p, const char *text)
{
	char *seen = NULL;

	for (int i = 0; i < 500; i++) {
		free(seen);
		seen = client_get(p, "/stats", NULL);
		if (strncmp(seen, text, strlen(text)) == 0) {
			free(seen);
			return;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	print_error("wanted %s, is %s\n", text, seen);
	fail();
}
