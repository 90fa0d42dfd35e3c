/* Socket.IO packets: what is taken and refused, head writing, truncations. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/sio.h"
#include "tests/unit/guard.h"

#define P(n) "{\"_placeholder\":true,\"num\":" #n "}"

struct good {
	const char *text;
	enum sio_type type;
	int attachments;
	const char *nsp;
	int64_t id;
	const char *payload;
};

static const struct good good[] = {
	{ "0/admin,", SIO_CONNECT, 0, "/admin", -1, "" },
	{ "0/admin", SIO_CONNECT, 0, "/admin", -1, "" },
	{ "0/", SIO_CONNECT, 0, "/", -1, "" },
	{ "0/,", SIO_CONNECT, 0, "/", -1, "" },
	{ "0/admin?a=b&c=%20,{\"x\":1}", SIO_CONNECT, 0, "/admin?a=b&c=%20", -1, "{\"x\":1}" },
	{ "0/\xc3\xa9{},{}", SIO_CONNECT, 0, "/\xc3\xa9{}", -1, "{}" },
	{ "0123{}", SIO_CONNECT, 0, "/", 123, "{}" },
	{ "1/admin,", SIO_DISCONNECT, 0, "/admin", -1, "" },
	{ "1/admin", SIO_DISCONNECT, 0, "/admin", -1, "" },
	{ "2/admin,456[\"x\"]", SIO_EVENT, 0, "/admin", 456, "[\"x\"]" },
	{ "20[\"x\"]", SIO_EVENT, 0, "/", 0, "[\"x\"]" },
	{ "2007[\"x\"]", SIO_EVENT, 0, "/", 7, "[\"x\"]" },
	{ "29007199254740992[\"x\"]", SIO_EVENT, 0, "/", INT64_C(1) << 53, "[\"x\"]" },
	{ "2[ \"x\" ] \n", SIO_EVENT, 0, "/", -1, "[ \"x\" ]" },
	{ "3/admin,456[]", SIO_ACK, 0, "/admin", 456, "[]" },
	{ "31[null,\"connect\"]", SIO_ACK, 0, "/", 1, "[null,\"connect\"]" },
	{ "4/x,\"no\"", SIO_CONNECT_ERROR, 0, "/x", -1, "\"no\"" },
	{ "51-[\"x\"," P(0) "]", SIO_BINARY_EVENT, 1, "/", -1, "[\"x\"," P(0) "]" },
	{ "51-/admin,456[\"x\"," P(0) "]", SIO_BINARY_EVENT, 1, "/admin", 456, "[\"x\"," P(0) "]" },
	{ "51-[\"x\"]", SIO_BINARY_EVENT, 1, "/", -1, "[\"x\"]" },
	{ "510-[\"x\"," P(9) "]", SIO_BINARY_EVENT, 10, "/", -1, "[\"x\"," P(9) "]" },
	{ "5001-[\"x\"]", SIO_BINARY_EVENT, 1, "/", -1, "[\"x\"]" },
	{ "50-[\"x\"]", SIO_BINARY_EVENT, 0, "/", -1, "[\"x\"]" },
	{ "50-[\"x\"," P(0) "]", SIO_BINARY_EVENT, 0, "/", -1, "[\"x\"," P(0) "]" },
	{ "52-[\"x\",[" P(1) ",{\"a\":" P(0) "}]]", SIO_BINARY_EVENT, 2, "/", -1, "[\"x\",[" P(1) ",{\"a\":" P(0) "}]]" },
	{ "61-/admin,456[" P(0) "]", SIO_BINARY_ACK, 1, "/admin", 456, "[" P(0) "]" },
	{ "41", SIO_CONNECT_ERROR, 0, "/", 1, "" },                    /* a number here is an id */
};

/* Nothing but the type before the payload. */
static const struct {
	enum sio_type type;
	const char *payloads[12];
} bare[] = {
	{ SIO_CONNECT, { "", "{}", "{\"token\":\"x\"}" } },
	{ SIO_DISCONNECT, { "" } },
	{ SIO_EVENT, { "[\"hello\",1]", "[1]", "[-1.5e3,\"x\"]", "[\"\"]", "[\"Connect\"]", "[\"connecting\"]",
		"[\"error\"]", "[\"x\",\"connect\"]", "[\"x\"," P(9) "]" } },
	{ SIO_CONNECT_ERROR, { "", "{\"message\":\"no\"}" } },
};

struct text {
	const char *at;
	size_t len;
};

static const struct {
	enum sio_verdict verdict;
	struct text texts[40];
} bad[] = {
	{ SIO_BAD_TYPE, {
		{ LIT("") }, { LIT("7") }, { LIT("9[\"x\"]") }, { LIT("a") }, { LIT(" 0") }, { LIT("-1") }, { LIT("\0") },
	} },
	{ SIO_BAD_ATTACHMENTS, {
		{ LIT("5") }, { LIT("51") }, { LIT("5-[\"x\"]") }, { LIT("5a-[\"x\"]") }, { LIT("51a-[\"x\"]") },
		{ LIT("5-1-[\"x\"]") }, { LIT("51.5-[\"x\"]") }, { LIT("5[\"x\"]") }, { LIT("511-[\"x\"]") },
		{ LIT("611-1[]") }, { LIT("599999999999999999999999999999-[\"x\"]") }, { LIT("51-[\"x\"," P(1) "]") },
		{ LIT("51-[\"x\"," P(-1) "]") }, { LIT("51-[\"x\"," P("0") "]") },
		{ LIT("51-[\"x\",{\"_placeholder\":true}]") },
		{ LIT("51-[\"x\",{\"\\u005fplaceholder\":true,\"num\":1}]") }, { LIT("510-[\"x\"," P(10) "]") },
	} },
	{ SIO_BAD_PAYLOAD, {
		{ LIT("0[]") }, { LIT("0null") }, { LIT("0\"x\"") }, { LIT("0 {}") }, { LIT("0{") }, { LIT("0{}}") },
		{ LIT("0/\xff,") }, { LIT("0/admin,x") }, { LIT("1{}") }, { LIT("1/admin,[]") }, { LIT("1\0") },
		{ LIT("2") }, { LIT("2/admin,") }, { LIT("212") }, { LIT("2[]") }, { LIT("2[ ]") }, { LIT("2{}") },
		{ LIT("2\"x\"") }, { LIT("2[null]") }, { LIT("2[true]") }, { LIT("2[{}]") }, { LIT("2[[\"x\"]]") },
		{ LIT("51-[" P(0) "]") }, { LIT("2[\"x\"][") }, { LIT("2[\"x\"][]") }, { LIT("2[\"\xff\"]") },
		{ LIT("2abc[\"x\"]") }, { LIT("2-1[\"x\"]") }, { LIT("2 1[\"x\"]") }, { LIT("21 [\"x\"]") },
		{ LIT("31{}") }, { LIT("31") }, { LIT("4[]") },
	} },
	{ SIO_RESERVED, {
		{ LIT("2[\"connect\"]") }, { LIT("2[\"connect_error\"]") }, { LIT("2[\"disconnect\"]") },
		{ LIT("2[\"disconnecting\"]") }, { LIT("2[\"newListener\"]") }, { LIT("2[\"removeListener\",1]") },
		{ LIT("2[\"c\\u006fnnect\"]") }, { LIT("51-[\"disconnect\"]") },
	} },
	{ SIO_BAD_ID, {
		{ LIT("3[]") }, { LIT("3/admin,[]") }, { LIT("61-[" P(0) "]") }, { LIT("29007199254740993[\"x\"]") },
		{ LIT("2999999999999999999999999999999[\"x\"]") },
	} },
};

static void test_good(void **unused)
{
	struct sio_packet p;
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(good); i++) {
		const struct good *g = &good[i];
		size_t len = strlen(g->text);

		if (sio_parse(guard_put(g->text, len), len, &p) != SIO_OK)
			fail_msg("refused: %s", g->text);
		assert_int_equal(p.type, g->type);
		assert_int_equal(p.attachments, g->attachments);
		assert_true(p.id == g->id);
		assert_int_equal(p.nsp_len, strlen(g->nsp));
		assert_memory_equal(p.nsp, g->nsp, p.nsp_len);
		assert_int_equal(p.payload.len, strlen(g->payload));
		assert_memory_equal(p.payload.at, g->payload, p.payload.len);
	}
}

static void test_bare(void **unused)
{
	char text[64];
	struct sio_packet p;

	(void)unused;
	for (size_t i = 0; i < COUNT(bare); i++)
		for (size_t j = 0; bare[i].payloads[j]; j++) {
			size_t len = (size_t)snprintf(text, sizeof(text), "%d%s", (int)bare[i].type, bare[i].payloads[j]);

			if (sio_parse(guard_put(text, len), len, &p) != SIO_OK)
				fail_msg("refused: %s", text);
			assert_int_equal(p.type, bare[i].type);
			assert_int_equal(p.attachments, 0);
			assert_true(p.id == -1);
			assert_int_equal(p.nsp_len, 1);
			assert_int_equal(p.payload.len, len - 1);
			assert_memory_equal(p.payload.at, bare[i].payloads[j], len - 1);
		}
}

static void test_bad(void **unused)
{
	struct sio_packet p;

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++)
		for (const struct text *t = bad[i].texts; t->at; t++) {
			enum sio_verdict v = sio_parse(guard_put(t->at, t->len), t->len, &p);

			if (v != bad[i].verdict)
				fail_msg("%s: %s", t->at, sio_verdict_text(v));
		}
}

static void test_depth(void **unused)
{
	char text[256];
	struct sio_packet p;
	int depth, n;

	(void)unused;
	for (depth = JSON_MAX_DEPTH - 1; depth <= JSON_MAX_DEPTH; depth++) {
		n = snprintf(text, sizeof(text), "2[\"x\",%.*s%.*s]", depth,
			     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", depth,
			     "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
		assert_int_equal(sio_parse(guard_put(text, (size_t)n), (size_t)n, &p),
				 depth < JSON_MAX_DEPTH ? SIO_OK : SIO_TOO_DEEP);
	}
}

/* No prefix of a packet leads out of bounds; of an event with a payload none is taken. */
static void test_every_truncation(void **unused)
{
	static const char text[] = "52-/admin,456[\"h\\u00e9\"," P(0) ",{\"a\":[" P(1) "]}]";
	struct sio_packet p;
	size_t len;

	(void)unused;
	for (len = 0; len < sizeof(text) - 1; len++)
		assert_int_not_equal(sio_parse(guard_put(text, len), len, &p), SIO_OK);
	assert_int_equal(sio_parse(guard_put(text, len), len, &p), SIO_OK);
}

static void test_event_name(void **unused)
{
	static const struct { const char *payload, *name; } names[] = {
		{ "[\"hello\",1]", "\"hello\"" }, { "[ 12 , 1 ]", "12" }, { "[\"a\\\"b\"]", "\"a\\\"b\"" }, { "[]", "" },
	};
	size_t i;

	(void)unused;
	for (i = 0; i < COUNT(names); i++) {
		struct json_slice payload = { names[i].payload, strlen(names[i].payload) };
		struct json_slice name = sio_event_name(payload);

		assert_int_equal(name.len, strlen(names[i].name));
		assert_memory_equal(name.at, names[i].name, name.len);
	}
}

struct head {
	enum sio_type type;
	int attachments;
	const char *nsp;
	int64_t id;
	const char *text;
};

static const struct head heads[] = {
	{ SIO_CONNECT, 0, "/", -1, "0" },
	{ SIO_CONNECT, 0, "/admin", -1, "0/admin," },
	{ SIO_EVENT, 0, "/", -1, "2" },
	{ SIO_EVENT, 0, "/", 0, "20" },
	{ SIO_EVENT, 0, "/admin", 456, "2/admin,456" },
	{ SIO_ACK, 0, "/", 10, "310" },
	{ SIO_BINARY_EVENT, 1, "/", -1, "51-" },
	{ SIO_BINARY_EVENT, 10, "/admin", 456, "510-/admin,456" },
	{ SIO_BINARY_ACK, 2, "/", 9, "62-9" },
	{ SIO_EVENT, 0, "/", INT64_MAX, "29223372036854775807" },
};

static void test_heads(void **unused)
{
	char out[64];
	size_t i, n;

	(void)unused;
	for (i = 0; i < COUNT(heads); i++) {
		const struct head *h = &heads[i];
		size_t nsp_len = strlen(h->nsp), need = strlen(h->text);

		n = sio_write_head(out, sizeof(out), h->type, h->attachments, h->nsp, nsp_len, h->id);
		assert_int_equal(n, need);
		assert_memory_equal(out, h->text, n);
		assert_true(need <= SIO_HEAD_MAX + nsp_len);
		assert_int_equal(sio_write_head(NULL, 0, h->type, h->attachments, h->nsp, nsp_len, h->id), need);
		memset(out, '.', sizeof(out));
		assert_int_equal(sio_write_head(out, need - 1, h->type, h->attachments, h->nsp, nsp_len, h->id), need);
		assert_int_equal(out[0], '.');
		assert_int_equal(sio_write_head(out, need, h->type, h->attachments, h->nsp, nsp_len, h->id), need);
		assert_memory_equal(out, h->text, need);
		assert_int_equal(out[need], '.');
	}
}

/* What is parsed and written again is the same packet. */
static void test_round_trips(void **unused)
{
	struct sio_packet p, q;
	char text[256];
	size_t i, n;

	(void)unused;
	for (i = 0; i < COUNT(good); i++) {
		assert_int_equal(sio_parse(good[i].text, strlen(good[i].text), &p), SIO_OK);
		n = sio_write_head(text, sizeof(text), p.type, p.attachments, p.nsp, p.nsp_len, p.id);
		if (p.payload.len)
			memcpy(text + n, p.payload.at, p.payload.len);
		n += p.payload.len;
		assert_int_equal(sio_parse(guard_put(text, n), n, &q), SIO_OK);
		assert_int_equal(q.type, p.type);
		assert_int_equal(q.attachments, p.attachments);
		assert_true(q.id == p.id);
		assert_int_equal(q.nsp_len, p.nsp_len);
		assert_memory_equal(q.nsp, p.nsp, p.nsp_len);
		assert_int_equal(q.payload.len, p.payload.len);
	}
}

static void test_words(void **unused)
{
	int v;

	(void)unused;
	for (v = SIO_OK; v >= SIO_BAD_ID; v--)
		assert_string_not_equal(sio_verdict_text((enum sio_verdict)v), "unknown verdict");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_event_name),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("sio", tests, NULL, NULL);
}
