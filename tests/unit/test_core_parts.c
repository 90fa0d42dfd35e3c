/* Core's parts one by one: rows and their wire forms, and the small ones. */
#include "config.h"
#include "tests/unit/check.h"

#include <string.h>
#include "core/compress.h"
#include "core/frames.h"
#include "core/input.h"
#include "core/row.h"
#include "core/settings.h"
#include "core/throttle.h"
#include "tests/unit/db_fixture.h"

/* --- rows --- */

static void test_wire_forms(void **state)
{
	static const struct {
		enum log_kind kind;
		const char *nsp, *packet;
		const char *packed;
		size_t packed_len;
		const char *wire;
	} rows[] = {
		{ LOG_EVENT, "/", "[\"x\",1]", NULL, 0, "42[\"x\",1]" },
		{ LOG_EVENT, "/admin", "[\"x\"]", NULL, 0, "42/admin,[\"x\"]" },
		{ LOG_DIRECT, "/", "[\"x\"]", NULL, 0, "42[\"x\"]" },
		{ LOG_VOLATILE, "/", "[\"x\"]", NULL, 0, "42[\"x\"]" },
		{ LOG_EVENT, "/", "[\"x\",{}]", LIT("\0\0\0\2ab"), "451-[\"x\",{}]\x1e" "bYWI=" },
		{ LOG_EVENT, "/a", "[\"x\",{}]", LIT("\0\0\0\0\0\0\0\1c"), "452-/a,[\"x\",{}]\x1e" "b\x1e" "bYw==" },
		{ LOG_REPLY, "", "431[\"ok\"]", NULL, 0, "4431[\"ok\"]" },
		{ LOG_REPLY, "", "61-1[{}]", LIT("\0\0\0\2ab"), "461-1[{}]\x1e" "bYWI=" },
		{ LOG_REPLY, "", NULL, LIT("\0\0\0\2ab"), "bYWI=" },
		{ LOG_REPLY, "", "", NULL, 0, "4" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct log_row from = { .kind = rows[i].kind, .seq = 1, .nsp = text(rows[i].nsp), .packet = text(rows[i].packet),
					.attachments = { rows[i].packed, rows[i].packed_len } };
		struct row *r = row_new(&from, true, NULL);
		const struct bytes *wire = row_polling(r);

		assert_int_equal(r->kind, rows[i].kind);
		assert_string_equal(wire->data, rows[i].wire);
		assert_int_equal(wire->len, strlen(rows[i].wire));
		assert_ptr_equal(row_polling(r), wire);   /* once for all */
		row_unref(row_ref(r));
		row_unref(r);
	}
	row_unref(NULL);
}

/* The position is the last argument of what is an event and asks for no acknowledgement; plain WebSockets have none. */
static void test_positions(void **state)
{
	static const struct {
		struct log_row from;
		const char *wire;
	} rows[] = {
		{ { .kind = LOG_EVENT, .packet = { LIT("[\"x\",[1]]") } }, "42[\"x\",[1],\"epoch.7\"]" },
		{ { .kind = LOG_DIRECT, .packet = { LIT("[\"x\"]") } }, "42[\"x\",\"epoch.7\"]" },
		{ { .kind = LOG_VOLATILE, .packet = { LIT("[\"x\"] \n") } }, "42[\"x\",\"epoch.7\"]" },
		{ { .kind = LOG_EVENT, .packet = { LIT("[1,{}]") }, .attachments = { LIT("\0\0\0\2ab") } },
			"451-[1,{},\"epoch.7\"]\x1e" "bYWI=" },
		{ { .kind = LOG_EVENT, .packet = { LIT("[\"x\"]") }, .ack = true }, "427[\"x\"]" },
		{ { .kind = LOG_REPLY, .packet = { LIT("31[1]") } }, "431[1]" },
	};
	struct frames frames = { 0 };
	struct channel_piece piece;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct log_row from = rows[i].from;
		struct row *r;

		from.seq = 7;
		from.nsp = text("/");
		r = row_new(&from, true, "epoch");
		assert_string_equal(row_polling(r)->data, rows[i].wire);
		row_unref(r);
	}
	struct row *r = row_new(&(struct log_row){ .seq = 7, .nsp = text("/"), .packet = text("[\"message\",\"m\"]") }, true, "epoch");
	assert_int_equal(frames_plain(&frames, r, &piece), 0);
	assert_int_equal(piece.len, 3);
	assert_memory_equal(piece.at + 2, "m", 1);
	row_unref(r);
	frames_deinit(&frames);
}

static void test_unsound_rows(void **state)
{
	static const struct log_row rows[] = {
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { NULL, 0 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "{}", 2 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "[", 1 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "[ ]", 3 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "[{}]", 4 } },
		{ .kind = LOG_EVENT, .nsp = { NULL, 0 }, .packet = { "[1]", 3 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "[1]", 3 }, .targets = { "1", 1 } },
		{ .kind = LOG_SERVER_SIDE, .nsp = { "/", 1 }, .packet = { "{}", 2 } },
		{ .kind = LOG_SERVER_SIDE + 1, .nsp = { "/", 1 }, .packet = { "[1]", 3 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct row *r = row_new(&rows[i], true, NULL);

		assert_int_equal(r->kind, LOG_CONTROL);
		row_unref(r);
	}
}

/* --- the small ones --- */

/* Thousands of polls get the same answer: it is compressed once. */
static void test_compressed_once(void **state)
{
	struct settings settings = { .compress_threshold = 100, .compress_level = 1 };
	struct compressed last = { 0 };
	struct bytes *one, *other;
	char text[4000] = "";

	(void)state;
	assert_null(compress_again(&last, &settings, text, 99));
	one = compress_again(&last, &settings, text, sizeof(text));
	assert_ptr_equal(compress_again(&last, &settings, text, sizeof(text)), one);
	bytes_unref(one);
	text[3999] = 'x';
	other = compress_again(&last, &settings, text, sizeof(text));
	assert_ptr_not_equal(other, one);
	assert_ptr_equal(compress_again(&last, &settings, text, sizeof(text)), other);
	bytes_unref(other);
	for (size_t i = 0; i < 200; i++)
		text[i] = (char)(i * 89 ^ (i * i >> 3));   /* nothing to be gained */
	assert_null(compress_again(&last, &settings, text, 200));
	assert_non_null(last.plain);
	assert_null(compress_again(&last, &settings, text, 200));
	settings.compress_threshold = -1;
	assert_null(compress_again(&last, &settings, text, sizeof(text)));
	bytes_unref(one);
	bytes_unref(other);
	compressed_deinit(&last);
	assert_null(last.plain);
}

static void test_inputs(void **state)
{
	struct input *in[3];
	struct inputs list;

	(void)state;
	inputs_init(&list);
	assert_null(inputs_take(&list));
	for (int i = 0; i < 3; i++)
		inputs_add(&list, in[i] = input_new(INPUT_POST, NULL));
	assert_int_equal(list.count, 3);
	assert_ptr_equal(inputs_take(&list), in[0]);
	inputs_add(&list, in[0]);
	assert_ptr_equal(inputs_take(&list), in[1]);
	assert_ptr_equal(inputs_take(&list), in[2]);
	assert_ptr_equal(inputs_take(&list), in[0]);
	assert_int_equal(list.count, 0);
	inputs_add(&list, in[1]);
	assert_ptr_equal(inputs_take(&list), in[1]);
	input_answer(in[0], 200, "a/b", "one", 3);
	input_answer(in[0], 400, "a/b", "four", 4);
	assert_int_equal(in[0]->status, 400);
	assert_string_equal(in[0]->body->data, "four");
	input_reset(in[0]);
	assert_int_equal(in[0]->status, 0);
	assert_null(in[0]->body);
	input_answer(in[1], 200, NULL, NULL, 0);
	for (int i = 0; i < 3; i++)
		input_free(in[i]);
	input_free(NULL);
}

static void test_throttle(void **state)
{
	static const char *const local[] = { "", "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1" };
	struct throttle t = { 0 };
	char longest[64];

	(void)state;
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (int i = 0; i < 5; i++) {
		assert_int_equal(throttle_take(&t, "203.0.113.1", 3, 1000000 + i), i < 3);
		assert_true(throttle_take(&t, "203.0.113.2", 0, 1000000));
		assert_true(throttle_take(&t, local[i], 1, 1000000));
		assert_true(throttle_take(&t, local[i], 1, 1000000));
		assert_true(throttle_take(&t, longest, 1, 1000000));
	}
	assert_true(throttle_take(&t, "2001:db8::1", 1, 1000000));
	assert_false(throttle_take(&t, "2001:db8::1", 1, 1059999));
	assert_true(throttle_take(&t, "203.0.113.1", 3, 1060000));
	throttle_deinit(&t);
	assert_null(t.by_address);
}

static void test_settings(void **state)
{
	static const char *const paths[][2] = {
		{ "/socket.io/", "/socket.io/" }, { "socket.io", "/socket.io/" }, { "/a/b", "/a/b/" }, { "//x//", "/x/" },
		{ "", NULL }, { "/", NULL }, { "/a?b", NULL }, { "/a#b", NULL }, { "/a b", NULL },
	};
	struct settings s;

	(void)state;
	assert_int_equal(settings_init(&s), 0);
	assert_string_equal(s.path, "/socket.io/");
	assert_int_equal(s.ping_interval_ms, 25000);
	assert_int_equal(s.ping_timeout_ms, 20000);
	assert_int_equal(s.connect_timeout_ms, 45000);
	assert_int_equal(s.max_http_buffer_size, 1000000);
	assert_int_equal(s.cors.mode, CORS_OFF);
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_int_equal(settings_set_path(&s, "/kept/"), 0);
		assert_int_equal(settings_set_path(&s, paths[i][0]), paths[i][1] ? 0 : POLLUX_PROTOCOL);
		assert_string_equal(s.path, paths[i][1] ? paths[i][1] : "/kept/");
	}
	assert_int_equal(settings_add_origin(&s, "http://a"), 0);
	assert_int_equal(settings_add_origin(&s, "http://b"), 0);
	assert_int_equal(s.cors.mode, CORS_LIST);
	assert_int_equal(s.cors.origins_count, 2);
	assert_string_equal(s.cors.origins[1], "http://b");
	settings_deinit(&s);
	assert_null(s.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire_forms),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_unsound_rows),
		cmocka_unit_test(test_compressed_once),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_throttle),
		cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
