/* What a server makes of a client's frames (RFC 6455 sections 5 and 7): each row whole, byte by byte and cut at every place. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "proto/websocket.h"
#include "tests/unit/websocket_client.h"
#include "tests/unit/websocket_transcript.h"

#define CONT 0
#define TEXT 1
#define BINARY 2
#define CLOSE 8
#define PING 9
#define PONG 10
#define RSV1 0x40
#define RSV2 0x20
#define RSV3 0x10
#define MAX_FRAMES 6

static const struct websocket_limits roomy = { 1 << 20, 1000, false };

struct frame {
	int first;
	const char *payload;           /* NULL ends the row */
	size_t len;
};

struct row {
	struct frame frames[MAX_FRAMES];
	const char *text;
	const char *why;
};

static const struct row rows[] = {
	/* 5.6: data frames */
	{ { { FIN | TEXT, LIT("Hello") } }, "text Hello\n", NULL },
	{ { { FIN | TEXT, LIT("") } }, "text\n", NULL },
	{ { { FIN | BINARY, LIT("") } }, "binary\n", NULL },
	{ { { FIN | BINARY, LIT("\0\xff\xfe") } }, "binary \\x00\\xff\\xfe\n", NULL },
	{ { { FIN | TEXT, LIT("a") }, { FIN | BINARY, LIT("b") }, { FIN | TEXT, LIT("c") } }, "text a\nbinary b\ntext c\n", NULL },
	/* 5.4: fragments, empty ones too, and control frames between them */
	{ { { TEXT, LIT("Hel") }, { FIN | CONT, LIT("lo") } }, "text Hello\n", NULL },
	{ { { BINARY, LIT("a") }, { CONT, LIT("b") }, { FIN | CONT, LIT("c") } }, "binary abc\n", NULL },
	{ { { TEXT, LIT("") }, { CONT, LIT("") }, { FIN | CONT, LIT("") } }, "text\n", NULL },
	{ { { TEXT, LIT("") }, { CONT, LIT("a") }, { CONT, LIT("") }, { FIN | CONT, LIT("") }, { FIN | TEXT, LIT("b") } },
		"text a\ntext b\n", NULL },
	{ { { TEXT, LIT("Hel") }, { FIN | PING, LIT("p") }, { FIN | PONG, LIT("") }, { FIN | CONT, LIT("lo") } },
		"ping p\npong\ntext Hello\n", NULL },
	{ { { TEXT, LIT("Hel") }, { FIN | CLOSE, LIT("\x03\xe8") }, { FIN | CONT, LIT("lo") } }, "close 1000\n", NULL },
	{ { { FIN | CONT, LIT("x") } }, "error 1002\n", "continuation of no message" },
	{ { { CONT, LIT("x") } }, "error 1002\n", "continuation of no message" },
	{ { { FIN | TEXT, LIT("x") }, { FIN | CONT, LIT("y") } }, "text x\nerror 1002\n", "continuation of no message" },
	{ { { TEXT, LIT("x") }, { FIN | PING, LIT("") }, { FIN | CONT, LIT("y") }, { FIN | CONT, LIT("z") } },
		"ping\ntext xy\nerror 1002\n", "continuation of no message" },
	{ { { TEXT, LIT("x") }, { FIN | TEXT, LIT("y") } }, "error 1002\n", "message inside a message" },
	{ { { TEXT, LIT("x") }, { BINARY, LIT("y") } }, "error 1002\n", "message inside a message" },
	{ { { BINARY, LIT("") }, { FIN | BINARY, LIT("y") } }, "error 1002\n", "message inside a message" },
	/* 5.5.2, 5.5.3 */
	{ { { FIN | PING, LIT("") } }, "ping\n", NULL },
	{ { { FIN | PING, LIT("\xff\0") } }, "ping \\xff\\x00\n", NULL },
	{ { { FIN | PONG, LIT("unasked") } }, "pong unasked\n", NULL },
	{ { { PING, LIT("x") }, { FIN | CONT, LIT("x") } }, "error 1002\n", "control frame in fragments" },
	{ { { PONG, LIT("x") } }, "error 1002\n", "control frame in fragments" },
	{ { { CLOSE, LIT("\x03\xe8") } }, "error 1002\n", "control frame in fragments" },
	/* 5.2: reserved bits and opcodes */
	{ { { FIN | RSV1 | TEXT, LIT("x") } }, "error 1002\n", "reserved bit set" },
	{ { { FIN | RSV2 | TEXT, LIT("x") } }, "error 1002\n", "reserved bit set" },
	{ { { FIN | RSV3 | BINARY, LIT("x") } }, "error 1002\n", "reserved bit set" },
	{ { { FIN | RSV1 | PING, LIT("x") } }, "error 1002\n", "reserved bit set" },
	{ { { FIN | RSV1 | CLOSE, LIT("") } }, "error 1002\n", "reserved bit set" },
	{ { { TEXT, LIT("x") }, { FIN | RSV1 | CONT, LIT("y") } }, "error 1002\n", "reserved bit set" },
	{ { { FIN | TEXT, LIT("x") }, { FIN | RSV2 | RSV3 | PONG, LIT("y") } }, "text x\nerror 1002\n", "reserved bit set" },
	/* 5.5.1, 7.1.5, 7.1.6: after a close nothing is read */
	{ { { FIN | CLOSE, LIT("") }, { FIN | TEXT, LIT("late") } }, "close 1005\n", NULL },
	{ { { FIN | CLOSE, LIT("\x03\xe8" "bye") }, { FIN | CLOSE, LIT("") } }, "close 1000 bye\n", NULL },
	{ { { FIN | CLOSE, LIT("\x03\xe8\xe2\x82\xac") } }, "close 1000 \\xe2\\x82\\xac\n", NULL },
	{ { { FIN | CLOSE, LIT("\x03") }, { FIN | TEXT, LIT("late") } }, "error 1002\n", "close code cut short" },
	{ { { FIN | CLOSE, LIT("\x03\xe8\xff") } }, "error 1007\n", "close reason is no UTF-8" },
	{ { { FIN | CLOSE, LIT("\x03\xe8\xe2\x82") } }, "error 1007\n", "close reason is no UTF-8" },
	{ { { FIN | CLOSE, LIT("\x03\xed\xff") } }, "error 1002\n", "close code not allowed" },
	/* 8.1: text */
	{ { { FIN | TEXT, LIT("\xe2\x82\xac \xf0\x9f\x98\x80") } }, "text \\xe2\\x82\\xac \\xf0\\x9f\\x98\\x80\n", NULL },
	{ { { TEXT, LIT("\xf0") }, { CONT, LIT("\x9f") }, { CONT, LIT("\x98") }, { FIN | CONT, LIT("\x80") } },
		"text \\xf0\\x9f\\x98\\x80\n", NULL },
	{ { { TEXT, LIT("\xe2\x82") }, { CONT, LIT("") }, { FIN | PING, LIT("\xff") }, { FIN | CONT, LIT("\xac") } },
		"ping \\xff\ntext \\xe2\\x82\\xac\n", NULL },
	{ { { FIN | TEXT, LIT("a\xff") } }, "error 1007\n", "text is no UTF-8" },
	{ { { FIN | TEXT, LIT("\xed\xa0\x80") } }, "error 1007\n", "text is no UTF-8" },
	{ { { FIN | TEXT, LIT("\xc0\xaf") } }, "error 1007\n", "text is no UTF-8" },
	{ { { FIN | TEXT, LIT("\xf4\x90\x80\x80") } }, "error 1007\n", "text is no UTF-8" },
	{ { { FIN | TEXT, LIT("a\xe2\x82") } }, "error 1007\n", "text ends inside a character" },
	{ { { TEXT, LIT("a\xe2") }, { FIN | CONT, LIT("") } }, "error 1007\n", "text ends inside a character" },
	{ { { TEXT, LIT("a\xe2") }, { FIN | CONT, LIT("b") } }, "error 1007\n", "text is no UTF-8" },
	{ { { TEXT, LIT("\xce\xba\xe1") }, { CONT, LIT("\xbd\xb9\xcf\x83\xf4\x90") }, { FIN | CONT, LIT("\x80\x80") } },
		"error 1007\n", "text is no UTF-8" },
	{ { { FIN | TEXT, LIT("ok") }, { FIN | TEXT, LIT("\x80") } }, "text ok\nerror 1007\n", "text is no UTF-8" },
	{ { { FIN | BINARY, LIT("\xff\x80") }, { FIN | TEXT, LIT("ok") } }, "binary \\xff\\x80\ntext ok\n", NULL },
	{ { { BINARY, LIT("\xe2") }, { FIN | CONT, LIT("") }, { FIN | TEXT, LIT("ok") } }, "binary \\xe2\ntext ok\n", NULL },
	/* a character's state does not outlive its message */
	{ { { FIN | BINARY, LIT("\xe2\x82") }, { FIN | TEXT, LIT("\xac") } }, "binary \\xe2\\x82\nerror 1007\n", "text is no UTF-8" },
};

static void test_rows(void **unused)
{
	size_t i, k;

	(void)unused;
	for (i = 0; i < COUNT(rows); i++) {
		struct buf bytes;

		buf_init(&bytes, 4096);
		for (k = 0; k < MAX_FRAMES && rows[i].frames[k].payload; k++)
			client_frame(&bytes, rows[i].frames[k].first, rows[i].frames[k].payload, rows[i].frames[k].len);
		assert_true(transcript_is(&roomy, &bytes, rows[i].text, rows[i].why));
		buf_deinit(&bytes);
	}
}

struct raw {
	const char *bytes;
	size_t len;
	const char *text;
	const char *why;
};

/* Heads, most of them cut off: what is wrong is told at the first byte that shows it. */
static const struct raw raws[] = {
	{ LIT("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "text Hello\n", NULL },     /* 5.7 */
	{ LIT("\x01\x83\x37\xfa\x21\x3d\x7f\x9f\x4d\x80\x82\x37\xfa\x21\x3d\x5b\x95"), "text Hello\n", NULL },
	{ LIT("\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "ping Hello\n", NULL },
	{ LIT(""), "", NULL },
	{ LIT("\x81"), "", NULL },
	{ LIT("\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00"), "", NULL },
	{ LIT("\x89\x82\x37\xfa\x21\x3d\x7f"), "", NULL },
	{ LIT("\x81\x82\x00\x00\x00\x00\xe2\x82"), "error 1007\n", "text ends inside a character" },
	{ LIT("\x81\x85\x00\x00\x00\x00\xff"), "error 1007\n", "text is no UTF-8" },
	{ LIT("\x01\x85\x00\x00\x00\x00" "ab\xc3\x28"), "error 1007\n", "text is no UTF-8" },
	{ LIT("\x91"), "error 1002\n", "reserved bit set" },
	{ LIT("\x80"), "error 1002\n", "continuation of no message" },
	{ LIT("\x09"), "error 1002\n", "control frame in fragments" },
	{ LIT("\x81\x05"), "error 1002\n", "frame without mask" },
	{ LIT("\x81\x05Hello"), "error 1002\n", "frame without mask" },
	{ LIT("\x81\x00"), "error 1002\n", "frame without mask" },
	{ LIT("\x88\x00"), "error 1002\n", "frame without mask" },
	{ LIT("\x89\x7e"), "error 1002\n", "frame without mask" },
	{ LIT("\x89\xfe"), "error 1002\n", "control frame over 125 bytes" },
	{ LIT("\x8a\xff"), "error 1002\n", "control frame over 125 bytes" },
	{ LIT("\x88\xfe\x00\x7e"), "error 1002\n", "control frame over 125 bytes" },
	{ LIT("\x81\xfe\x00\x7d"), "error 1002\n", "length not in its shortest form" },
	{ LIT("\x81\xfe\x00\x00"), "error 1002\n", "length not in its shortest form" },
	{ LIT("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff"), "error 1002\n", "length not in its shortest form" },
	{ LIT("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x01"), "error 1002\n", "length not in its shortest form" },
	{ LIT("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00"), "error 1002\n", "length over 63 bits" },
	{ LIT("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "error 1002\n", "length over 63 bits" },
	{ LIT("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"), "error 1009\n", "message too big" },
};

static void test_raw(void **unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(raws); i++) {
		struct buf bytes;

		buf_init(&bytes, 4096);
		buf_add(&bytes, raws[i].bytes, raws[i].len);
		assert_true(transcript_is(&roomy, &bytes, raws[i].text, raws[i].why));
		buf_deinit(&bytes);
	}
}

/* 5.2: opcodes 3 to 7 and 11 to 15 mean nothing. */
static void test_every_opcode(void **unused)
{
	int opcode;

	(void)unused;
	for (opcode = 0; opcode < 16; opcode++) {
		struct buf bytes;
		bool known = opcode == TEXT || opcode == BINARY || (opcode >= CLOSE && opcode <= PONG);

		buf_init(&bytes, 64);
		buf_add_char(&bytes, (char)(FIN | opcode));
		assert_true(transcript_is(&roomy, &bytes, known ? "" : "error 1002\n", opcode > 2 && !known ? "unknown opcode" : NULL));
		buf_deinit(&bytes);
	}
}

/* 7.4.1, 7.4.2 */
static void test_every_close_code(void **unused)
{
	unsigned code;

	(void)unused;
	for (code = 0; code <= 0xffff; code++) {
		bool ok = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
		struct transcript t;
		struct buf bytes;
		char text[32];

		buf_init(&bytes, 64);
		client_close(&bytes, code, "x");
		transcript_init(&t, &roomy);
		transcript_read(&t, bytes.data, bytes.len);
		snprintf(text, sizeof(text), ok ? "close %u x\n" : "error 1002\n", code);
		assert_string_equal(transcript_text(&t), text);
		assert_int_equal(websocket_code_valid(code), ok);
		transcript_deinit(&t);
		buf_deinit(&bytes);
	}
}

/* All forms of length, and every length of a control frame: the same bytes come back, however cut. */
static void test_lengths(void **unused)
{
	static const size_t lengths[] = { 1, 7, 8, 9, 124, 125, 126, 127, 128, 255, 256, 1000 };
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(lengths); i++) {
		struct buf bytes, text;
		char payload[1000];

		buf_init(&bytes, 4096);
		buf_init(&text, 4096);
		memset(payload, 'a', lengths[i]);
		payload[lengths[i] - 1] = 'z';
		client_frame(&bytes, FIN | BINARY, payload, lengths[i]);
		buf_addf(&text, "binary %.*s\n", (int)lengths[i], payload);
		if (lengths[i] <= 125) {
			client_frame(&bytes, FIN | PING, payload, lengths[i]);
			buf_addf(&text, "ping %.*s\n", (int)lengths[i], payload);
		}
		assert_true(transcript_is(&roomy, &bytes, text.data, NULL));
		buf_deinit(&bytes);
		buf_deinit(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_every_opcode),
		cmocka_unit_test(test_every_close_code),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests_name("websocket_read", tests, NULL, NULL);
}
