/*
 * CGI. libfcgi's fcgiapp reads no CGI, so this is its own few lines. Everything may block: nobody else waits in this process.
 *
 * Nobody tells a CGI program that its client left but standard output's other end being closed, which not all web servers do.
 */
#include "config.h"
#include "fcgi/cgi.h"

#include <errno.h>
#include <ev.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/say.h"
#include "core/exchange.h"
#include "core/server.h"
#include "fcgi/params.h"
#include "fcgi/reply.h"

#define CHUNK 16384

extern char **environ;

struct cgi {
	struct exchange x; /* first */
	struct ev_loop *loop;
	ev_io io; /* parked: standard output's reader leaving */
	char *text;
	bool answered;
};

/* ---- reading ---- */

/* Bytes read, 0 at the end, or POLLUX_AGAIN after the timeout, POLLUX_GONE. */
static ssize_t read_input(char *to, size_t room, int64_t timeout_ms)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t n;
	int ready;

	do
		ready = poll(&p, 1, (int)timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready == 0)
		return POLLUX_AGAIN;
	do
		n = read(STDIN_FILENO, to, room);
	while (n < 0 && errno == EINTR);
	return n < 0 ? POLLUX_GONE : n;
}

/* Reads exactly what CONTENT_LENGTH says (RFC 3875, 4.2: more is not to be read). Into the block, or away when to is NULL. */
static int read_all(struct params *p, size_t len, bool away, int64_t timeout_ms)
{
	char trash[CHUNK];

	while (len > 0) {
		size_t step = len < CHUNK ? len : CHUNK;
		char *to = away ? trash : buf_reserve(&p->block, step);
		ssize_t n = to ? read_input(to, step, timeout_ms) : POLLUX_NO_MEMORY;

		if (n <= 0)
			return n == 0 ? POLLUX_GONE : (int)n;
		if (!away)
			buf_commit(&p->block, (size_t)n);
		len -= (size_t)n;
	}
	return 0;
}

static int read_body(struct cgi *g, struct params *p, const struct request_limits *limits)
{
	unsigned long long len = p->content_length > 0 ? (unsigned long long)p->content_length : 0;

	g->x.body_too_big = len > limits->max_body;
	if (!g->x.body_too_big)
		return read_all(p, (size_t)len, false, limits->read_timeout_ms);
	if (len > limits->max_body + REQUEST_DRAIN_MAX)
		len = limits->max_body + REQUEST_DRAIN_MAX;
	return read_all(p, (size_t)len, true, limits->read_timeout_ms);
}

/* ---- the exchange ---- */

static const char *header_of(const struct exchange *x, const char *name)
{
	return params_header(((const struct cgi *)x)->text, name);
}

static bool header_at_of(const struct exchange *x, size_t index, const char **name, const char **value)
{
	return params_header_at(((const struct cgi *)x)->text, index, name, value);
}

static void write_output(struct iovec *iov, int count)
{
	while (count > 0) {
		ssize_t n = writev(STDOUT_FILENO, iov, count < IOV_MAX ? count : IOV_MAX);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return; /* the client left */
		for (; count > 0 && (size_t)n >= iov->iov_len; iov++, count--)
			n -= (ssize_t)iov->iov_len;
		if (count > 0) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
}

static void print_reply(int status, const char *headers, const struct iovec *body, int pieces)
{
	struct reply r;

	if (reply_build_plain(&r, status, headers, body, pieces) == 0)
		write_output(r.iov, r.count);
	reply_deinit(&r);
}

static void respond(struct exchange *x, int status, const char *headers, const struct iovec *body, int pieces)
{
	struct cgi *g = (struct cgi *)x;

	ev_io_stop(g->loop, &g->io);
	print_reply(status, headers, body, pieces);
	g->answered = true;
	ev_break(g->loop, EVBREAK_ALL);
}

static void on_output(struct ev_loop *loop, ev_io *io, int events)
{
	struct cgi *g = io->data;
	struct pollfd p = { .fd = STDOUT_FILENO };

	(void)events;
	if (poll(&p, 1, 0) == 0)
		return;
	ev_io_stop(loop, io);
	if (g->x.aborted)
		g->x.aborted(&g->x);
}

/* Only a pipe or a socket has another end. EV_READ: on a pipe's writing end nothing but its closing comes. */
static void park(struct exchange *x)
{
	struct cgi *g = (struct cgi *)x;
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) < 0 || !S_ISFIFO(st.st_mode))
		return;
	ev_io_init(&g->io, on_output, STDOUT_FILENO, EV_READ);
	g->io.data = g;
	ev_io_start(g->loop, &g->io);
}

static const struct exchange_ops cgi_ops = { header_of, header_at_of, respond, park, NULL };

int cgi_read(struct cgi **out, struct ev_loop *loop, const struct request_limits *limits)
{
	struct cgi *g = calloc(1, sizeof(*g));
	struct params params;
	int error;

	*out = NULL;
	if (!g)
		return POLLUX_NO_MEMORY;
	g->loop = loop;
	g->x.ops = &cgi_ops;
	error = params_init(&params, environ, limits->max_body);
	if (error == 0)
		error = read_body(g, &params, limits);
	if (error == 0)
		g->text = params_finish(&params, &g->x);
	params_deinit(&params);
	if (error || !g->text) {
		cgi_free(g);
		return error ? error : POLLUX_NO_MEMORY;
	}
	*out = g;
	return 0;
}

void cgi_submit(struct cgi *g, struct server *server)
{
	server_submit(server, &g->x);
}

bool cgi_answered(const struct cgi *g)
{
	return g->answered;
}

void cgi_refuse(int status)
{
	print_reply(status, "Content-Type: text/plain\r\nCache-Control: no-store\r\n", NULL, 0);
}

void cgi_free(struct cgi *g)
{
	if (!g)
		return;
	ev_io_stop(g->loop, &g->io);
	free(g->text);
	free(g);
}
