/*
 * A connection's life:
 *   OPEN     core has the channel
 *   CLOSING  core has it no more; the close frame is queued or sent, the peer's close or end is awaited
 *   and its end, in on_io or on_reap alone: so nothing that core calls can free what a caller up the stack still uses.
 *
 * One read a turn of the loop, of at most SCRATCH bytes, and one pong for all the pings in it (RFC 6455, 5.5.3 allows it):
 * so a peer that floods costs its share and no more.
 */
#include "config.h"
#include "ws/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>
#include "base/buf.h"
#include "base/clock.h"
#include "core/channel.h"
#include "proto/websocket.h"
#include "ws/outbox.h"

#define SCRATCH_BYTES 65536
/* A message may come in as many fragments as it has bytes, by the RFC; each costs time and none brings anything. One in 64 bytes of
 * the largest message is more than any client sends on purpose. */
#define FRAGMENT_BYTES 64
#define FRAGMENTS_LEAST 1024

/* What has come of a message or frame that is not whole yet. */
struct inbox {
	struct buf message;
	size_t rest_len;
	char rest[WEBSOCKET_REST_MAX];
};

struct conn {
	struct channel ch; /* first: core holds a pointer to it */
	ev_io io; /* io.data is the set */
	struct websocket_reader reader;
	struct conn *prev, *next; /* of set->open or set->closing */
	struct inbox *in; /* NULL: nothing is incomplete */
	struct outbox *out; /* NULL: all is sent */
	int64_t close_by_ms; /* CLOSING */
	uint32_t max_message;
	bool closing : 1;
	bool held : 1;
	bool broken : 1; /* the socket is dead; on_io follows */
	bool finished : 1; /* CLOSING: the peer's close frame has come */
	bool failed : 1; /* CLOSING: it broke the protocol, what it sends is skipped; our end is shut once all is sent */
	bool shut : 1;
};

static void on_io(struct ev_loop *loop, ev_io *w, int events);

static struct conns *set_of(const struct conn *c)
{
	return c->io.data;
}

/*
 * Where conns live: in blocks. Each on its own would cost 24 bytes more, and pin the memory around it that libmicrohttpd needs for a
 * handshake only (20 KB each). Memory of the pool is used again, not given back before the end.
 */
#define POOL_STEP 64

#ifdef POLLUX_SANITIZE
/* Each on its own, so that the sanitizers see a use after the end. */
static struct conn *pool_take(struct conns *set)
{
	(void)set;
	return malloc(sizeof(struct conn));
}

static void pool_give(struct conns *set, struct conn *c)
{
	(void)set;
	free(c);
}
#else
struct block {
	struct block *next;
	struct conn conns[POOL_STEP];
};

static struct conn *pool_take(struct conns *set)
{
	struct block *more = set->free ? NULL : malloc(sizeof(*more));
	struct conn *c;

	for (int i = 0; more && i < POOL_STEP; i++) {
		more->conns[i].next = set->free;
		set->free = &more->conns[i];
	}
	if (more) {
		more->next = set->blocks;
		set->blocks = more;
	}
	c = set->free;
	if (c)
		set->free = c->next;
	return c;
}

static void pool_give(struct conns *set, struct conn *c)
{
	c->next = set->free;
	set->free = c;
}
#endif

static void pool_free(struct conns *set)
{
#ifndef POLLUX_SANITIZE
	for (struct block *b = set->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
#endif
	set->blocks = NULL;
	set->free = NULL;
}

/* ---- watching ---- */

static void watch(struct conn *c)
{
	int events = (c->held && !c->closing ? 0 : EV_READ) | (c->out ? EV_WRITE : 0);

	if (c->broken)
		events = 0;
	if ((c->io.events & (EV_READ | EV_WRITE)) == events && ev_is_active(&c->io) == (events != 0))
		return;
	ev_io_stop(set_of(c)->loop, &c->io);
	ev_io_set(&c->io, c->io.fd, events);
	if (events)
		ev_io_start(set_of(c)->loop, &c->io);
}

/* The rest of it happens in on_io. */
static void break_off(struct conn *c)
{
	c->broken = true;
	watch(c);
	ev_feed_event(set_of(c)->loop, &c->io, EV_CUSTOM);
}

static void drop(struct conn *c)
{
	struct conns *set = set_of(c);

	ev_io_stop(set->loop, &c->io);
	close(c->io.fd);
	if (c->closing)
		DL_DELETE(set->closing, c);
	else
		DL_DELETE(set->open, c);
	set->count--;
	if (c->in)
		buf_deinit(&c->in->message);
	free(c->in);
	outbox_free(c->out);
	pool_give(set, c);
}

/* ---- sending ---- */

/* Queues what of the pieces is not sent yet, or all behind what is queued. */
static int enqueue(struct conn *c, const struct channel_piece *pieces, size_t count, size_t sent)
{
	if (!c->out)
		c->out = outbox_new();
	if (!c->out || outbox_add(c->out, pieces, count, sent))
		return POLLUX_NO_MEMORY;
	watch(c);
	return 0;
}

static size_t bytes_of(const struct channel_piece *pieces, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += pieces[i].len;
	return sum;
}

/* Half a frame can't be taken back: without memory for its rest the connection is over. */
static int transmit(struct conn *c, const struct channel_piece *pieces, size_t count)
{
	size_t sent = 0;

	if (c->broken)
		return POLLUX_GONE;
	if (!c->out) {
		if (outbox_send_now(c->io.fd, pieces, count, &sent)) {
			break_off(c);
			return POLLUX_GONE;
		}
		if (sent == bytes_of(pieces, count))
			return 0;
	}
	if (enqueue(c, pieces, count, sent)) {
		break_off(c);
		return POLLUX_GONE;
	}
	return 0;
}

/* The limit is for what waits already: one call's worth may always wait, however large. */
static int send_pieces(struct channel *ch, const struct channel_piece *pieces, size_t count)
{
	struct conn *c = (struct conn *)ch;

	if (c->out && !c->broken && outbox_bytes(c->out) + bytes_of(pieces, count) > set_of(c)->max_queued)
		return POLLUX_TOO_BIG;
	return transmit(c, pieces, count);
}

static void send_pong(struct conn *c, const char *data, size_t len)
{
	char head[WEBSOCKET_HEADER_MAX];
	size_t head_len = websocket_frame_header(head, WEBSOCKET_PONG, true, len);
	struct bytes *frame = bytes_new(NULL, head_len + len);
	struct channel_piece piece;

	if (!frame)
		return;
	memcpy(frame->data, head, head_len);
	memcpy(frame->data + head_len, data, len);
	piece = (struct channel_piece){ frame, frame->data, frame->len };
	if (!c->out)
		(void)transmit(c, &piece, 1);
	else if (!c->broken && outbox_add_pong(c->out, frame))
		break_off(c);
	bytes_unref(frame);
}

/* ---- closing ---- */

static void reap_at(struct conns *set, int64_t at_ms)
{
	int64_t wait_ms = at_ms - clock_mono_ms();

	ev_timer_stop(set->loop, &set->reaper);
	ev_timer_set(&set->reaper, wait_ms > 0 ? (double)wait_ms / 1000 : 0, 0);
	ev_timer_start(set->loop, &set->reaper);
}

static void begin_closing(struct conn *c)
{
	DL_DELETE(set_of(c)->open, c);
	DL_APPEND(set_of(c)->closing, c);
	c->closing = true;
	c->close_by_ms = clock_mono_ms() + CONN_CLOSE_PATIENCE_MS;
	if (!ev_is_active(&set_of(c)->reaper))
		reap_at(set_of(c), c->close_by_ms);
	watch(c);
}

/* Sends our close frame, the last one. */
static void send_close(struct conn *c, int code, const char *reason, size_t reason_len)
{
	char frame[WEBSOCKET_CONTROL_MAX];
	size_t len = websocket_close_frame(frame, (unsigned)code, reason, reason_len);
	struct bytes *b = bytes_new(frame, len);
	struct channel_piece piece = { b, b ? b->data : NULL, len };

	if (b)
		(void)transmit(c, &piece, 1);
	else
		break_off(c);
	bytes_unref(b);
}

static void close_channel(struct channel *ch, int code, const char *reason)
{
	struct conn *c = (struct conn *)ch;

	send_close(c, code, reason, reason ? strlen(reason) : 0);
	begin_closing(c);
}

static void hold(struct channel *ch, bool yes)
{
	struct conn *c = (struct conn *)ch;

	c->held = yes;
	watch(c);
}

/* The peer ends it, or has to be told off: our close frame first, then core learns it. */
static void end_channel(struct conn *c, int tell_code, const char *reason, size_t reason_len, int core_code)
{
	send_close(c, tell_code, reason, reason_len);
	begin_closing(c);
	c->ch.closed(&c->ch, core_code);
}

static void on_reap(struct ev_loop *loop, ev_timer *w, int events)
{
	struct conns *set = w->data;
	int64_t now_ms = clock_mono_ms();

	(void)loop;
	(void)events;
	while (set->closing && set->closing->close_by_ms <= now_ms)
		drop(set->closing);
	if (set->closing)
		reap_at(set, set->closing->close_by_ms);
}

/* ---- reading ---- */

static struct inbox *inbox_of(struct conn *c)
{
	if (!c->in) {
		c->in = calloc(1, sizeof(*c->in));
		if (c->in)
			buf_init(&c->in->message, c->max_message);
	}
	return c->in;
}

static void forget_message(struct conn *c)
{
	if (c->in)
		buf_deinit(&c->in->message);
}

static void on_piece(struct conn *c, const struct websocket_event *e)
{
	bool binary = e->opcode == WEBSOCKET_BINARY;

	if (e->first && e->last) {
		c->ch.message(&c->ch, e->data, e->len, binary);
		return;
	}
	if (!inbox_of(c) || buf_add(&c->in->message, e->data, e->len)) {
		c->failed = true;
		end_channel(c, WEBSOCKET_INTERNAL, NULL, 0, WEBSOCKET_INTERNAL);
		return;
	}
	if (!e->last)
		return;
	c->ch.message(&c->ch, c->in->message.data ? c->in->message.data : "", c->in->message.len, binary);
	forget_message(c);
}

static void on_close(struct conn *c, const struct websocket_event *e)
{
	c->finished = true;
	if (!c->closing)
		end_channel(c, e->code, NULL, 0, e->code);
}

static void on_error(struct conn *c, const struct websocket_event *e)
{
	c->failed = true;
	if (!c->closing)
		end_channel(c, e->code, e->data, e->len, e->code);
}

/* What the reader found; pings are answered later, by their last. */
static void take(struct conn *c, int what, const struct websocket_event *e, struct websocket_event *ping)
{
	switch (what) {
	case WEBSOCKET_PIECE:
		if (!c->closing)
			on_piece(c, e);
		break;
	case WEBSOCKET_PING:
		*ping = *e;
		break;
	case WEBSOCKET_PONG:
		if (!c->closing && c->ch.pong)
			c->ch.pong(&c->ch);
		break;
	case WEBSOCKET_CLOSE:
		on_close(c, e);
		break;
	case WEBSOCKET_ERROR:
		on_error(c, e);
		break;
	}
}

/* Keeps what the reader wants to see again with what follows; with nothing to keep the connection is idle. */
static void keep_rest(struct conn *c, const char *data, size_t len)
{
	if (len && inbox_of(c)) {
		memcpy(c->in->rest, data, len);
		c->in->rest_len = len;
		return;
	}
	if (len) {
		c->broken = true; /* no memory: what is missing now can't be read again */
		return;
	}
	if (c->in && !c->in->message.data && !c->reader.opcode) {
		free(c->in);
		c->in = NULL;
	} else if (c->in) {
		c->in->rest_len = 0;
	}
}

static void read_bytes(struct conn *c, char *data, size_t len)
{
	struct websocket_limits limits = {
		.max_message_bytes = c->max_message,
		.max_fragments = c->max_message / FRAGMENT_BYTES > FRAGMENTS_LEAST ? c->max_message / FRAGMENT_BYTES : FRAGMENTS_LEAST,
	};
	struct websocket_event e, ping = { .data = NULL };
	size_t used;
	int what;

	while ((what = websocket_read(&c->reader, &limits, data, len, &used, &e)) != WEBSOCKET_NEED_MORE) {
		data += used;
		len -= used;
		take(c, what, &e, &ping);
	}
	if (ping.data && !c->closing)
		send_pong(c, ping.data, ping.len);
	keep_rest(c, data + used, len - used);
}

/* What was kept goes first. */
static char *put_rest(struct conn *c, size_t *len)
{
	*len = c->in ? c->in->rest_len : 0;
	if (*len)
		memcpy(set_of(c)->scratch, c->in->rest, *len);
	return set_of(c)->scratch + *len;
}

static void read_some(struct conn *c)
{
	size_t kept;
	char *to = put_rest(c, &kept);
	ssize_t n;

	do
		n = recv(c->io.fd, to, SCRATCH_BYTES, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		read_bytes(c, set_of(c)->scratch, kept + (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		c->broken = true;
}

static void flush(struct conn *c)
{
	int error = outbox_flush(c->out, c->io.fd);

	if (error == POLLUX_AGAIN)
		return;
	outbox_free(c->out);
	c->out = NULL;
	if (error)
		c->broken = true;
	watch(c);
}

/* Ends what has ended. */
static void settle(struct conn *c)
{
	if (c->broken && !c->closing) {
		c->closing = true;
		DL_DELETE(set_of(c)->open, c);
		DL_APPEND(set_of(c)->closing, c);
		c->ch.closed(&c->ch, WEBSOCKET_ABNORMAL);
	}
	if (c->broken || (c->finished && !c->out)) {
		drop(c);
		return;
	}
	if (c->failed && !c->out && !c->shut) {
		c->shut = true;
		shutdown(c->io.fd, SHUT_WR);
	}
}

static void on_io(struct ev_loop *loop, ev_io *w, int events)
{
	struct conn *c = (struct conn *)(void *)((char *)w - offsetof(struct conn, io));

	(void)loop;
	if (!c->broken && (events & EV_WRITE) && c->out)
		flush(c);
	if (!c->broken && (events & EV_READ))
		read_some(c);
	settle(c);
}

/* ---- */

int conns_init(struct conns *set, struct ev_loop *loop, size_t max_queued)
{
	memset(set, 0, sizeof(*set));
	set->loop = loop;
	set->max_queued = max_queued;
	set->scratch = malloc(WEBSOCKET_REST_MAX + SCRATCH_BYTES);
	ev_timer_init(&set->reaper, on_reap, 0, 0);
	set->reaper.data = set;
	return set->scratch ? 0 : POLLUX_NO_MEMORY;
}

void conns_deinit(struct conns *set)
{
	while (set->open)
		drop(set->open);
	while (set->closing)
		drop(set->closing);
	if (set->loop)
		ev_timer_stop(set->loop, &set->reaper);
	pool_free(set);
	free(set->scratch);
	set->scratch = NULL;
}

static bool is_idle(const struct channel *ch)
{
	return !((const struct conn *)ch)->out;
}

static const struct channel_ops conn_ops = { send_pieces, close_channel, hold, is_idle };

static struct conn *conn_new(struct conns *set, int fd, size_t max_message)
{
	struct conn *c = pool_take(set);
	int one = 1;

	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	/* a Unix socket knows no such delay */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->ch.ops = &conn_ops;
	c->max_message = max_message < UINT32_MAX ? (uint32_t)max_message : UINT32_MAX;
	ev_io_init(&c->io, on_io, fd, EV_READ);
	c->io.data = set;
	DL_APPEND(set->open, c);
	set->count++;
	ev_io_start(set->loop, &c->io);
	return c;
}

/* What came with the handshake is read in pieces of the buffer's size, like everything else. */
static void read_extra(struct conn *c, const char *extra, size_t len)
{
	while (len > 0 && !c->broken) {
		size_t kept, n = len < SCRATCH_BYTES ? len : SCRATCH_BYTES;

		memcpy(put_rest(c, &kept), extra, n);
		read_bytes(c, set_of(c)->scratch, kept + n);
		extra += n;
		len -= n;
	}
	/* nothing may end here: the loop sees to it */
	if (c->broken || c->finished || c->failed)
		ev_feed_event(set_of(c)->loop, &c->io, EV_CUSTOM);
}

void conn_open(struct conns *set, int fd, size_t max_message, exchange_opened *opened, void *ctx, const char *extra, size_t extra_len)
{
	struct conn *c = conn_new(set, fd, max_message);

	if (!c) {
		close(fd);
		opened(ctx, NULL);
		return;
	}
	opened(ctx, &c->ch);
	read_extra(c, extra, extra_len);
}
