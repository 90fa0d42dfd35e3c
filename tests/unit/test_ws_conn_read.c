/* What a WebSocket connection reads: frames whole and cut, what is wrong with them, pings. */
#include "config.h"
#include "tests/unit/ws_conn_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "proto/websocket.h"
#include "tests/unit/websocket_client.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
