/* What a WebSocket connection sends, slow peers, and how it closes. */
#include "config.h"
#include "tests/unit/ws_conn_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "proto/websocket.h"
#include "tests/unit/websocket_client.h"

static size_t fill_queue(struct fixture *f, struct bytes *frame)
{
	struct channel_piece piece = { frame, frame->data, frame->len };
	size_t sent = 0;
	int error;

	assert_true(channel_is_idle(f->ch));
	while ((error = channel_send(f->ch, &piece, 1)) == 0)
		sent++;
	assert_int_equal(error, POLLUX_TOO_BIG);
	assert_false(channel_is_idle(f->ch));
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
