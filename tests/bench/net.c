/* Connections over epoll, level-triggered; writing is tried at once and only waited for when the socket is full. */
#include "config.h"

#include "tests/bench/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SCRATCH_BYTES (1 << 20)
#define HEAD_BYTES 4096
#define EVENTS 512

int net_init(struct net *n, enum wire_kind kind)
{
	*n = (struct net){ .kind = kind, .epoll = epoll_create1(EPOLL_CLOEXEC) };
	n->scratch = malloc(SCRATCH_BYTES);
	return n->epoll < 0 || !n->scratch ? -1 : 0;
}

void net_deinit(struct net *n)
{
	free(n->scratch);
	(void)close(n->epoll);
}

void conn_init(struct conn *c, void *owner)
{
	*c = (struct conn){ .fd = -1, .owner = owner };
}

void conn_close(struct conn *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	c->answered = false;
	c->wants_out = false;
	c->in_len = 0;
}

void conn_deinit(struct conn *c)
{
	conn_close(c);
	free(c->in);
	free(c->out);
}

static void fail(struct net *n, struct conn *c, const char *why)
{
	conn_close(c);
	c->busy = false;
	n->failed(n->ctx, c, why);
}

/* First come, first served: behind those that wait already. */
static void wait_turn(struct net *n, struct conn *c)
{
	n->queue_full++;
	if (c->waits)
		return;
	c->waits = true;
	c->next_waiting = NULL;
	if (n->waiting)
		n->last_waiting->next_waiting = c;
	else
		n->waiting = c;
	n->last_waiting = c;
}

/* 0: connected or connecting; 1: the queue is full; -1: failed. */
static int conn_connect(struct net *n, struct conn *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };

	c->fd = addresses_connect(&n->addresses);
	if (c->fd < 0)
		return errno == EAGAIN ? 1 : -1;
	n->connects++;
	return epoll_ctl(n->epoll, EPOLL_CTL_ADD, c->fd, &e);
}

static void want_out(struct net *n, struct conn *c, bool want)
{
	struct epoll_event e = { .events = EPOLLIN | (want ? EPOLLOUT : 0), .data.ptr = c };

	if (c->wants_out == want)
		return;
	c->wants_out = want;
	(void)epoll_ctl(n->epoll, EPOLL_CTL_MOD, c->fd, &e);
}

static void conn_start(struct net *n, struct conn *c);

/* The peer closed. A kept connection may be closed just as we use it: the request goes out again on a new one, as browsers do. */
static void conn_lost(struct net *n, struct conn *c)
{
	bool again = c->busy && c->answered && c->in_len == 0;
	bool busy = c->busy;

	if (busy && !again) {
		fail(n, c, "connection lost in a request");
		return;
	}
	conn_close(c);
	if (again) {
		n->resent++;
		conn_start(n, c);
	}
}

static void conn_flush(struct net *n, struct conn *c)
{
	while (c->out_sent < c->out_len) {
		ssize_t sent = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent, MSG_NOSIGNAL);

		if (sent < 0 && errno == EAGAIN) {
			want_out(n, c, true);
			return;
		}
		if (sent < 0) {
			conn_lost(n, c);
			return;
		}
		c->out_sent += (size_t)sent;
	}
	want_out(n, c, false);
}

static void conn_start(struct net *n, struct conn *c)
{
	int r = c->fd < 0 ? conn_connect(n, c) : 0;

	c->out_sent = 0;
	if (r > 0)
		wait_turn(n, c);
	else if (r < 0)
		fail(n, c, strerror(errno));
	else
		conn_flush(n, c);
}

void conn_request(struct net *n, struct conn *c, const struct wire_request *request)
{
	size_t need = HEAD_BYTES + request->body_len + request->body_len / 1024;

	c->busy = true;
	if (c->out_cap < need) {
		free(c->out);
		c->out = malloc(need);
		c->out_cap = c->out ? need : 0;
	}
	c->out_len = c->out ? wire_format(n->kind, request, c->out, c->out_cap) : 0;
	if (c->out_len == 0)
		fail(n, c, "request does not fit");
	else
		conn_start(n, c);
}

/* Keeps what has come so far, with as much room again. */
static bool conn_keep(struct conn *c, const char *data, size_t len)
{
	bool there = c->in_len > 0;
	size_t cap = c->in_cap ? c->in_cap : 4096;
	char *in = c->in;

	while (cap < len + len / 2 + 1024)
		cap *= 2;
	if (cap > c->in_cap)
		in = realloc(c->in, cap);
	if (!in)
		return false;
	c->in = in;
	c->in_cap = cap;
	if (!there)
		memcpy(c->in, data, len);
	c->in_len = len;
	return true;
}

static void conn_parse(struct net *n, struct conn *c, char *data, size_t len)
{
	struct wire_reply reply;
	ssize_t used = wire_parse(n->kind, data, len, &reply);

	if (used < 0 || (used > 0 && (size_t)used != len) || !c->busy) {
		char why[120];

		(void)snprintf(why, sizeof(why), "%s: %.*s", !c->busy ? "a reply nobody asked for" : "malformed reply",
			len < 80 ? (int)len : 80, data);
		fail(n, c, why);
		return;
	}
	if (used == 0) {
		if (!conn_keep(c, data, len))
			fail(n, c, "out of memory");
		return;
	}
	c->busy = false;
	c->answered = true;
	c->in_len = 0;
	if (reply.close)
		conn_close(c);
	n->replied(n->ctx, c, &reply);
}

static void conn_readable(struct net *n, struct conn *c)
{
	char *to = c->in_len ? c->in + c->in_len : n->scratch;
	size_t room = c->in_len ? c->in_cap - c->in_len : SCRATCH_BYTES;
	ssize_t got = recv(c->fd, to, room, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		conn_lost(n, c);
	else
		conn_parse(n, c, c->in_len ? c->in : n->scratch, c->in_len + (size_t)got);
}

/* Until the listener's queue is full again: then nobody behind has a chance either. */
static void retry_waiting(struct net *n)
{
	uint64_t full = n->queue_full;

	while (n->waiting && n->queue_full == full) {
		struct conn *c = n->waiting;

		if (c->busy && c->fd < 0)
			conn_start(n, c);
		if (n->queue_full != full)
			return;
		n->waiting = c->next_waiting;
		c->waits = false;
	}
}

void net_turn(struct net *n, int wait_ms)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(n->epoll, events, EVENTS, n->waiting && wait_ms > 1 ? 1 : wait_ms);

	for (int i = 0; i < count; i++) {
		struct conn *c = events[i].data.ptr;

		/* An earlier event of this turn may have closed it. */
		if (c->fd >= 0 && (events[i].events & EPOLLOUT))
			conn_flush(n, c);
		if (c->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
			conn_readable(n, c);
	}
	retry_waiting(n);
}
