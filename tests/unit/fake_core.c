/* The fixture of the front's tests. Loop thread only. */
#include "config.h"
#include "tests/unit/fake_core.h"

#include <ev.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>
#include "base/buf.h"
#include "core/channel.h"
#include "core/server.h"
#include "proto/websocket.h"

#define PLAIN "Content-Type: text/plain\r\n"

int fake_core_ready_fd = -1;

struct wait {
	struct exchange *x;
	struct server *server;
	struct wait *prev, *next;
	ev_timer timer;
};

struct server {
	struct ev_loop *loop;
	struct wait *waits;
	size_t parked, aborted, sockets, unopened, reloaded;
	bool draining;
};

static void answer(struct exchange *x, int status, const char *text)
{
	struct iovec body = { (void *)(uintptr_t)text, strlen(text) };

	exchange_respond(x, status, PLAIN, &body, 1);
}

static void echo(struct exchange *x)
{
	const char *name, *value;
	struct buf b;
	struct iovec body;

	buf_init(&b, 4000000);
	buf_addf(&b, "%s %s ?%s %s secure=%d\n", x->method, x->path, x->query, x->peer, x->secure);
	for (size_t i = 0; x->ops->header_at(x, i, &name, &value); i++)
		buf_addf(&b, "%s: %s\n", name, value);
	buf_addf(&b, "origin is %s\n\n", exchange_header(x, "origin") ? exchange_header(x, "origin") : "(none)");
	buf_add(&b, x->body, x->body_len);
	body = (struct iovec){ b.data, b.len };
	exchange_respond(x, 200, PLAIN, &body, 1);
	buf_deinit(&b);
}

static void big(struct exchange *x)
{
	size_t n = (size_t)strtoul(x->query, NULL, 10), pieces = (n + 999) / 1000;
	struct iovec *iov = calloc(pieces + 1, sizeof(*iov));
	char *data = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		data[i] = (char)('0' + i % 10);
	for (size_t i = 0; i < pieces; i++) {
		iov[i].iov_base = data + i * 1000;
		iov[i].iov_len = i + 1 < pieces ? 1000 : n - i * 1000;
	}
	exchange_respond(x, 200, PLAIN, iov, (int)pieces);
	free(data);
	free(iov);
}

/* ---- WebSockets ---- */

static void send_frame(struct channel *ch, const char *data, size_t len, bool binary)
{
	char head[WEBSOCKET_HEADER_MAX];
	size_t head_len = websocket_frame_header(head, binary ? WEBSOCKET_BINARY : WEBSOCKET_TEXT, true, len);
	struct bytes *b = bytes_new(NULL, head_len + len);
	struct channel_piece piece = { b, b->data, b->len };

	memcpy(b->data, head, head_len);
	memcpy(b->data + head_len, data, len);
	(void)channel_send(ch, &piece, 1);
	bytes_unref(b);
}

static void on_message(struct channel *ch, const char *data, size_t len, bool binary)
{
	if (len == 5 && memcmp(data, "close", 5) == 0) {
		struct server *s = ch->owner;

		s->sockets--;
		channel_close(ch, 4000, "as you like");
	} else {
		send_frame(ch, data, len, binary);
	}
}

static void on_closed(struct channel *ch, int code)
{
	struct server *s = ch->owner;

	(void)code;
	s->sockets--;
}

static void on_opened(void *ctx, struct channel *ch)
{
	struct server *s = ctx;

	if (!ch) {
		s->unopened++;
		return;
	}
	s->sockets++;
	ch->owner = s;
	ch->message = on_message;
	ch->closed = on_closed;
	send_frame(ch, "hello", 5, false);
}

static void accept_socket(struct server *s, struct exchange *x)
{
	if (x->websocket)
		exchange_upgrade(x, "X-Extra: yes\r\n", 1000000, on_opened, s);
	else
		answer(x, 400, "no WebSocket");
}

/* ---- waiting ---- */

static void finish(struct wait *w, const char *text)
{
	struct exchange *x = w->x;
	struct server *s = w->server;

	ev_timer_stop(s->loop, &w->timer);
	DL_DELETE(s->waits, w);
	s->parked--;
	free(w);
	if (x->websocket)
		accept_socket(s, x);
	else
		answer(x, 200, text);
}

static void on_aborted(struct exchange *x)
{
	struct wait *w = x->owner;

	w->server->aborted++;
	finish(w, "nobody reads this");
}

static void on_timer(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)loop;
	(void)events;
	finish(t->data, "later");
}

static void park(struct server *s, struct exchange *x, double after_s)
{
	struct wait *w = calloc(1, sizeof(*w));

	w->x = x;
	w->server = s;
	x->owner = w;
	x->aborted = on_aborted;
	DL_APPEND(s->waits, w);
	s->parked++;
	ev_timer_init(&w->timer, on_timer, after_s, 0);
	w->timer.data = w;
	if (after_s > 0)
		ev_timer_start(s->loop, &w->timer);
	/* a handshake is not watched meanwhile, its headers are wanted */
	if (!x->websocket)
		exchange_park(x);
}

static void wake(struct server *s, struct exchange *x)
{
	char text[40];

	snprintf(text, sizeof(text), "%zu", s->parked);
	while (s->waits)
		finish(s->waits, "woken");
	answer(x, 200, text);
}

static void stats(struct server *s, struct exchange *x)
{
	char text[160];

	snprintf(text, sizeof(text), "parked %zu aborted %zu heap %zu sockets %zu unopened %zu reloaded %zu", s->parked, s->aborted,
		(size_t)mallinfo2().uordblks, s->sockets, s->unopened, s->reloaded);
	answer(x, 200, text);
}

static void len(struct exchange *x)
{
	char text[40];

	snprintf(text, sizeof(text), "%zu", x->body_len);
	answer(x, x->body_too_big ? 413 : 200, text);
}

int server_new(struct server **out, const struct server_options *options)
{
	*out = calloc(1, sizeof(**out));
	(*out)->loop = options->loop;
	if (fake_core_ready_fd >= 0 && write(fake_core_ready_fd, "r", 1) != 1)
		return POLLUX_SYSTEM;
	return 0;
}

void server_submit(struct server *s, struct exchange *x)
{
	/* stand-alone only what lies under its path is core's */
	const char *path = strncmp(x->path, "/socket.io/", 11) == 0 ? x->path + 10 : x->path;

	if (s->draining)
		answer(x, 503, "draining");
	else if (strcmp(path, "/echo") == 0)
		echo(x);
	else if (strcmp(path, "/len") == 0)
		len(x);
	else if (strcmp(path, "/park") == 0)
		park(s, x, 0);
	else if (strcmp(path, "/later") == 0)
		park(s, x, 0.02);
	else if (strcmp(path, "/wake") == 0)
		wake(s, x);
	else if (strcmp(path, "/big") == 0)
		big(x);
	else if (strcmp(path, "/none") == 0)
		exchange_respond(x, 204, "", NULL, 0);
	else if (strcmp(path, "/stats") == 0)
		stats(s, x);
	else if (strcmp(path, "/ws") == 0)
		accept_socket(s, x);
	else
		answer(x, 404, "what?");
}

void server_reloaded(struct server *s)
{
	s->reloaded++;
}

void server_drain(struct server *s, void (*on_idle)(void *ctx), void *ctx)
{
	s->draining = true;
	while (s->waits)
		finish(s->waits, "6");
	on_idle(ctx);
}

void server_free(struct server *s)
{
	free(s);
}

static int load(void **out, const char *file, struct settings *settings, struct handler *handler)
{
	(void)file;
	(void)handler;
	*out = NULL;
	settings->max_http_buffer_size = 100000;
	return 0;
}

static void unload(void *loaded)
{
	(void)loaded;
}

const struct front_app fake_app = {
	.name = "fake.fcgi",
	.about = "The front with a core that only pretends.",
	.load = load,
	.unload = unload,
};
