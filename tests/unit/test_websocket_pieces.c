/* How websocket_read hands messages on: pieces, limits to the byte, what it leaves unread, what it does after the end. */
#include "config.h"
#include "tests/unit/check.h"

#include <string.h>

#include "proto/websocket.h"
#include "tests/unit/websocket_client.h"
#include "tests/unit/websocket_transcript.h"

#define CONT WEBSOCKET_CONTINUATION
#define TEXT WEBSOCKET_TEXT
#define BINARY WEBSOCKET_BINARY
#define PING WEBSOCKET_PING

static const struct websocket_limits roomy = { 1 << 20, 1000, false };

struct fixture {
	struct websocket_reader reader;
	struct websocket_event event;
	struct buf bytes;
	size_t at, used;
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	buf_init(&f.bytes, 1 << 20);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	buf_deinit(&f->bytes);
	return 0;
}

/* Reads on in at most n of the bytes that are left. */
static int read_some(struct fixture *f, size_t n)
{
	int result = websocket_read(&f->reader, &roomy, f->bytes.data + f->at, n, &f->used, &f->event);

	f->at += f->used;
	return result;
}

static void assert_piece(struct fixture *f, const char *text, bool first, bool last)
{
	assert_int_equal(f->event.len, strlen(text));
	assert_memory_equal(f->event.data, text, f->event.len);
	assert_int_equal(f->event.first, first);
	assert_int_equal(f->event.last, last);
}

static void test_reader_is_small(void **unused)
{
	(void)unused;
	assert_true(sizeof(struct websocket_reader) <= 64);
}

/* A message in one frame is one piece, where it lies, the next frame untouched behind it. */
static void test_whole_frame_is_one_piece(void **state)
{
	struct fixture *f = *state;

	client_frame(&f->bytes, FIN | TEXT, "Hello", 5);
	client_frame(&f->bytes, FIN | BINARY, "World", 5);
	assert_int_equal(read_some(f, 22), WEBSOCKET_PIECE);
	assert_piece(f, "Hello", true, true);
	assert_int_equal(f->event.opcode, TEXT);
	assert_ptr_equal(f->event.data, f->bytes.data + 6);
	assert_int_equal(f->used, 11);
	assert_int_equal(read_some(f, 11), WEBSOCKET_PIECE);
	assert_piece(f, "World", true, true);
	assert_int_equal(f->event.opcode, BINARY);
	assert_int_equal(read_some(f, 0), WEBSOCKET_NEED_MORE);
	assert_int_equal(f->used, 0);
}

/* A frame that comes in two reads is two pieces; neither is waited for. */
static void test_half_frame_is_a_piece(void **state)
{
	struct fixture *f = *state;

	client_frame(&f->bytes, FIN | TEXT, "Hello", 5);
	assert_int_equal(read_some(f, 9), WEBSOCKET_PIECE);
	assert_piece(f, "Hel", true, false);
	assert_int_equal(read_some(f, 0), WEBSOCKET_NEED_MORE);
	assert_int_equal(read_some(f, 2), WEBSOCKET_PIECE);
	assert_piece(f, "lo", false, true);
}

/* Empty pieces tell nothing but the end. */
static void test_empty_frames_are_skipped(void **state)
{
	struct fixture *f = *state;

	client_frame(&f->bytes, TEXT, "", 0);
	client_frame(&f->bytes, CONT, "", 0);
	client_frame(&f->bytes, CONT, "x", 1);
	client_frame(&f->bytes, FIN | CONT, "", 0);
	assert_int_equal(read_some(f, f->bytes.len), WEBSOCKET_PIECE);
	assert_piece(f, "x", true, false);
	assert_int_equal(f->used, 6 + 6 + 7);
	assert_int_equal(read_some(f, 6), WEBSOCKET_PIECE);
	assert_piece(f, "", false, true);
	assert_true(f->event.data != NULL);
}

/* A head alone is done with; its payload comes later. */
static void test_head_alone(void **state)
{
	struct fixture *f = *state;

	client_frame(&f->bytes, FIN | TEXT, "Hello", 5);
	assert_int_equal(read_some(f, 5), WEBSOCKET_NEED_MORE);
	assert_int_equal(f->used, 0);
	assert_int_equal(read_some(f, 6), WEBSOCKET_NEED_MORE);
	assert_int_equal(f->used, 6);
	assert_int_equal(read_some(f, 5), WEBSOCKET_PIECE);
	assert_piece(f, "Hello", true, true);
}

/* The longest rest there is, as it was sent. */
static void test_rest_is_left_as_sent(void **state)
{
	struct fixture *f = *state;
	char payload[125], sent[131];

	memset(payload, 'p', sizeof(payload));
	client_frame(&f->bytes, FIN | PING, payload, sizeof(payload));
	assert_int_equal(f->bytes.len, WEBSOCKET_REST_MAX + 1);
	memcpy(sent, f->bytes.data, sizeof(sent));
	assert_int_equal(read_some(f, WEBSOCKET_REST_MAX), WEBSOCKET_NEED_MORE);
	assert_int_equal(f->used, 0);
	assert_memory_equal(f->bytes.data, sent, sizeof(sent));
	assert_int_equal(read_some(f, WEBSOCKET_REST_MAX + 1), PING);
	assert_int_equal(f->event.len, 125);
	assert_memory_equal(f->event.data, payload, 125);
}

static void assert_skips(struct fixture *f)
{
	client_frame(&f->bytes, FIN | TEXT, "late", 4);
	assert_int_equal(read_some(f, f->bytes.len - f->at), WEBSOCKET_NEED_MORE);
	assert_int_equal(f->at, f->bytes.len);
	assert_int_equal(read_some(f, 0), WEBSOCKET_NEED_MORE);
}

static void test_skips_after_close(void **state)
{
	struct fixture *f = *state;

	client_close(&f->bytes, 1000, "bye");
	client_frame(&f->bytes, 0xff, "nonsense", 8);
	assert_int_equal(read_some(f, f->bytes.len), WEBSOCKET_CLOSE);
	assert_int_equal(f->event.code, 1000);
	assert_int_equal(f->event.len, 3);
	assert_memory_equal(f->event.data, "bye", 3);
	assert_skips(f);
}

static void test_skips_after_error(void **state)
{
	struct fixture *f = *state;

	client_frame(&f->bytes, FIN | CONT, "x", 1);
	assert_int_equal(read_some(f, 1), WEBSOCKET_ERROR);
	assert_int_equal(f->event.code, 1002);
	assert_skips(f);
}

static void assert_limited(const struct websocket_limits *limits, struct buf *bytes, const char *text)
{
	assert_true(transcript_is(limits, bytes, text, NULL));
	buf_clear(bytes);
}

static void test_message_limit(void **state)
{
	struct fixture *f = *state;
	struct websocket_limits five = { 5, 10, false }, none = { 0, 10, false };

	client_frame(&f->bytes, FIN | TEXT, "Hello", 5);
	client_frame(&f->bytes, FIN | TEXT, "again", 5);
	assert_limited(&five, &f->bytes, "text Hello\ntext again\n");
	client_frame(&f->bytes, FIN | TEXT, "Hello!", 6);
	assert_limited(&five, &f->bytes, "error 1009\n");
	client_frame(&f->bytes, TEXT, "Hel", 3);
	client_frame(&f->bytes, FIN | CONT, "lo", 2);
	assert_limited(&five, &f->bytes, "text Hello\n");
	client_frame(&f->bytes, TEXT, "Hel", 3);
	client_frame(&f->bytes, FIN | CONT, "lo!", 3);
	assert_limited(&five, &f->bytes, "error 1009\n");
	/* control frames are no part of the message */
	client_frame(&f->bytes, TEXT, "Hel", 3);
	client_frame(&f->bytes, FIN | PING, "long ping", 9);
	client_frame(&f->bytes, FIN | CONT, "lo", 2);
	assert_limited(&five, &f->bytes, "ping long ping\ntext Hello\n");
	client_frame(&f->bytes, FIN | TEXT, "", 0);
	client_frame(&f->bytes, FIN | TEXT, "x", 1);
	assert_limited(&none, &f->bytes, "text\nerror 1009\n");
}

/* The announcement is enough: neither the mask nor a byte of payload has come. */
static void test_message_limit_needs_the_length_only(void **state)
{
	struct fixture *f = *state;
	struct websocket_limits limits = { 70000, 10, false };

	client_head(&f->bytes, FIN | BINARY, 8, 70001);
	f->bytes.len -= 4;
	assert_limited(&limits, &f->bytes, "error 1009\n");
	client_head(&f->bytes, FIN | BINARY, 8, 70000);
	assert_limited(&limits, &f->bytes, "");
	client_frame(&f->bytes, TEXT, "x", 1);
	client_head(&f->bytes, FIN | CONT, 8, 70000);
	assert_limited(&limits, &f->bytes, "error 1009\n");
}

/* Sums that would wrap around do not. */
static void test_message_limit_at_its_largest(void **state)
{
	struct fixture *f = *state;
	struct websocket_limits limits = { UINT64_MAX, 10, false }, half = { INT64_MAX, 10, false };

	client_frame(&f->bytes, BINARY, "x", 1);
	client_head(&f->bytes, CONT, 8, INT64_MAX);
	assert_limited(&limits, &f->bytes, "");
	client_frame(&f->bytes, BINARY, "x", 1);
	client_head(&f->bytes, FIN | CONT, 8, INT64_MAX);
	assert_limited(&half, &f->bytes, "error 1009\n");
	client_frame(&f->bytes, BINARY, "", 0);
	client_head(&f->bytes, FIN | CONT, 8, INT64_MAX);
	assert_limited(&half, &f->bytes, "");
}

/* A limit that was lowered in the middle of a message. */
static void test_message_limit_lowered(void **state)
{
	struct fixture *f = *state;
	struct websocket_limits low = { 3, 10, false };

	client_frame(&f->bytes, TEXT, "Hello", 5);
	assert_int_equal(read_some(f, f->bytes.len), WEBSOCKET_PIECE);
	client_frame(&f->bytes, FIN | CONT, "x", 1);
	assert_int_equal(websocket_read(&f->reader, &low, f->bytes.data + f->at, 7, &f->used, &f->event), WEBSOCKET_ERROR);
	assert_int_equal(f->event.code, 1009);
}

static void test_fragment_limit(void **state)
{
	struct fixture *f = *state;
	struct websocket_limits two = { 100, 2, false }, one = { 100, 1, false };

	client_frame(&f->bytes, TEXT, "a", 1);
	client_frame(&f->bytes, FIN | PING, "", 0);
	client_frame(&f->bytes, FIN | CONT, "b", 1);
	client_frame(&f->bytes, TEXT, "c", 1);
	client_frame(&f->bytes, FIN | CONT, "d", 1);
	assert_limited(&two, &f->bytes, "ping\ntext ab\ntext cd\n");
	client_frame(&f->bytes, TEXT, "a", 1);
	client_frame(&f->bytes, CONT, "b", 1);
	client_frame(&f->bytes, FIN | CONT, "c", 1);
	assert_limited(&two, &f->bytes, "error 1008\n");
	client_frame(&f->bytes, TEXT, "", 0);
	client_frame(&f->bytes, CONT, "", 0);
	client_frame(&f->bytes, CONT, "", 0);
	assert_limited(&two, &f->bytes, "error 1008\n");
	client_frame(&f->bytes, FIN | TEXT, "a", 1);
	client_frame(&f->bytes, TEXT, "b", 1);
	client_frame(&f->bytes, FIN | CONT, "", 0);
	assert_limited(&one, &f->bytes, "text a\nerror 1008\n");
}

/* With an extension agreed on, RSV1 may mark a message, at its first frame; the text in it is not looked at. */
static void test_rsv1(void **state)
{
	struct fixture *f = *state;
	struct websocket_limits compressed = { 100, 10, true };

	client_frame(&f->bytes, FIN | WEBSOCKET_RSV1 | TEXT, "\xff\x00", 2);
	client_frame(&f->bytes, WEBSOCKET_RSV1 | TEXT, "\xe2", 1);
	client_frame(&f->bytes, FIN | CONT, "", 0);
	client_frame(&f->bytes, FIN | TEXT, "\xff", 1);
	assert_limited(&compressed, &f->bytes, "rsv1 text \\xff\\x00\nrsv1 text \\xe2\nerror 1007\n");
	client_frame(&f->bytes, FIN | WEBSOCKET_RSV1 | BINARY, "x", 1);
	client_frame(&f->bytes, BINARY, "y", 1);
	client_frame(&f->bytes, FIN | WEBSOCKET_RSV1 | CONT, "z", 1);
	assert_limited(&compressed, &f->bytes, "rsv1 binary x\nerror 1002\n");
	client_frame(&f->bytes, FIN | WEBSOCKET_RSV1 | PING, "x", 1);
	assert_limited(&compressed, &f->bytes, "error 1002\n");
	client_frame(&f->bytes, FIN | 0x20 | WEBSOCKET_RSV1 | TEXT, "x", 1);
	assert_limited(&compressed, &f->bytes, "error 1002\n");
}

/* Text of characters of three bytes, then a full stop, in one message of frames of this size. */
static void put_fragments(struct buf *wire, size_t total, size_t size)
{
	char payload[64];
	size_t at, i;

	for (at = 0; at < total; at += size) {
		for (i = 0; i < size; i++)
			payload[i] = at + i == total - 1 ? '.' : "\xe2\x82\xac"[(at + i) % 3];
		client_frame(wire, (at == 0 ? TEXT : CONT) | (at + size == total ? FIN : 0), payload, size);
	}
}

/* 16 MB of text in frames of 64 bytes, 4,000 bytes a read, within limits that just allow it: frames and reads cut characters everywhere. */
static void test_many_fragments(void **unused)
{
	enum { SIZE = 64, TOTAL = 16 << 20, STEP = 4000 };
	struct websocket_limits limits = { TOTAL, TOTAL / SIZE, false };
	struct transcript t;
	struct buf wire;
	size_t at;

	(void)unused;
	_Static_assert(TOTAL % 3 == 1, "the full stop stands behind a whole character");
	buf_init(&wire, 32 << 20);
	put_fragments(&wire, TOTAL, SIZE);
	transcript_init(&t, &limits);
	for (at = 0; at < wire.len; at += STEP)
		transcript_read(&t, wire.data + at, wire.len - at < STEP ? wire.len - at : STEP);
	/* \xe2\x82\xac of every three bytes, and one more */
	assert_int_equal(t.text.len, strlen("text .\n") + (TOTAL - 1) * strlen("\\xff"));
	assert_memory_equal(t.text.data, "text \\xe2\\x82\\xac", 17);
	transcript_deinit(&t);
	buf_deinit(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_is_small),
		cmocka_unit_test_setup_teardown(test_whole_frame_is_one_piece, setup, teardown),
		cmocka_unit_test_setup_teardown(test_half_frame_is_a_piece, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_frames_are_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_head_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rest_is_left_as_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_skips_after_close, setup, teardown),
		cmocka_unit_test_setup_teardown(test_skips_after_error, setup, teardown),
		cmocka_unit_test_setup_teardown(test_message_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_message_limit_needs_the_length_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_message_limit_at_its_largest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_message_limit_lowered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fragment_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rsv1, setup, teardown),
		cmocka_unit_test(test_many_fragments),
	};

	return cmocka_run_group_tests_name("websocket_pieces", tests, NULL, NULL);
}
