/*
 * Reading a request. What was found in libfcgi 2.4.2's source, and is relied upon:
 * - FCGX_Accept_r first finishes the struct's last request and closes its ipcFd unless keepConnection is set; it accepts only while
 *   ipcFd < 0. So: keepConnection = 1 and our fd. When reading fails it closes the fd (lingering up to 2 s, unless
 *   detached is set) and tries to accept: with listen_sock -1 that fails with EBADF and it returns.
 * - A read error between two parameters looks like their end, and 0 is returned: FCGX_GetError tells.
 * - FCGX_Free(r, 0) frees all but the connection.
 * A full FCGX_Request keeps 17 KB, so it lives on this thread's stack and for the reading only.
 */
#include "config.h"
#include "fcgi/request.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/clock.h"
#include "fcgi/conn.h"
#include "fcgi/params.h"

#define CHUNK 16384

void request_set_timeout(int fd, int64_t timeout_ms)
{
	struct timeval t = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };

	/* fails for no socket at all, which the first read will tell */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

/* libfcgi's codes are below -1, everything else is an errno. */
static int read_error(int code)
{
	if (code == EAGAIN || code == EWOULDBLOCK)
		return POLLUX_AGAIN;
	return code < -1 ? POLLUX_PROTOCOL : POLLUX_GONE;
}

/* 0, or an error with c->fd closed. */
static int accept_request(FCGX_Request *r, struct conn *c)
{
	int error;

	FCGX_InitRequest(r, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	r->ipcFd = c->fd;
	r->keepConnection = 1;
	r->detached = 1;
	if (FCGX_Accept_r(r) != 0) {
		c->fd = -1;
		return POLLUX_GONE;
	}
	error = FCGX_GetError(r->in);
	if (error != 0)
		return read_error(error);
	if (r->role != FCGI_RESPONDER)
		return POLLUX_PROTOCOL;
	c->request_id = (uint16_t)r->requestId;
	c->keep = r->keepConnection != 0;
	return 0;
}

struct body {
	FCGX_Stream *in;
	struct params *params;
	const struct request_limits *limits;
	int64_t started_ms;
	size_t received;
	bool too_big;
};

static bool too_slow(const struct body *b)
{
	int64_t waited_ms = clock_mono_ms() - b->started_ms;

	return waited_ms > b->limits->read_timeout_ms + (int64_t)b->received * 1000 / REQUEST_MIN_RATE;
}

/* Blocks for one byte, then takes what is there already: so the rate is looked at after every read. 0: end or error. */
static size_t read_some(FCGX_Stream *in, char *to, size_t room)
{
	size_t more;

	if (FCGX_GetStr(to, 1, in) != 1)
		return 0;
	more = (size_t)(in->stop - in->rdNext);
	if (more > room - 1)
		more = room - 1;
	return 1 + (size_t)FCGX_GetStr(to + 1, (int)more, in);
}

/* Bytes of the body that are wanted with the next read: within the maximum one more than fits, to see it overflow. */
static size_t keep_some(struct body *b, char *scratch)
{
	struct buf *block = &b->params->block;
	size_t have = block->len - b->params->body, got;
	char *to;

	if (b->too_big || have == b->limits->max_body) {
		got = read_some(b->in, scratch, CHUNK);
		b->too_big = b->too_big || got > 0;
		return got;
	}
	got = b->limits->max_body - have < CHUNK ? b->limits->max_body - have : CHUNK;
	to = buf_reserve(block, got);
	if (!to)
		return 0;
	got = read_some(b->in, to, got);
	buf_commit(block, got);
	return got;
}

/* Reads to the end of STDIN, or so far as it is worth. */
static int read_body(struct body *b, struct conn *c)
{
	char scratch[CHUNK];
	size_t got;

	while ((got = keep_some(b, scratch)) > 0) {
		b->received += got;
		if (too_slow(b))
			return POLLUX_AGAIN;
		if (b->too_big && b->received > b->limits->max_body + REQUEST_DRAIN_MAX) {
			c->unread = true;
			c->keep = false;
			return 0;
		}
	}
	if (FCGX_GetError(b->in) != 0)
		return read_error(FCGX_GetError(b->in));
	return b->params->block.error;
}

/* The web server said how long the body is; when less came its client had left in the middle. */
static int finish(struct conn *c, struct body *b)
{
	struct params *p = b->params;

	if (!c->unread && p->content_length > 0 && b->received < (unsigned long long)p->content_length)
		return POLLUX_GONE;
	if (b->too_big) {
		p->block.len = p->body;
		p->block.data[p->body] = '\0';
	}
	c->text = params_finish(p, &c->x);
	c->x.body_too_big = b->too_big;
	return c->text ? 0 : POLLUX_NO_MEMORY;
}

static int read_request(FCGX_Request *r, struct conn *c, const struct request_limits *limits)
{
	struct params params;
	struct body body = { .in = r->in, .params = &params, .limits = limits, .started_ms = clock_mono_ms() };
	int error = params_init(&params, r->envp, limits->max_body);

	/* one allocation where the length is known */
	if (error == 0 && params.content_length > 0 && (unsigned long long)params.content_length <= limits->max_body)
		buf_reserve(&params.block, (size_t)params.content_length);
	if (error == 0)
		error = read_body(&body, c);
	if (error == 0)
		error = finish(c, &body);
	params_deinit(&params);
	return error;
}

int request_read(struct conn *c, const struct request_limits *limits)
{
	FCGX_Request r;
	int error = accept_request(&r, c);

	if (error == 0)
		error = read_request(&r, c, limits);
	r.ipcFd = -1;
	FCGX_Free(&r, 0);
	return error;
}
