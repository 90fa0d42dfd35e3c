/* Writing frames: every form of length to the byte, close frames; what is written is read again. */
#include "config.h"
#include "tests/unit/check.h"

#include <string.h>

#include "proto/utf8.h"
#include "proto/websocket.h"
#include "tests/unit/guard.h"

struct row {
	int opcode;
	bool fin;
	uint64_t len;
	const char *head;
	size_t size;
};

static const struct row rows[] = {
	{ WEBSOCKET_TEXT, true, 0, LIT("\x81\x00") },
	{ WEBSOCKET_TEXT, true, 5, LIT("\x81\x05") },
	{ WEBSOCKET_TEXT, false, 3, LIT("\x01\x03") },
	{ WEBSOCKET_CONTINUATION, true, 2, LIT("\x80\x02") },
	{ WEBSOCKET_BINARY, true, 125, LIT("\x82\x7d") },
	{ WEBSOCKET_BINARY, true, 126, LIT("\x82\x7e\x00\x7e") },
	{ WEBSOCKET_BINARY, true, 256, LIT("\x82\x7e\x01\x00") },
	{ WEBSOCKET_BINARY, true, 65535, LIT("\x82\x7e\xff\xff") },
	{ WEBSOCKET_BINARY, true, 65536, LIT("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00") },
	{ WEBSOCKET_BINARY, true, INT64_MAX, LIT("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff") },
	{ WEBSOCKET_PING, true, 125, LIT("\x89\x7d") },
	{ WEBSOCKET_PONG, true, 0, LIT("\x8a\x00") },
	{ WEBSOCKET_TEXT | WEBSOCKET_RSV1, true, 1, LIT("\xc1\x01") },
	{ WEBSOCKET_BINARY | WEBSOCKET_RSV1, false, 1, LIT("\x42\x01") },
};

static void test_heads(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		/* no byte is written behind the head */
		char *out = guard_put(rows[i].head, rows[i].size);

		memset(out, 0, rows[i].size);
		assert_int_equal(websocket_frame_header(out, rows[i].opcode, rows[i].fin, rows[i].len), rows[i].size);
		assert_memory_equal(out, rows[i].head, rows[i].size);
	}
}

/* Reads a server's frame as if a client had sent it: with the mask bit and a mask that changes nothing. */
static int read_back(const char *frame, size_t head, size_t len, struct websocket_event *e)
{
	static const struct websocket_limits limits = { 1 << 20, 10, true };
	static char wire[WEBSOCKET_HEADER_MAX + 4 + 70000];
	struct websocket_reader r = { 0 };
	size_t used;
	int result;

	memcpy(wire, frame, head);
	wire[1] |= (char)0x80;
	memset(wire + head, 0, 4);
	memcpy(wire + head + 4, frame + head, len);
	result = websocket_read(&r, &limits, wire, head + 4 + len, &used, e);
	assert_int_equal(used, head + 4 + len);
	return result;
}

static void test_round_trips(void **unused)
{
	static const size_t lengths[] = { 0, 1, 125, 126, 127, 128, 255, 256, 65535, 65536, 65537, 70000 };
	static char frame[WEBSOCKET_HEADER_MAX + 70000];
	struct websocket_event e;
	size_t i, head;
	int opcode;

	(void)unused;
	for (i = 0; i < COUNT(lengths); i++) {
		opcode = i % 2 ? WEBSOCKET_TEXT : WEBSOCKET_BINARY;
		head = websocket_frame_header(frame, opcode | (i % 3 ? 0 : WEBSOCKET_RSV1), true, lengths[i]);
		memset(frame + head, 'a' + (int)i, lengths[i]);
		assert_int_equal(read_back(frame, head, lengths[i], &e), WEBSOCKET_PIECE);
		assert_int_equal(e.opcode, opcode);
		assert_int_equal(e.len, lengths[i]);
		assert_int_equal(e.rsv1, i % 3 == 0);
		assert_true(e.first && e.last);
		assert_memory_equal(e.data, frame + head, lengths[i]);
	}
}

static void test_close_frames(void **unused)
{
	char out[WEBSOCKET_CONTROL_MAX];

	(void)unused;
	assert_int_equal(websocket_close_frame(out, 1000, NULL, 0), 4);
	assert_memory_equal(out, "\x88\x02\x03\xe8", 4);
	assert_int_equal(websocket_close_frame(out, 1001, "bye", 3), 7);
	assert_memory_equal(out, "\x88\x05\x03\xe9" "bye", 7);
	assert_int_equal(websocket_close_frame(out, 4999, "", 0), 4);
	assert_memory_equal(out, "\x88\x02\x13\x87", 4);
}

/* What may not stand on the wire does not. */
static void test_close_codes_that_are_not_sent(void **unused)
{
	static const unsigned codes[] = { 0, 1, 999, 1004, WEBSOCKET_NO_CODE, WEBSOCKET_ABNORMAL, 1015, 2999, 5000, 66536 };
	char out[WEBSOCKET_CONTROL_MAX];
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(codes); i++) {
		assert_int_equal(websocket_close_frame(out, codes[i], "why", 3), 2);
		assert_memory_equal(out, "\x88\x00", 2);
	}
}

/* A reason too long is cut between characters, wherever the limit falls in one. */
static void test_reason_is_cut(void **unused)
{
	char reason[200], out[WEBSOCKET_CONTROL_MAX];
	struct websocket_event e;
	size_t lead, i, size;

	(void)unused;
	for (lead = 0; lead < 4; lead++) {
		memset(reason, 'a', sizeof(reason));
		for (i = lead; i + 4 <= sizeof(reason); i += 4)
			memcpy(reason + i, "\xf0\x9f\x98\x80", 4);
		size = websocket_close_frame(out, 1000, reason, sizeof(reason));
		assert_int_equal(read_back(out, 2, size - 2, &e), WEBSOCKET_CLOSE);
		assert_int_equal(e.code, 1000);
		assert_int_equal(e.len, lead + (123 - lead) / 4 * 4);
		assert_memory_equal(e.data, reason, e.len);
		assert_true(utf8_valid(e.data, e.len));
	}
}

static void test_reason_limit(void **unused)
{
	char reason[125], out[WEBSOCKET_CONTROL_MAX];
	size_t len;

	(void)unused;
	memset(reason, 'a', sizeof(reason));
	for (len = 122; len <= 125; len++)
		assert_int_equal(websocket_close_frame(out, 1000, guard_put(reason, len), len), 4 + (len < 123 ? len : 123));
	/* no UTF-8 at all: nothing of it is sent */
	memset(reason, 0x80, sizeof(reason));
	assert_int_equal(websocket_close_frame(out, 1000, reason, 124), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_close_frames),
		cmocka_unit_test(test_close_codes_that_are_not_sent),
		cmocka_unit_test(test_reason_is_cut),
		cmocka_unit_test(test_reason_limit),
	};

	return cmocka_run_group_tests_name("websocket_write", tests, NULL, NULL);
}
