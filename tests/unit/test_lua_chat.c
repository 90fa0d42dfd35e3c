/* chat.lua (CHAT_LUA: where it is) against the fake event: its protocol, as static/ relies on it. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/unit/lua_fixture.h"

static const char *send(struct app *a, int socket, const char *payload)
{
	a->socket = socket;
	assert_int_equal(app_event(a, payload, 1), 0);
	return app_trace(a);
}

static void expect_part(const char *trace, const char *part)
{
	if (!strstr(trace, part))
		print_message("%s\nnot in %s\n", part, trace);
	assert_non_null(strstr(trace, part));
}

static void test_conversation(void **state)
{
	struct app a = app_load_file(CHAT_LUA, 0);
	int two = fake_event_add(a.ev, "/", "s2", "{}");
	const char *t;

	(void)state;
	t = send(&a, 0, "[\"join\",\" lobby \",\"Ann\"]");
	assert_string_equal(t, "join / s1 lobby\njoin / s1 \nlobby\nAnn\n"
			       "emit / to lobby,\nlobby\nAnn except s1 [\"joined\",{\"nickname\":\"Ann\",\"room\":\"lobby\"}]\n"
			       "ack / s1 1 [{\"here\":[\"Ann\"],\"history\":[],\"more\":false,\"nickname\":\"Ann\",\"ok\":true,\"room\":\"lobby\"}]\n"
			       "data / s1 {\"names\":{\"lobby\":\"Ann\"}}\n");
	t = send(&a, two, "[\"join\",\"lobby\",\"Ann\"]");
	assert_string_equal(t, "ack / s2 1 [{\"error\":\"nickname taken\",\"ok\":false}]\n");
	t = send(&a, 0, "[\"say\",\"lobby\",\"hello \\u00e9\",\"id1\"]");
	expect_part(t, "emit / to lobby once lobby\nAnn\nid1 [\"message\",{\"at\":");
	expect_part(t, "\"from\":\"Ann\",\"id\":\"id1\",\"room\":\"lobby\",\"text\":\"hello \xc3\xa9\"}]\n");
	expect_part(t, "ack / s1 1 [{\"duplicate\":false,\"ok\":true,\"position\":\"ep.2\"}]\n");
	t = send(&a, 0, "[\"say\",\"lobby\",\"hello\",\"id1\"]");
	assert_string_equal(t, "ack / s1 1 [{\"duplicate\":true,\"ok\":true,\"position\":\"ep.2\"}]\n");
	t = send(&a, two, "[\"join\",\"lobby\",\"Bob\"]");
	expect_part(t, "{\"here\":[\"Bob\",\"Ann\"],\"history\":[{\"at\":");
	expect_part(t, "\"from\":\"Ann\",\"id\":\"id1\",\"position\":\"ep.2\",\"text\":\"hello \xc3\xa9\"}],\"more\":false,\"nickname\":\"Bob\"");
	t = send(&a, two, "[\"join\",\"lobby\",\"Bob\"]");
	assert_null(strstr(t, "emit"));
	expect_part(t, "\"ok\":true");
	t = send(&a, two, "[\"join\",\"lobby\",\"Ben\"]");
	expect_part(t, "[\"left\",{\"nickname\":\"Bob\",\"room\":\"lobby\"}]");
	expect_part(t, "[\"joined\",{\"nickname\":\"Ben\",\"room\":\"lobby\"}]");
	t = send(&a, two, "[\"rooms\"]");
	assert_string_equal(t, "ack / s2 1 [{\"ok\":true,\"rooms\":[{\"here\":2,\"name\":\"lobby\"}]}]\n");
	t = send(&a, two, "[\"leave\",\"lobby\"]");
	assert_string_equal(t, "leave / s2 lobby\nleave / s2 \nlobby\nBen\nemit / to lobby,\nlobby\nBen except s2 [\"left\",{\"nickname\":\"Ben\",\"room\":\"lobby\"}]\n"
			       "ack / s2 1 [{\"ok\":true}]\ndata / s2 {\"names\":{}}\n");
	t = send(&a, two, "[\"leave\",\"lobby\"]");
	assert_string_equal(t, "ack / s2 1 [{\"ok\":true}]\n");
	fake_event_begin(a.ev, 0);
	assert_int_equal(a.handler.disconnect(a.handler.ctx, a.ev, "transport close"), 0);
	assert_string_equal(app_trace(&a), "emit / to lobby,\nlobby\nAnn except s1 [\"left\",{\"nickname\":\"Ann\",\"room\":\"lobby\"}]\n");
	app_close(&a);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *payload, *error;
	} rows[] = {
		{"[\"join\",\"\",\"Ann\"]", "a room's name has 1 to 64 characters"},
		{"[\"join\",\"  \",\"Ann\"]", "a room's name"},
		{"[\"join\",5,\"Ann\"]", "a room's name"},
		{"[\"join\",null,\"Ann\"]", "a room's name"},
		{"[\"join\",\"a\\u0001b\",\"Ann\"]", "a room's name"},
		{"[\"join\",\"r\",{}]", "a nickname has 1 to 32 characters"},
		{"[\"join\",\"r\",\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9"
		 "123456789012345678\"]", "a nickname"},
		{"[\"say\",\"r\",\"x\",\"id\"]", "not in this room"},
		{"[\"history\",\"r\",\"ep.1\"]", "not in this room"},
		{"[\"history\",{},\"ep.1\"]", "not in this room"},
		{"[\"history\",\"in\",\"nonsense\"]", "no such position"},
		{"[\"history\",\"in\",7]", "no such position"},
		{"[\"history\",\"in\",\"another.1\"]", "no such position"},
		{"[\"say\",\"in\",\"\",\"id\"]", "a message has 1 to 4000 characters"},
		{"[\"say\",\"in\",5,\"id\"]", "a message has"},
		{"[\"say\",\"in\",\"x\",null]", "a message needs an id"},
		{"[\"say\",\"in\",\"x\",\"12345678901234567890123456789012345678901234567890123456789012345\"]", "a message needs an id"},
	};
	struct app a = app_load_file(CHAT_LUA, 0);

	(void)state;
	send(&a, 0, "[\"join\",\"in\",\"Ann\"]");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char expect[128];

		snprintf(expect, sizeof(expect), "ack / s1 1 [{\"error\":\"%s", rows[i].error);
		expect_part(send(&a, 0, rows[i].payload), expect);
		assert_null(strstr(app_trace(&a), "emit"));
	}
	/* nobody asked: nothing is said, nothing fails */
	assert_int_equal(app_event(&a, "[\"join\"]", -1), 0);
	assert_int_equal(app_event(&a, "[\"say\"]", -1), 0);
	assert_int_equal(app_event(&a, "[\"rooms\"]", -1), 0);
	assert_string_equal(app_trace(&a), "");
	/* 32 characters of four bytes are a nickname */
	expect_part(send(&a, 0, "[\"join\",\"r\",\"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00"
				"\\ud83d\\ude00\"]"), "\"ok\":true");
	app_close(&a);
}

/* What stands before the oldest message of a join's answer. */
static void older(struct app *a, int socket, const char *joined)
{
	const char *position = strstr(joined, "\"position\":\"") + strlen("\"position\":\"");
	char payload[128];
	const char *t;

	snprintf(payload, sizeof(payload), "[\"history\",\"r\",\"%.*s\"]", (int)strcspn(position, "\""), position);
	t = send(a, socket, payload);
	expect_part(t, "\"text\":\"text 1\"");
	expect_part(t, "\"text\":\"text 10\"");
	assert_null(strstr(t, "\"text\":\"text 11\""));
}

static void test_long_history(void **state)
{
	struct app a = app_load_file(CHAT_LUA, 0);
	int two = fake_event_add(a.ev, "/", "s2", "{}");
	char payload[128];
	const char *t;

	(void)state;
	send(&a, 0, "[\"join\",\"r\",\"Ann\"]");
	for (int i = 1; i <= 60; i++) {
		snprintf(payload, sizeof(payload), "[\"say\",\"r\",\"text %d\",\"id%d\"]", i, i);
		send(&a, 0, payload);
	}
	for (int i = 0; i < 60; i++) {
		send(&a, two, "[\"join\",\"r\",\"Bob\"]");
		send(&a, two, "[\"leave\",\"r\"]");
	}
	t = send(&a, two, "[\"join\",\"r\",\"Bob\"]");
	expect_part(t, "\"text\":\"text 11\"");
	expect_part(t, "\"text\":\"text 60\"");
	assert_null(strstr(t, "\"text\":\"text 10\""));
	assert_true(strstr(t, "\"text\":\"text 11\"") < strstr(t, "\"text\":\"text 60\""));
	older(&a, two, t);
	app_close(&a);
}

/* To the others in the room, volatile, and only from somebody in it. */
static void test_typing(void **state)
{
	struct app a = app_load_file(CHAT_LUA, 0);

	(void)state;
	send(&a, 0, "[\"join\",\"r\",\"Ann\"]");
	assert_int_equal(app_event(&a, "[\"typing\",\"r\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / to r except s1 volatile [\"typing\",{\"nickname\":\"Ann\",\"room\":\"r\"}]\n");
	assert_int_equal(app_event(&a, "[\"typing\",\"elsewhere\"]", -1), 0);
	assert_int_equal(app_event(&a, "[\"typing\"]", -1), 0);
	assert_string_equal(app_trace(&a), "");
	app_close(&a);
}

/* In a full room nobody is looked at but those concerned: the one who joins is told of some, the others of that one. */
static void test_crowd(void **state)
{
	enum { N = 110 };
	struct app a = app_load_file(CHAT_LUA, 0);
	char payload[64], sid[16];
	const char *t;
	int here = 0, calls;

	(void)state;
	for (int i = 0; i < N; i++) {
		snprintf(sid, sizeof(sid), "p%d", i);
		snprintf(payload, sizeof(payload), "[\"join\",\"r\",\"name%d\"]", i);
		expect_part(send(&a, fake_event_add(a.ev, "/", sid, "{}"), payload), "\"ok\":true");
	}
	t = send(&a, 0, "[\"join\",\"r\",\"name109\"]");
	assert_string_equal(t, "ack / s1 1 [{\"error\":\"nickname taken\",\"ok\":false}]\n");
	t = send(&a, 0, "[\"join\",\"r\",\"Ann\"]");
	expect_part(t, "\"here\":[\"Ann\",");
	expect_part(t, "\"more\":true");
	for (const char *at = t; (at = strstr(at, "name")); at += 4)
		here += at[4] >= '0' && at[4] <= '9';
	assert_in_range(here, 99, 100);
	t = send(&a, 0, "[\"rooms\"]");
	assert_string_equal(t, "ack / s1 1 [{\"ok\":true,\"rooms\":[{\"here\":111,\"name\":\"r\"}]}]\n");
	fake_event_begin(a.ev, 0);
	calls = a.ev->seen;
	assert_int_equal(a.handler.disconnect(a.handler.ctx, a.ev, "transport close"), 0);
	assert_string_equal(app_trace(&a), "emit / to r,\nr\nAnn except s1 [\"left\",{\"nickname\":\"Ann\",\"room\":\"r\"}]\n");
	assert_in_range(a.ev->seen - calls, 0, 2);
	app_close(&a);
}

/* A relay and a chat message cost microseconds. The bound is far off: it is meant for mistakes, not for slow machines. */
static void test_cost(void **state)
{
	struct app a = app_load("local io = require 'pollux'; io.on('x', function(socket, m) socket:to('r'):emit('y', m) end)", 0);
	int64_t from = clock_mono_us(), took;
	enum { N = 20000 };

	(void)state;
	a.ev->quiet = true;
	for (int i = 0; i < N; i++)
		assert_int_equal(app_event(&a, "[\"x\",{\"text\":\"some words of an ordinary message\",\"n\":1,\"list\":[1,2,3]}]", -1), 0);
	took = clock_mono_us() - from;
	print_message("# a relayed event: %.2f us\n", (double)took / N);
	assert_true(took / N < 200);
	app_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversation),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_long_history),
		cmocka_unit_test(test_typing),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}
