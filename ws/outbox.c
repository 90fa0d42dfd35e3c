/* A ring of references. A waiting pong can only be the first or second of them: the one that is being sent is the only one before it. */
#include "config.h"
#include "ws/outbox.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define FIRST_ROOM 8

struct waiting {
	struct bytes *owner;
	const char *at;
	size_t len;
	bool pong;
};

struct outbox {
	struct waiting *ring;
	size_t head, count, room; /* room is a power of two */
	size_t bytes; /* of all, as far as they are not sent */
	bool begun; /* a part of the first is sent: its at and len are the rest's */
};

/* Bytes taken, 0 when none is wanted now, or GONE. */
static ssize_t send_some(int fd, struct iovec *iov, size_t count)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = count };
	ssize_t n;

	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM ? 0 : POLLUX_GONE;
}

int outbox_send_now(int fd, const struct channel_piece *pieces, size_t count, size_t *done)
{
	struct iovec iov[IOV_MAX];

	*done = 0;
	while (count > 0) {
		size_t n = count < IOV_MAX ? count : IOV_MAX, all = 0;
		ssize_t sent;

		for (size_t i = 0; i < n; i++) {
			iov[i] = (struct iovec){ (void *)(uintptr_t)pieces[i].at, pieces[i].len };
			all += pieces[i].len;
		}
		sent = send_some(fd, iov, n);
		if (sent < 0)
			return POLLUX_GONE;
		*done += (size_t)sent;
		if ((size_t)sent < all)
			return 0;
		pieces += n;
		count -= n;
	}
	return 0;
}

struct outbox *outbox_new(void)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (o) {
		o->ring = malloc(FIRST_ROOM * sizeof(*o->ring));
		o->room = FIRST_ROOM;
	}
	if (o && !o->ring) {
		free(o);
		return NULL;
	}
	return o;
}

static struct waiting *nth(const struct outbox *o, size_t i)
{
	return &o->ring[(o->head + i) & (o->room - 1)];
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->count; i++)
		bytes_unref(nth(o, i)->owner);
	free(o->ring);
	free(o);
}

size_t outbox_bytes(const struct outbox *o)
{
	return o->bytes;
}

/* Room for n more. */
static int make_room(struct outbox *o, size_t n)
{
	size_t room = o->room;
	struct waiting *ring;

	while (room < o->count + n)
		room *= 2;
	if (room == o->room)
		return 0;
	ring = malloc(room * sizeof(*ring));
	if (!ring)
		return POLLUX_NO_MEMORY;
	for (size_t i = 0; i < o->count; i++)
		ring[i] = *nth(o, i);
	free(o->ring);
	o->ring = ring;
	o->head = 0;
	o->room = room;
	return 0;
}

int outbox_add(struct outbox *o, const struct channel_piece *pieces, size_t count, size_t sent)
{
	if (make_room(o, count))
		return POLLUX_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		size_t skip = sent < pieces[i].len ? sent : pieces[i].len;

		sent -= skip;
		if (skip == pieces[i].len)
			continue;
		/* only the first of an empty queue can be half sent */
		o->begun = o->begun || skip > 0;
		*nth(o, o->count++) = (struct waiting){ bytes_ref(pieces[i].owner), pieces[i].at + skip, pieces[i].len - skip, false };
		o->bytes += pieces[i].len - skip;
	}
	return 0;
}

static void put_pong(struct outbox *o, struct waiting *w, struct bytes *frame)
{
	*w = (struct waiting){ bytes_ref(frame), frame->data, frame->len, true };
	o->bytes += frame->len;
}

int outbox_add_pong(struct outbox *o, struct bytes *frame)
{
	size_t at = o->begun ? 1 : 0;

	if (at < o->count && nth(o, at)->pong) {
		o->bytes -= nth(o, at)->len;
		bytes_unref(nth(o, at)->owner);
		put_pong(o, nth(o, at), frame);
		return 0;
	}
	if (make_room(o, 1))
		return POLLUX_NO_MEMORY;
	o->head = (o->head - 1) & (o->room - 1);
	o->count++;
	if (at == 1)
		*nth(o, 0) = *nth(o, 1);
	put_pong(o, nth(o, at), frame);
	return 0;
}

static void drop_sent(struct outbox *o, size_t sent)
{
	o->bytes -= sent;
	while (o->count && sent >= nth(o, 0)->len) {
		sent -= nth(o, 0)->len;
		bytes_unref(nth(o, 0)->owner);
		o->head = (o->head + 1) & (o->room - 1);
		o->count--;
		o->begun = false;
	}
	if (sent) {
		nth(o, 0)->at += sent;
		nth(o, 0)->len -= sent;
		o->begun = true;
	}
}

int outbox_flush(struct outbox *o, int fd)
{
	struct iovec iov[IOV_MAX];

	while (o->count) {
		size_t n = o->count < IOV_MAX ? o->count : IOV_MAX, all = 0;
		ssize_t sent;

		for (size_t i = 0; i < n; i++) {
			iov[i] = (struct iovec){ (void *)(uintptr_t)nth(o, i)->at, nth(o, i)->len };
			all += nth(o, i)->len;
		}
		sent = send_some(fd, iov, n);
		if (sent < 0)
			return POLLUX_GONE;
		drop_sent(o, (size_t)sent);
		if ((size_t)sent < all)
			return POLLUX_AGAIN;
	}
	return 0;
}
