/*
 * The loop's side of FastCGI connections.
 *
 *   submitted -> [parked] -> replying -> closed
 *                                     -> idle (kept) -> back to intake
 *                                     -> lingering (body unread) -> closed
 *
 * Sockets stay blocking for the intake threads; the loop says MSG_DONTWAIT with every call. A parked request costs this struct
 * and nothing else: what only some need (an unsent remainder, a timer) is in struct tail, made when needed.
 */
#include "config.h"
#include "fcgi/conn.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>
#include "base/say.h"
#include "core/server.h"
#include "fcgi/params.h"
#include "fcgi/reply.h"

/* How long the end of a body that nobody wants is waited for. */
#define LINGER_S 2.0

struct tail {
	ev_timer timer;
	char *data; /* the remainder; NULL while lingering */
	size_t len, sent;
};

static const char *header_of(const struct exchange *x, const char *name);
static bool header_at_of(const struct exchange *x, size_t index, const char **name, const char **value);
static void respond(struct exchange *x, int status, const char *headers, const struct iovec *body, int pieces);
static void park(struct exchange *x);

static const struct exchange_ops conn_ops = { header_of, header_at_of, respond, park, NULL };

/* Drops what the last request left. */
static void reset(struct conn *c)
{
	free(c->text);
	c->text = NULL;
	memset(&c->x, 0, sizeof(c->x));
	memset(&c->scan, 0, sizeof(c->scan));
	c->x.ops = &conn_ops;
	c->x.method = c->x.path = c->x.path_info = c->x.query = c->x.peer = c->x.body = "";
	c->keep = c->unread = c->gone = c->abandoned = false;
}

/*
 * Where conns live. Between them the intake threads allocate and free each request's text and libfcgi's buffers: with malloc for
 * both, parked conns pinned the holes of all that (1.0 KB resident a parked poll instead of 0.3). Memory of the
 * pool is used again, not given back.
 */
#define POOL_STEP 128

#ifdef POLLUX_SANITIZE
/* Each on its own, so that the sanitizers see a use after the end. */
static struct conn *pool_take(void)
{
	return malloc(sizeof(struct conn));
}

static void pool_give(struct conn *c)
{
	free(c);
}
#else
static struct {
	pthread_mutex_t lock;
	struct conn *free;
} pool = { PTHREAD_MUTEX_INITIALIZER, NULL };

/* Under the lock. */
static void pool_grow(void)
{
	struct conn *more = malloc(POOL_STEP * sizeof(*more));

	for (int i = 0; more && i < POOL_STEP; i++) {
		more[i].next = pool.free;
		pool.free = &more[i];
	}
}

static struct conn *pool_take(void)
{
	struct conn *c;

	pthread_mutex_lock(&pool.lock);
	if (!pool.free)
		pool_grow();
	c = pool.free;
	if (c)
		pool.free = c->next;
	pthread_mutex_unlock(&pool.lock);
	return c;
}

static void pool_give(struct conn *c)
{
	pthread_mutex_lock(&pool.lock);
	c->next = pool.free;
	pool.free = c;
	pthread_mutex_unlock(&pool.lock);
}
#endif

struct conn *conn_new(int fd)
{
	struct conn *c = pool_take();

	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	reset(c);
	return c;
}

void conn_free(struct conn *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	free(c->text);
	pool_give(c);
}

static const char *header_of(const struct exchange *x, const char *name)
{
	return params_header(((const struct conn *)x)->text, name);
}

static bool header_at_of(const struct exchange *x, size_t index, const char **name, const char **value)
{
	return params_header_at(((const struct conn *)x)->text, index, name, value);
}

static void watch(struct conn *c, void (*cb)(struct ev_loop *, ev_io *, int), int events)
{
	ev_io_init(&c->io, cb, c->fd, events);
	c->io.data = c;
	ev_io_start(c->set->loop, &c->io);
}

static void drop_tail(struct conn *c)
{
	if (!c->tail)
		return;
	ev_timer_stop(c->set->loop, &c->tail->timer);
	free(c->tail->data);
	free(c->tail);
	c->tail = NULL;
}

/* The end of a connection that was busy. */
static void end(struct conn *c)
{
	ev_io_stop(c->set->loop, &c->io);
	drop_tail(c);
	c->set->busy--;
	conn_free(c);
}

/* ---- parked: the peer's leaving ---- */

static void tell_aborted(struct conn *c)
{
	void (*aborted)(struct exchange *) = c->x.aborted;

	ev_io_stop(c->set->loop, &c->io);
	c->x.aborted = NULL;
	/* may answer at once: c can be gone afterwards */
	if (aborted)
		aborted(&c->x);
}

static void on_parked(struct ev_loop *loop, ev_io *io, int events)
{
	struct conn *c = io->data;
	unsigned char data[256];
	ssize_t n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT);
	enum scan_result found = SCAN_VIOLATION;

	(void)loop;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		found = scan_feed(&c->scan, c->request_id, data, (size_t)n);
	if (found == SCAN_NOTHING)
		return;
	c->abandoned = found == SCAN_ABORT;
	c->gone = found == SCAN_VIOLATION;
	tell_aborted(c);
}

/* Where the body is still coming the peer cannot be watched: what comes is content of a record whose begin was read already. */
static void park(struct exchange *x)
{
	struct conn *c = (struct conn *)x;

	free(c->text);
	c->text = NULL;
	x->method = x->path = x->query = x->peer = x->body = "";
	x->body_len = 0;
	if (!c->unread)
		watch(c, on_parked, EV_READ);
}

/* ---- after the reply ---- */

static void on_idle(struct ev_loop *loop, ev_io *io, int events)
{
	struct conn *c = io->data;
	struct conns *set = c->set;
	char byte;
	ssize_t n = recv(c->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	ev_io_stop(loop, io);
	DL_DELETE(set->idle, c);
	if (n > 0)
		set->readable(set->ctx, c);
	else
		conn_free(c);
}

static void on_linger(struct ev_loop *loop, ev_io *io, int events)
{
	struct conn *c = io->data;
	char trash[16384];
	ssize_t n = recv(c->fd, trash, sizeof(trash), MSG_DONTWAIT);

	(void)loop;
	(void)events;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		end(c);
}

static void on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct conn *c = timer->data;

	(void)loop;
	(void)events;
	if (c->tail->data)
		say(SAY_WARN, "fcgi", NULL, "reply given up: the web server does not take it");
	end(c);
}

static bool need_tail(struct conn *c, double timeout_s, double repeat_s)
{
	if (!c->tail)
		c->tail = calloc(1, sizeof(*c->tail));
	if (!c->tail)
		return false;
	ev_timer_stop(c->set->loop, &c->tail->timer);
	ev_timer_init(&c->tail->timer, on_timeout, timeout_s, repeat_s);
	c->tail->timer.data = c;
	ev_timer_start(c->set->loop, &c->tail->timer);
	return true;
}

/* Closing with unread input makes the kernel reset the connection, and the reply may be lost with it: so only our side is closed and
 * the rest read away for a while. */
static void linger(struct conn *c)
{
	if (shutdown(c->fd, SHUT_WR) < 0 || !need_tail(c, LINGER_S, 0)) {
		end(c);
		return;
	}
	free(c->tail->data);
	c->tail->data = NULL;
	watch(c, on_linger, EV_READ);
}

static void keep(struct conn *c)
{
	struct conns *set = c->set;

	drop_tail(c);
	reset(c);
	set->busy--;
	DL_APPEND(set->idle, c);
	watch(c, on_idle, EV_READ);
}

static void after_reply(struct conn *c)
{
	ev_io_stop(c->set->loop, &c->io);
	if (c->unread)
		linger(c);
	else if (c->keep && !c->set->stopping)
		keep(c);
	else
		end(c);
}

/* ---- the reply ---- */

/* Sends what the socket takes. 0: all; POLLUX_AGAIN: *iov and *count are what is left; POLLUX_GONE. */
static int send_pieces(int fd, struct iovec **iov, int *count)
{
	while (*count > 0) {
		struct msghdr m = { .msg_iov = *iov, .msg_iovlen = (size_t)(*count < IOV_MAX ? *count : IOV_MAX) };
		ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? POLLUX_AGAIN : POLLUX_GONE;
		while (*count > 0 && (size_t)n >= (*iov)->iov_len) {
			n -= (ssize_t)(*iov)->iov_len;
			(*iov)++;
			(*count)--;
		}
		if (n > 0) {
			(*iov)->iov_base = (char *)(*iov)->iov_base + n;
			(*iov)->iov_len -= (size_t)n;
		}
	}
	return 0;
}

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	struct conn *c = io->data;
	struct tail *t = c->tail;
	ssize_t n = send(c->fd, t->data + t->sent, t->len - t->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)events;
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			end(c);
		return;
	}
	t->sent += (size_t)n;
	ev_timer_again(loop, &t->timer);
	if (t->sent == t->len)
		after_reply(c);
}

/* Copies what the socket did not take, since the pieces are the caller's only until respond returns. */
static bool save_rest(struct conn *c, const struct iovec *iov, int count)
{
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += iov[i].iov_len;
	if (!need_tail(c, c->set->write_timeout_s, c->set->write_timeout_s))
		return false;
	c->tail->data = malloc(len);
	if (!c->tail->data)
		return false;
	for (int i = 0; i < count; i++) {
		memcpy(c->tail->data + c->tail->len, iov[i].iov_base, iov[i].iov_len);
		c->tail->len += iov[i].iov_len;
	}
	return true;
}

static void send_reply(struct conn *c, struct reply *r)
{
	struct iovec *iov = r->iov;
	int count = r->count, error = send_pieces(c->fd, &iov, &count);

	if (error == 0)
		after_reply(c);
	else if (error == POLLUX_AGAIN && save_rest(c, iov, count))
		watch(c, on_writable, EV_WRITE);
	else
		end(c);
}

static void respond(struct exchange *x, int status, const char *headers, const struct iovec *body, int pieces)
{
	struct conn *c = (struct conn *)x;
	struct reply r;
	int error = 0;

	ev_io_stop(c->set->loop, &c->io);
	if (c->gone) {
		end(c);
		return;
	}
	if (c->abandoned)
		reply_build_end(&r, c->request_id);
	else
		error = reply_build(&r, c->request_id, status, headers, body, pieces);
	if (error) {
		say(SAY_ERROR, "fcgi", NULL, "reply dropped: %s", pollux_strerror(error));
		end(c);
	} else {
		send_reply(c, &r);
	}
	reply_deinit(&r);
}

/* ---- the set ---- */

void conns_submit(struct conns *set, struct conn *c)
{
	c->set = set;
	set->busy++;
	server_submit(set->server, &c->x);
}

void conns_stop(struct conns *set)
{
	struct conn *c, *next;

	set->stopping = true;
	DL_FOREACH_SAFE (set->idle, c, next) {
		DL_DELETE(set->idle, c);
		ev_io_stop(set->loop, &c->io);
		conn_free(c);
	}
}
