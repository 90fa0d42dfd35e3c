/*
 * Edge-triggered epoll: what the generator costs the kernel is what limits it. Writing is tried at once, and again when the socket has
 * room. Anything a client does not expect is a failure: the servers under test are to be right before they are fast.
 */
#include "config.h"

#include "tests/bench/wsclient.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include "tests/bench/event.h"
#include "tests/bench/wsframe.h"

#define SCRATCH_BYTES (256 << 10)
#define EVENTS 512
#define MAX_FRAME (1 << 20)
#define MAX_BUFFER (16 << 20)

static void fail(struct wsclient *c, const char *why)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	run_failed(c->all->run, c->index, (unsigned)c->state, why);
}

static void flush(struct wsclient *c)
{
	while (c->fd >= 0 && c->out_sent < c->out.len) {
		ssize_t sent = send(c->fd, c->out.data + c->out_sent, c->out.len - c->out_sent, MSG_NOSIGNAL);

		c->all->writes++;
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (sent < 0)
			fail(c, strerror(errno));
		else
			c->out_sent += (size_t)sent;
	}
	if (c->out.len > 0)
		buf_clear(&c->out);
	c->out_sent = 0;
}

/* Queues one frame, and sends it unless what this client has read is still being looked at. */
static void write_frame(struct wsclient *c, enum ws_opcode opcode, const char *payload, size_t len)
{
	char *to = buf_reserve(&c->out, len + WSFRAME_HEAD);

	if (!to) {
		fail(c, "the server does not read");
		return;
	}
	buf_commit(&c->out, wsframe_write(to, opcode, payload, len, 0x9d3f51a7 ^ (c->index << 8)));
	if (c->all->reading != c)
		flush(c);
}

static void write_text(struct wsclient *c, const char *text)
{
	write_frame(c, WS_TEXT, text, strlen(text));
}

static void connected(struct wsclient *c)
{
	c->state = WSCLIENT_CONNECTED;
	run_connected(c->all->run);
}

static void read_event(struct wsclient *c, const char *at, const char *end, uint64_t now)
{
	unsigned sender, number;

	if (c->state == WSCLIENT_CONNECTED && event_read(at, end, &sender, &number))
		run_said(c->all->run, c->index, sender, number, now);
	else
		fail(c, "an event that is not ours");
}

/* A Socket.IO packet. */
static void read_packet(struct wsclient *c, const char *at, const char *end, uint64_t now)
{
	unsigned id;

	if (at < end && *at == '2') {
		read_event(c, at + 1, end, now);
	} else if (at < end && *at == '0' && c->state == WSCLIENT_JOINING) {
		connected(c);
	} else if (at++ < end && at[-1] == '3' && event_number(&at, end, &id)) {
		run_acked(c->all->run, c->index, id, now);
	} else {
		fail(c, "unexpected packet");
	}
}

static void opened(struct wsclient *c)
{
	c->state = WSCLIENT_JOINING;
	write_text(c, run_is_member(c->all->run, c->index) ? "40{\"join\":\"room\"}" : "40");
}

/* An Engine.IO packet. */
static void read_text(struct wsclient *c, const char *at, size_t len, uint64_t now)
{
	if (len >= 2 && *at == '4') {
		read_packet(c, at + 1, at + len, now);
	} else if (len == 1 && *at == '2') {
		c->all->pings++;
		write_text(c, "3");
	} else if (len > 2 && *at == '0' && c->state == WSCLIENT_OPENING) {
		opened(c);
	} else {
		fail(c, len == 1 && *at == '1' ? "closed by the server" : "unexpected Engine.IO packet");
	}
}

static void read_close(struct wsclient *c, const struct wsframe *f)
{
	char why[160];
	const unsigned char *p = (const unsigned char *)f->payload;

	(void)snprintf(why, sizeof(why), "closed by the server with %d %.*s", f->len < 2 ? 1005 : p[0] << 8 | p[1],
		f->len < 2 ? 0 : (int)f->len - 2, f->payload + 2);
	fail(c, why);
}

static void read_frame(struct wsclient *c, const struct wsframe *f, uint64_t now)
{
	if (f->opcode == WS_TEXT && c->all->raw)
		read_event(c, f->payload, f->payload + f->len, now);
	else if (f->opcode == WS_TEXT)
		read_text(c, f->payload, f->len, now);
	else if (f->opcode == WS_PING)
		write_frame(c, WS_PONG, f->payload, f->len);
	else if (f->opcode == WS_CLOSE)
		read_close(c, f);
	else if (f->opcode != WS_PONG)
		fail(c, "a frame nobody asked for");
}

static ssize_t read_answer(struct wsclient *c, const char *data, size_t len)
{
	ssize_t used = wsframe_answer(data, len);
	char why[160];

	if (used < 0) {
		(void)snprintf(why, sizeof(why), "no upgrade: %.*s", len < 120 ? (int)len : 120, data);
		fail(c, why);
	} else if (used > 0 && c->all->raw) {
		connected(c);
	} else if (used > 0) {
		c->state = WSCLIENT_OPENING;
	}
	return used;
}

/* Returns the bytes used; what remains is part of a frame. */
static size_t read_all(struct wsclient *c, const char *data, size_t len)
{
	uint64_t now = now_us();
	size_t at = 0;
	ssize_t used = 1;

	run_replied(c->all->run, now);
	if (c->state == WSCLIENT_UPGRADING) {
		used = read_answer(c, data, len);
		at += used > 0 ? (size_t)used : 0;
	}
	while (used > 0 && c->fd >= 0) {
		struct wsframe f;

		used = wsframe_read(data + at, len - at, MAX_FRAME, &f);
		if (used > 0)
			read_frame(c, &f, now);
		else if (used < 0)
			fail(c, "malformed frame");
		at += used > 0 ? (size_t)used : 0;
	}
	return at;
}

/* Keeps in c->in what lies at data (which may be in c->in itself). */
static void keep(struct wsclient *c, const char *data, size_t len)
{
	if (c->in.len > 0) {
		memmove(c->in.data, data, len);
		c->in.len = len;
	} else if (len > 0 && buf_add(&c->in, data, len) < 0) {
		fail(c, "out of memory");
	}
}

/* Once, into c->in behind what is kept there or into scratch. Returns what recv does. */
static ssize_t read_some(struct wsclient *c)
{
	bool more = c->in.len > 0;
	char *to = more ? buf_reserve(&c->in, SCRATCH_BYTES) : c->all->scratch;
	ssize_t got = to ? recv(c->fd, to, SCRATCH_BYTES, 0) : 0;
	const char *data;
	size_t len, used;

	if (got <= 0)
		return got;
	if (more)
		buf_commit(&c->in, (size_t)got);
	data = more ? c->in.data : c->all->scratch;
	len = more ? c->in.len : (size_t)got;
	used = read_all(c, data, len);
	keep(c, data + used, len - used);
	return got;
}

/* A read that did not fill its room has read all there was: there will be another edge. */
static void readable(struct wsclient *c)
{
	ssize_t got = SCRATCH_BYTES;

	c->all->reading = c;
	while (got == SCRATCH_BYTES && c->fd >= 0) {
		got = read_some(c);
		c->all->reads++;
	}
	c->all->reading = NULL;
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
		fail(c, got < 0 ? strerror(errno) : "connection lost");
	flush(c);
}

static void open_client(void *ctx, unsigned client)
{
	struct wsclients *all = ctx;
	struct wsclient *c = &all->client[client];
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
	char *request = buf_reserve(&c->out, 4096);

	c->state = WSCLIENT_UPGRADING;
	c->fd = addresses_connect(&all->addresses);
	if (c->fd < 0 || epoll_ctl(all->epoll, EPOLL_CTL_ADD, c->fd, &e) < 0) {
		fail(c, strerror(errno));
		return;
	}
	/* It goes out when the connection is there. */
	if (request)
		buf_commit(&c->out, wsframe_handshake(request, 4096, all->target));
}

static bool can_send(void *ctx, unsigned client)
{
	const struct wsclient *c = &((struct wsclients *)ctx)->client[client];

	return c->state == WSCLIENT_CONNECTED && c->fd >= 0;
}

static void send_batch(void *ctx, unsigned client, const struct run_batch *b)
{
	struct wsclients *all = ctx;
	char text[65536];

	for (unsigned i = 0; i < b->count && all->client[client].fd >= 0; i++) {
		bool last = i + 1 == b->count;
		struct event e = { all->raw ? "" : "42", all->raw ? "said" : "say", b->ack && last, b->sender, b->first + i, b->bytes };
		size_t len = event_write(text, sizeof(text), &e);

		write_frame(&all->client[client], WS_TEXT, text, len);
	}
}

static void turn(void *ctx, uint64_t wait_us)
{
	struct wsclients *all = ctx;
	struct epoll_event events[EVENTS];
	const struct timespec wait = { (time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000 };
	int count = epoll_pwait2(all->epoll, events, EVENTS, &wait, NULL);

	for (int i = 0; i < count; i++) {
		struct wsclient *c = events[i].data.ptr;

		/* An earlier event of this turn may have closed it. */
		if (c->fd >= 0 && c->out.len > 0 && (events[i].events & EPOLLOUT))
			flush(c);
		if (c->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
			readable(c);
	}
}

int wsclients_prepare(struct wsclients *all)
{
	unsigned count = all->run->clients;

	all->epoll = epoll_create1(EPOLL_CLOEXEC);
	all->scratch = malloc(SCRATCH_BYTES);
	all->client = calloc(count + 1, sizeof(*all->client));
	if (all->epoll < 0 || !all->scratch || !all->client)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		all->client[i] = (struct wsclient){ .all = all, .fd = -1, .index = i };
		buf_init(&all->client[i].in, MAX_BUFFER);
		buf_init(&all->client[i].out, MAX_BUFFER);
	}
	all->run->transport = (struct run_transport){ open_client, can_send, send_batch, turn, all };
	return 0;
}

void wsclients_free(struct wsclients *all)
{
	for (unsigned i = 0; all->client && i < all->run->clients; i++) {
		struct wsclient *c = &all->client[i];

		if (c->fd >= 0)
			(void)close(c->fd);
		buf_deinit(&c->in);
		buf_deinit(&c->out);
	}
	free(all->client);
	free(all->scratch);
	(void)close(all->epoll);
}
