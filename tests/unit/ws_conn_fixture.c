/* See the header. */
#include "config.h"
#include "tests/unit/ws_conn_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "proto/websocket.h"
#include "tests/unit/websocket_client.h"

static struct fixture *of(struct channel *ch)
{
	return ch->owner;
}

void send_text(struct channel *ch, const char *text, size_t len)
{
	char head[WEBSOCKET_HEADER_MAX];
	size_t head_len = websocket_frame_header(head, WEBSOCKET_TEXT, true, len);
	struct bytes *b = bytes_new(NULL, head_len + len);
	struct channel_piece piece = { b, b->data, b->len };

	memcpy(b->data, head, head_len);
	memcpy(b->data + head_len, text, len);
	assert_int_equal(channel_send(ch, &piece, 1), 0);
	bytes_unref(b);
}

static void on_message(struct channel *ch, const char *data, size_t len, bool binary)
{
	struct fixture *f = of(ch);

	buf_addf(&f->heard, "%s %zu ", binary ? "binary" : "text", len);
	buf_add(&f->heard, data, len < 20 ? len : 20);
	buf_add_char(&f->heard, '\n');
	if (f->echo)
		send_text(ch, data, len);
	if (f->close_on_message) {
		f->ch = NULL;
		channel_close(ch, 4000, "enough");
	}
}

static void on_closed(struct channel *ch, int code)
{
	buf_addf(&of(ch)->heard, "closed %d\n", code);
	of(ch)->ch = NULL;
}

static void on_pong(struct channel *ch)
{
	buf_add_str(&of(ch)->heard, "pong\n");
}

static void on_opened(void *ctx, struct channel *ch)
{
	struct fixture *f = ctx;

	assert_non_null(ch);
	ch->message = on_message;
	ch->closed = on_closed;
	ch->pong = on_pong;
	ch->owner = f;
	f->ch = ch;
	if (f->close_when_opened) {
		f->ch = NULL;
		channel_close(ch, 1000, "");
	}
}

/* Opens f's connection among those of set, with these bytes behind the handshake. */
void open_in(struct conns *set, struct fixture *f, const char *extra, size_t len)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	f->peer = pair[1];
	conn_open(set, pair[0], MAX_MESSAGE, on_opened, f, extra, len);
}

void open_with(struct fixture *f, const char *extra, size_t len)
{
	open_in(&f->conns, f, extra, len);
}

void start(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->heard, 10000000);
	f->loop = ev_loop_new(EVFLAG_AUTO);
	assert_int_equal(conns_init(&f->conns, f->loop, MAX_QUEUED), 0);
}

void end(struct fixture *f)
{
	conns_deinit(&f->conns);
	if (f->peer >= 0)
		close(f->peer);
	buf_deinit(&f->heard);
	ev_loop_destroy(f->loop);
}

void turn(struct fixture *f, int times)
{
	while (times-- > 0)
		ev_run(f->loop, EVRUN_NOWAIT);
}

void pass_time(struct fixture *f, int64_t ms)
{
	clock_shift_ms(ms);
	ev_feed_event(f->loop, &f->conns.reaper, EV_TIMER);
	turn(f, 1);
}

void say_all(struct fixture *f, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(f->peer, data, len, MSG_NOSIGNAL);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else {
			assert_int_equal(errno, EAGAIN);
		}
		turn(f, 1);
	}
	turn(f, 3);
}

void say_frame(struct fixture *f, int first, const char *payload, size_t len)
{
	struct buf b;

	buf_init(&b, 10000000);
	client_frame(&b, first, payload, len);
	say_all(f, b.data, b.len);
	buf_deinit(&b);
}

/* What the peer has got, all there is at the moment, into b. True: the connection has ended. */
bool hear(struct fixture *f, struct buf *b)
{
	for (int idle = 0; idle < 3;) {
		char *to = buf_reserve(b, 65536);
		ssize_t n = recv(f->peer, to, 65536, 0);

		if (n > 0)
			buf_commit(b, (size_t)n);
		else if (n == 0 || errno == ECONNRESET)
			return true;
		else
			idle++;
		turn(f, 1);
	}
	return false;
}

void expect_bytes(struct fixture *f, const char *bytes, size_t len, bool ended)
{
	struct buf b;

	buf_init(&b, 10000000);
	assert_int_equal(hear(f, &b), ended);
	assert_int_equal(b.len, len);
	if (len)
		assert_memory_equal(b.data, bytes, len);
	buf_deinit(&b);
}

void expect_heard(struct fixture *f, const char *text)
{
	assert_string_equal(f->heard.data ? f->heard.data : "", text);
	buf_clear(&f->heard);
}
