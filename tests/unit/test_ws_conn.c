/*
 * WebSocket connections after their handshake, in this process: a socket pair, the loop, a core that writes down what it hears.
 */
#include "config.h"
#include "tests/unit/check.h"

#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "core/channel.h"
#include "proto/websocket.h"
#include "tests/unit/websocket_client.h"
#include "ws/conn.h"

#define MAX_MESSAGE 100000
#define MAX_QUEUED 300000
#define TURNS 200

/* One connection, its peer and its core. */
struct fixture {
	struct ev_loop *loop;
	struct conns conns;
	struct channel *ch;
	int peer;
	struct buf heard; /* "text Hello\n", "closed 1000\n" */
	bool close_when_opened, close_on_message, echo;
};

static struct fixture *of(struct channel *ch)
{
	return ch->owner;
}

static void send_text(struct channel *ch, const char *text, size_t len)
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
static void open_in(struct conns *set, struct fixture *f, const char *extra, size_t len)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	f->peer = pair[1];
	conn_open(set, pair[0], MAX_MESSAGE, on_opened, f, extra, len);
}

static void open_with(struct fixture *f, const char *extra, size_t len)
{
	open_in(&f->conns, f, extra, len);
}

static void start(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->heard, 10000000);
	f->loop = ev_loop_new(EVFLAG_AUTO);
	assert_int_equal(conns_init(&f->conns, f->loop, MAX_QUEUED), 0);
}

static void end(struct fixture *f)
{
	conns_deinit(&f->conns);
	if (f->peer >= 0)
		close(f->peer);
	buf_deinit(&f->heard);
	ev_loop_destroy(f->loop);
}

static void turn(struct fixture *f, int times)
{
	while (times-- > 0)
		ev_run(f->loop, EVRUN_NOWAIT);
}

static void pass_time(struct fixture *f, int64_t ms)
{
	clock_shift_ms(ms);
	ev_feed_event(f->loop, &f->conns.reaper, EV_TIMER);
	turn(f, 1);
}

static void say_all(struct fixture *f, const char *data, size_t len)
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

static void say_frame(struct fixture *f, int first, const char *payload, size_t len)
{
	struct buf b;

	buf_init(&b, 10000000);
	client_frame(&b, first, payload, len);
	say_all(f, b.data, b.len);
	buf_deinit(&b);
}

/* What the peer has got, all there is at the moment, into b. True: the connection has ended. */
static bool hear(struct fixture *f, struct buf *b)
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

static void expect_bytes(struct fixture *f, const char *bytes, size_t len, bool ended)
{
	struct buf b;

	buf_init(&b, 10000000);
	assert_int_equal(hear(f, &b), ended);
	assert_int_equal(b.len, len);
	if (len)
		assert_memory_equal(b.data, bytes, len);
	buf_deinit(&b);
}

static void expect_heard(struct fixture *f, const char *text)
{
	assert_string_equal(f->heard.data ? f->heard.data : "", text);
	buf_clear(&f->heard);
}

/* ---- reading ---- */

static void build_stream(struct buf *b)
{
	char large[70000];

	memset(large, 'x', sizeof(large));
	client_frame(b, FIN | WEBSOCKET_TEXT, "Hello", 5);
	client_frame(b, WEBSOCKET_TEXT, "Hel", 3);
	client_frame(b, FIN | WEBSOCKET_PONG, "late", 4);
	client_frame(b, 0, "", 0);
	client_frame(b, FIN | 0, "lo", 2);
	client_frame(b, FIN | WEBSOCKET_BINARY, "\0\1", 2);
	client_frame(b, FIN | WEBSOCKET_TEXT, "", 0);
	client_frame(b, FIN | WEBSOCKET_TEXT, large, sizeof(large));
	client_frame(b, FIN | WEBSOCKET_TEXT, "end", 3);
}

static const char stream_heard[] = "text 5 Hello\npong\ntext 5 Hello\nbinary 2 \0\1\ntext 0 \ntext 70000 xxxxxxxxxxxxxxxxxxxx\ntext 3 end\n";

static void expect_stream(struct fixture *f)
{
	assert_int_equal(f->heard.len, sizeof(stream_heard) - 1);
	assert_memory_equal(f->heard.data, stream_heard, f->heard.len);
	buf_clear(&f->heard);
}

static void test_whole_and_cut(void **state)
{
	struct fixture f;
	struct buf b;

	(void)state;
	buf_init(&b, 1000000);
	build_stream(&b);
	start(&f);
	open_with(&f, NULL, 0);
	say_all(&f, b.data, b.len);
	expect_stream(&f);
	for (size_t i = 0; i < 120; i++)
		say_all(&f, b.data + i, 1);
	say_all(&f, b.data + 120, b.len - 120);
	expect_stream(&f);
	for (size_t cut = 1; cut < 100; cut++) {
		say_all(&f, b.data, cut);
		say_all(&f, b.data + cut, b.len - cut);
		expect_stream(&f);
	}
	end(&f);
	buf_deinit(&b);
}

/* Clients send with the handshake what they have: it may be anything up to several frames and a half. */
static void test_behind_the_handshake(void **state)
{
	static const size_t cuts[] = { 1, 2, 5, 6, 11, 13, 30, 60, 70050, 100000 };
	struct fixture f;
	struct buf b;

	(void)state;
	buf_init(&b, 1000000);
	build_stream(&b);
	for (size_t i = 0; i < COUNT(cuts); i++) {
		size_t cut = cuts[i] < b.len ? cuts[i] : b.len;

		start(&f);
		open_with(&f, b.data, cut);
		say_all(&f, b.data + cut, b.len - cut);
		expect_stream(&f);
		end(&f);
	}
	buf_deinit(&b);
}

/* A close frame behind the handshake: the connection ends in the loop, not in conn_open. */
static void test_close_behind_the_handshake(void **state)
{
	struct fixture f;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	client_frame(&b, FIN | WEBSOCKET_TEXT, "hi", 2);
	client_close(&b, 1000, "bye");
	start(&f);
	open_with(&f, b.data, b.len);
	expect_heard(&f, "text 2 hi\nclosed 1000\n");
	assert_int_equal(f.conns.count, 1);
	expect_bytes(&f, "\x88\x02\x03\xe8", 4, true);
	assert_int_equal(f.conns.count, 0);
	end(&f);
	buf_deinit(&b);
}

/* A turn of the loop reads 64 KB of a connection at most, however much there is. */
static void test_fairness(void **state)
{
	struct fixture f;
	struct buf b;
	size_t count = 0;

	(void)state;
	buf_init(&b, 1000000);
	for (int i = 0; i < 30000; i++)
		client_frame(&b, FIN | WEBSOCKET_TEXT, "", 0);
	start(&f);
	open_with(&f, NULL, 0);
	assert_true(send(f.peer, b.data, b.len, MSG_NOSIGNAL) > 70000);
	turn(&f, 1);
	for (size_t i = 0; i < f.heard.len; i++)
		count += f.heard.data[i] == '\n';
	assert_in_range(count, 1, 65536 / 6);
	end(&f);
	buf_deinit(&b);
}

static void test_hold(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_with(&f, NULL, 0);
	say_frame(&f, FIN | WEBSOCKET_TEXT, "a", 1);
	expect_heard(&f, "text 1 a\n");
	channel_hold(f.ch, true);
	channel_hold(f.ch, true);
	say_frame(&f, FIN | WEBSOCKET_TEXT, "b", 1);
	expect_heard(&f, "");
	/* sending goes on */
	send_text(f.ch, "x", 1);
	expect_bytes(&f, "\x81\x01x", 3, false);
	channel_hold(f.ch, false);
	turn(&f, 2);
	expect_heard(&f, "text 1 b\n");
	/* held, then closed by core: the peer's answer is read all the same */
	channel_hold(f.ch, true);
	channel_close(f.ch, 1000, "");
	expect_bytes(&f, "\x88\x02\x03\xe8", 4, false);
	say_frame(&f, FIN | WEBSOCKET_CLOSE, "\x03\xe8", 2);
	assert_int_equal(f.conns.count, 0);
	end(&f);
}

static void test_broken_off(void **state)
{
	struct fixture f;

	(void)state;
	/* in the middle of a message */
	start(&f);
	open_with(&f, NULL, 0);
	say_frame(&f, WEBSOCKET_TEXT, "half", 4);
	say_all(&f, "\x80", 1);
	close(f.peer);
	f.peer = -1;
	turn(&f, 3);
	expect_heard(&f, "closed 1006\n");
	assert_int_equal(f.conns.count, 0);
	end(&f);
	/* idle */
	start(&f);
	open_with(&f, NULL, 0);
	shutdown(f.peer, SHUT_WR);
	turn(&f, 3);
	expect_heard(&f, "closed 1006\n");
	assert_int_equal(f.conns.count, 0);
	end(&f);
}

/* ---- what is wrong ---- */

static void test_errors(void **state)
{
	static char large[MAX_MESSAGE + 1];
	static const struct {
		int first;
		const char *payload;
		size_t len;
		const char *heard;
		const char *code; /* on the wire */
	} table[] = {
		{ FIN | WEBSOCKET_TEXT, large, MAX_MESSAGE, "text 100000 aaaaaaaaaaaaaaaaaaaa\n", NULL },
		{ FIN | WEBSOCKET_TEXT, large, MAX_MESSAGE + 1, "closed 1009\n", "\x03\xf1" },
		{ FIN | WEBSOCKET_TEXT, LIT("\xff"), "closed 1007\n", "\x03\xef" },
		{ FIN | 0, LIT("x"), "closed 1002\n", "\x03\xea" },
		{ FIN | 3, LIT("x"), "closed 1002\n", "\x03\xea" },
	};

	(void)state;
	memset(large, 'a', sizeof(large));
	for (size_t i = 0; i < COUNT(table); i++) {
		struct fixture f;
		struct buf b;

		start(&f);
		open_with(&f, NULL, 0);
		say_frame(&f, table[i].first, table[i].payload, table[i].len);
		expect_heard(&f, table[i].heard);
		buf_init(&b, 1000000);
		assert_int_equal(hear(&f, &b), table[i].code != NULL);
		if (table[i].code) {
			assert_true(b.len > 4);
			assert_int_equal((unsigned char)b.data[0], 0x88);
			assert_memory_equal(b.data + 2, table[i].code, 2);
			/* whatever it goes on to say is skipped until it ends */
			say_all(&f, large, sizeof(large));
			expect_heard(&f, "");
			assert_int_equal(f.conns.count, 1);
			close(f.peer);
			f.peer = -1;
			turn(&f, 3);
			assert_int_equal(f.conns.count, 0);
		}
		buf_deinit(&b);
		end(&f);
	}
}

/* At least one in 64 bytes of the largest message may be a fragment. */
static void test_fragments(void **state)
{
	struct fixture f;
	struct buf b;

	(void)state;
	buf_init(&b, 10000000);
	start(&f);
	open_with(&f, NULL, 0);
	for (int i = 0; i < MAX_MESSAGE / 64; i++)
		client_frame(&b, i == 0 ? WEBSOCKET_BINARY : i + 1 < MAX_MESSAGE / 64 ? 0 : FIN, "0123456789012345678901234567890123456789012345678901234567890123", 64);
	say_all(&f, b.data, b.len);
	expect_heard(&f, "binary 99968 01234567890123456789\n");
	buf_clear(&b);
	for (int i = 0; i < MAX_MESSAGE / 64 + 1; i++)
		client_frame(&b, i == 0 ? WEBSOCKET_BINARY : 0, "", 0);
	say_all(&f, b.data, b.len);
	expect_heard(&f, "closed 1008\n");
	buf_deinit(&b);
	end(&f);
}

/* ---- pings ---- */

static void test_pings(void **state)
{
	struct fixture f;
	struct buf b;

	(void)state;
	buf_init(&b, 10000000);
	start(&f);
	open_with(&f, NULL, 0);
	say_frame(&f, FIN | WEBSOCKET_PING, "hello", 5);
	expect_bytes(&f, "\x8a\x05hello", 7, false);
	say_frame(&f, FIN | WEBSOCKET_PING, "", 0);
	expect_bytes(&f, "\x8a\x00", 2, false);
	/* several at once: the newest is answered */
	client_frame(&b, FIN | WEBSOCKET_PING, "1", 1);
	client_frame(&b, FIN | WEBSOCKET_TEXT, "between", 7);
	client_frame(&b, FIN | WEBSOCKET_PING, "2", 1);
	say_all(&f, b.data, b.len);
	expect_heard(&f, "text 7 between\n");
	expect_bytes(&f, "\x8a\x01" "2", 3, false);
	buf_deinit(&b);
	end(&f);
}

static size_t fill_queue(struct fixture *f, struct bytes *frame)
{
	struct channel_piece piece = { frame, frame->data, frame->len };
	size_t sent = 0;
	int error;

	while ((error = channel_send(f->ch, &piece, 1)) == 0)
		sent++;
	assert_int_equal(error, POLLUX_TOO_BIG);
	return sent;
}

static struct bytes *large_frame(void)
{
	struct bytes *b = bytes_new(NULL, 10000);

	memset(b->data, 'f', b->len);
	return b;
}

/* A peer that pings and reads nothing: one pong waits, right behind the frame that is on its way. */
static void test_ping_flood(void **state)
{
	struct fixture f;
	struct bytes *frame = large_frame();
	struct buf b, got;
	size_t frames, pongs = 0, at = 0;

	(void)state;
	buf_init(&b, 10000000);
	buf_init(&got, 10000000);
	start(&f);
	open_with(&f, NULL, 0);
	frames = fill_queue(&f, frame);
	for (int i = 0; i < 50000; i++) {
		char text[6];

		snprintf(text, sizeof(text), "%05d", i);
		client_frame(&b, FIN | WEBSOCKET_PING, text, 5);
	}
	say_all(&f, b.data, b.len);
	assert_false(hear(&f, &got));
	assert_int_equal(got.len, frames * frame->len + 7);
	while (at < got.len) {
		if (got.data[at] == 'f') {
			at += frame->len;
			continue;
		}
		assert_memory_equal(got.data + at, "\x8a\x05" "49999", 7);
		assert_in_range(at, 0, got.len - 2 * frame->len);
		at += 7;
		pongs++;
	}
	assert_int_equal(pongs, 1);
	bytes_unref(frame);
	buf_deinit(&b);
	buf_deinit(&got);
	end(&f);
}

/* A frame that is half sent goes on first, the pong comes before the frames that have not begun. */
static void test_pong_behind_half_a_frame(void **state)
{
	struct bytes *first = bytes_new(NULL, 1000000), *second = bytes_new("second", 6);
	struct channel_piece pieces[2] = { { first, first->data, first->len }, { second, second->data, second->len } };
	struct fixture f;
	struct buf got;

	(void)state;
	memset(first->data, '1', first->len);
	buf_init(&got, 10000000);
	start(&f);
	open_with(&f, NULL, 0);
	assert_int_equal(channel_send(f.ch, pieces, 2), 0);
	say_frame(&f, FIN | WEBSOCKET_PING, "a", 1);
	say_frame(&f, FIN | WEBSOCKET_PING, "b", 1);
	assert_false(hear(&f, &got));
	assert_int_equal(got.len, first->len + 3 + second->len);
	assert_memory_equal(got.data, first->data, first->len);
	assert_memory_equal(got.data + first->len, "\x8a\x01" "bsecond", 9);
	bytes_unref(first);
	bytes_unref(second);
	buf_deinit(&got);
	end(&f);
}

/* ---- sending ---- */

static void test_slow_consumer(void **state)
{
	struct fixture f;
	struct bytes *frame = large_frame();
	struct buf got;
	size_t frames;

	(void)state;
	buf_init(&got, 10000000);
	start(&f);
	open_with(&f, NULL, 0);
	frames = fill_queue(&f, frame);
	/* those that wait are references, not copies; about as many as the limit allows */
	assert_in_range(frame->refs, MAX_QUEUED / 10000, MAX_QUEUED / 10000 + 2);
	assert_false(hear(&f, &got));
	assert_int_equal(got.len, frames * frame->len);
	assert_int_equal(frame->refs, 1);
	/* and it goes on */
	send_text(f.ch, "x", 1);
	expect_bytes(&f, "\x81\x01x", 3, false);
	expect_heard(&f, "");
	bytes_unref(frame);
	buf_deinit(&got);
	end(&f);
}

/* Closed for it: the close frame comes behind what is queued; a peer that never reads is dropped after a while, with all that waits. */
static void test_slow_consumer_is_closed(void **state)
{
	struct fixture f;
	struct bytes *frame = large_frame();

	(void)state;
	start(&f);
	open_with(&f, NULL, 0);
	fill_queue(&f, frame);
	channel_close(f.ch, 1013, "too slow");
	turn(&f, 3);
	assert_int_equal(f.conns.count, 1);
	pass_time(&f, CONN_CLOSE_PATIENCE_MS);
	assert_int_equal(f.conns.count, 0);
	assert_int_equal(frame->refs, 1);
	expect_heard(&f, "");
	bytes_unref(frame);
	end(&f);
}

/* More pieces than one writev takes, of which the socket takes a part: nothing is lost, doubled or out of order. */
static void test_many_pieces(void **state)
{
	enum { PIECES = 3000, EACH = 300 };
	static struct channel_piece pieces[PIECES];
	struct bytes *all = bytes_new(NULL, (size_t)PIECES * EACH);
	struct fixture f;
	struct buf got;

	(void)state;
	for (size_t i = 0; i < all->len; i++)
		all->data[i] = (char)(i * 7 + i / 256);
	for (size_t i = 0; i < PIECES; i++)
		pieces[i] = (struct channel_piece){ all, all->data + i * EACH, EACH };
	buf_init(&got, 10000000);
	start(&f);
	open_with(&f, NULL, 0);
	/* one call may hold more than the queue's limit */
	assert_int_equal(channel_send(f.ch, pieces, PIECES), 0);
	assert_false(hear(&f, &got));
	assert_int_equal(got.len, all->len);
	assert_memory_equal(got.data, all->data, all->len);
	assert_int_equal(all->refs, 1);
	bytes_unref(all);
	buf_deinit(&got);
	end(&f);
}

/* The end is told from the loop, once, never from inside a call. */
static void test_send_to_nobody(void **state)
{
	struct fixture f;
	struct bytes *frame = large_frame();
	struct channel_piece piece = { frame, frame->data, frame->len };

	(void)state;
	start(&f);
	open_with(&f, NULL, 0);
	close(f.peer);
	f.peer = -1;
	assert_int_equal(channel_send(f.ch, &piece, 1), POLLUX_GONE);
	assert_int_equal(channel_send(f.ch, &piece, 1), POLLUX_GONE);
	expect_heard(&f, "");
	turn(&f, 3);
	expect_heard(&f, "closed 1006\n");
	assert_int_equal(f.conns.count, 0);
	end(&f);
	/* found by the close itself */
	start(&f);
	open_with(&f, NULL, 0);
	close(f.peer);
	f.peer = -1;
	channel_close(f.ch, 1000, "");
	turn(&f, 3);
	expect_heard(&f, "");
	assert_int_equal(f.conns.count, 0);
	bytes_unref(frame);
	end(&f);
}

/* ---- closing ---- */

static void test_core_closes(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_with(&f, NULL, 0);
	send_text(f.ch, "last", 4);
	channel_close(f.ch, 1001, "restart");
	expect_bytes(&f, "\x81\x04last\x88\x09\x03\xe9restart", 17, false);
	/* what was on its way is not core's any more, a ping gets no answer */
	say_frame(&f, FIN | WEBSOCKET_TEXT, "late", 4);
	say_frame(&f, FIN | WEBSOCKET_PING, "late", 4);
	expect_heard(&f, "");
	assert_int_equal(f.conns.count, 1);
	say_frame(&f, FIN | WEBSOCKET_CLOSE, "\x03\xe9", 2);
	expect_bytes(&f, "", 0, true);
	expect_heard(&f, "");
	assert_int_equal(f.conns.count, 0);
	end(&f);
}

static void test_close_without_code(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_with(&f, NULL, 0);
	channel_close(f.ch, 0, "");
	expect_bytes(&f, "\x88\x00", 2, false);
	/* the peer just ends */
	close(f.peer);
	f.peer = -1;
	turn(&f, 3);
	assert_int_equal(f.conns.count, 0);
	end(&f);
	start(&f);
	open_with(&f, NULL, 0);
	say_frame(&f, FIN | WEBSOCKET_CLOSE, "", 0);
	expect_heard(&f, "closed 1005\n");
	expect_bytes(&f, "\x88\x00", 2, true);
	end(&f);
}

static void test_peer_closes(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_with(&f, NULL, 0);
	say_frame(&f, FIN | WEBSOCKET_CLOSE, "\x0f\xa1why", 5);
	expect_heard(&f, "closed 4001\n");
	expect_bytes(&f, "\x88\x02\x0f\xa1", 4, true);
	assert_int_equal(f.conns.count, 0);
	end(&f);
}

/* Those that wait longest go first, and each only when its time has come. */
static void test_peer_never_answers(void **state)
{
	struct fixture f, second = { .peer = -1 };

	(void)state;
	start(&f);
	open_with(&f, NULL, 0);
	open_in(&f.conns, &second, NULL, 0);
	channel_close(f.ch, 1000, "");
	pass_time(&f, CONN_CLOSE_PATIENCE_MS / 2);
	channel_close(second.ch, 1000, "");
	assert_int_equal(f.conns.count, 2);
	pass_time(&f, CONN_CLOSE_PATIENCE_MS / 2);
	assert_int_equal(f.conns.count, 1);
	assert_int_equal(hear(&f, &f.heard), true);
	pass_time(&f, CONN_CLOSE_PATIENCE_MS / 2);
	assert_int_equal(f.conns.count, 0);
	close(second.peer);
	end(&f);
}

static void test_close_from_within(void **state)
{
	struct fixture f;
	struct buf b;

	(void)state;
	/* in message: what follows in the same read is not told */
	buf_init(&b, 1000);
	client_frame(&b, FIN | WEBSOCKET_TEXT, "a", 1);
	client_frame(&b, FIN | WEBSOCKET_TEXT, "b", 1);
	start(&f);
	f.close_on_message = true;
	open_with(&f, NULL, 0);
	say_all(&f, b.data, b.len);
	expect_heard(&f, "text 1 a\n");
	expect_bytes(&f, "\x88\x08\x0f\xa0" "enough", 10, false);
	end(&f);
	/* in opened */
	start(&f);
	f.close_when_opened = true;
	open_with(&f, b.data, b.len);
	turn(&f, 3);
	expect_heard(&f, "");
	expect_bytes(&f, "\x88\x02\x03\xe8", 4, false);
	end(&f);
	buf_deinit(&b);
}

/* Core answers each message at once, a peer that reads late gets them all. */
static void test_echo(void **state)
{
	struct fixture f;
	struct buf b, got;
	size_t frames = 0;

	(void)state;
	buf_init(&b, 10000000);
	buf_init(&got, 10000000);
	for (int i = 0; i < 20000; i++)
		client_frame(&b, FIN | WEBSOCKET_TEXT, "echo", 4);
	start(&f);
	f.echo = true;
	open_with(&f, NULL, 0);
	say_all(&f, b.data, b.len);
	assert_false(hear(&f, &got));
	for (size_t at = 0; at < got.len; at += 6, frames++)
		assert_memory_equal(got.data + at, "\x81\x04" "echo", 6);
	assert_int_equal(frames, 20000);
	buf_deinit(&b);
	buf_deinit(&got);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_and_cut),
		cmocka_unit_test(test_behind_the_handshake),
		cmocka_unit_test(test_close_behind_the_handshake),
		cmocka_unit_test(test_fairness),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_broken_off),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_pings),
		cmocka_unit_test(test_ping_flood),
		cmocka_unit_test(test_pong_behind_half_a_frame),
		cmocka_unit_test(test_slow_consumer),
		cmocka_unit_test(test_slow_consumer_is_closed),
		cmocka_unit_test(test_many_pieces),
		cmocka_unit_test(test_send_to_nobody),
		cmocka_unit_test(test_core_closes),
		cmocka_unit_test(test_close_without_code),
		cmocka_unit_test(test_peer_closes),
		cmocka_unit_test(test_peer_never_answers),
		cmocka_unit_test(test_close_from_within),
		cmocka_unit_test(test_echo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
