/* Acknowledgements that a script asks clients for: io.on_ack and socket:emit_with_ack. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/lua_fixture.h"

/* An acknowledgement of a->socket with what was kept and what it says. */
static int acknowledge(struct app *a, const char *context, const char *payload, const struct text *attachments, int count)
{
	struct incoming in = {{payload, strlen(payload)}, attachments, count, 7};

	fake_event_begin(a->ev, a->socket);
	a->result = a->handler.ack(a->handler.ctx, a->ev, (struct text){context, strlen(context)}, &in);
	return a->result;
}

#define ASKING(body) "local io = require 'pollux'; io.on_ack('got', function(socket, ...) end); io.on('x', function(socket, a) " body " end)"

static void test_asking(void **state)
{
	struct app a = app_load(ASKING("local position, duplicate = socket:emit_with_ack('got', a, 'event', 1, io.binary('b'), { a }); "
				       "socket:emit('then', position, duplicate)"), 0);

	(void)state;
	app_event(&a, "[\"x\",{\"k\":[1,null,1.0]}]", -1);
	assert_string_equal(app_trace(&a), "emit / to s1 direct [\"event\",1,{\"_placeholder\":true,\"num\":0},[{\"k\":[1,null,1.0]}]] <b> "
			    "asks [\"got\",{\"k\":[1,null,1.0]}]\nemit / to s1 direct [\"then\",\"ep.1\",false]\n");
	app_event(&a, "[\"x\",null]", -1);
	assert_non_null(strstr(app_trace(&a), " asks [\"got\",null]\n"));
	app_event(&a, "[\"x\",\"\\u00e9\"]", -1);
	assert_non_null(strstr(app_trace(&a), " asks [\"got\",\"\xc3\xa9\"]\n"));
	app_close(&a);
}

static void test_another_socket(void **state)
{
	struct app a = app_load(ASKING("for _, s in ipairs(io.fetch_sockets()) do s:emit_with_ack('got', s.id, 'you') end"), 0);

	(void)state;
	fake_event_add(a.ev, "/", "s2", "{}");
	app_event(&a, "[\"x\"]", -1);
	assert_string_equal(app_trace(&a), "emit / to s1 direct [\"you\"] asks [\"got\",\"s1\"]\nemit / to s2 direct [\"you\"] asks [\"got\",\"s2\"]\n");
	app_close(&a);
}

static void test_gone(void **state)
{
	struct app a = app_load(ASKING("local position, why = socket:emit_with_ack('got', 1, 'e'); socket:emit('r', position == nil, why)"), 0);

	(void)state;
	fake_event_begin(a.ev, a.socket);
	a.ev->fail = POLLUX_NOT_FOUND;
	assert_int_equal(a.handler.packet(a.handler.ctx, a.ev, &(struct incoming){{"[\"x\"]", 5}, NULL, 0, -1}), 0);
	assert_string_equal(app_trace(&a), "emit / to s1 direct [\"r\",true,\"gone\"]\n");
	app_close(&a);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *call, *word;
	} rows[] = {
		{"socket:emit_with_ack('unheard of', 1, 'e')", "no io.on_ack handler 'unheard of' in /"},
		{"socket:emit_with_ack()", "first the name"},
		{"socket:emit_with_ack(print, 1, 'e')", "first the name"},
		{"socket:emit_with_ack('got')", "bad argument"},
		{"socket:emit_with_ack('got', 1)", "bad argument"},
		{"socket:emit_with_ack('got', 1, 5)", "the event's name must be a string"},
		{"socket:emit_with_ack('got', 1, 'disconnect')", "reserved"},
		{"socket:emit_with_ack('got', print, 'e')", "context: "},
		{"socket:emit_with_ack('got', { io.binary('b') }, 'e')", "context[1]: "},
		{"socket:emit_with_ack('got', 1, 'e', print)", "argument 1"},
		{"io.on_ack('late', print)", "while the file loads"},
	};
	char source[512];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct app a;

		snprintf(source, sizeof(source), ASKING("%s"), rows[i].call);
		a = app_load(source, 0);
		app_event(&a, "[\"x\"]", -1);
		if (a.result >= 0 || !strstr(app_log(&a), rows[i].word))
			fail_msg("%s: %d", rows[i].call, a.result);
		assert_string_equal(app_trace(&a), "");
		app_close(&a);
	}
}

static void test_registering(void **state)
{
	static const char *const wrong[] = {
		"io.on_ack(1, print)", "io.on_ack('x')", "io:on_ack('x', print)", "io.on_ack('x', print) io.on_ack('x', print)",
	};
	char source[128];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct app a;

		snprintf(source, sizeof(source), "local io = require 'pollux' %s", wrong[i]);
		a = app_load(source, POLLUX_REFUSED);
		app_close(&a);
	}
}

#define HEARING "local io = require 'pollux'; io.on_ack('got', function(socket, context, ...) " \
	"socket.data.n = select('#', ...); io.emit('heard', socket.id, context, ...) end)"

static void test_hearing(void **state)
{
	struct app a = app_load(HEARING, 0);
	struct text bytes = {"bin", 3};

	(void)state;
	assert_int_equal(acknowledge(&a, "[\"got\",{\"k\":1.0}]", "[\"yes\",null,[1]]", NULL, 0), 0);
	assert_string_equal(app_trace(&a), "emit / [\"heard\",\"s1\",{\"k\":1.0},\"yes\",null,[1]]\ndata / s1 {\"n\":3}\n");
	assert_int_equal(acknowledge(&a, "[\"got\",null]", "[{\"_placeholder\":true,\"num\":0}]", &bytes, 1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"heard\",\"s1\",null,{\"_placeholder\":true,\"num\":0}] <bin>\ndata / s1 {\"n\":1}\n");
	assert_int_equal(acknowledge(&a, "[\"got\",\"x\"]", "[]", NULL, 0), 0);
	assert_string_equal(app_trace(&a), "emit / [\"heard\",\"s1\",\"x\"]\ndata / s1 {\"n\":0}\n");
	app_close(&a);
}

/* Another file serves by now, or something else wrote the row. */
static void test_handler_is_no_more(void **state)
{
	static const char *const contexts[] = {"[\"other\",1]", "[]", "", "[5,1]"};
	struct app a = app_load(HEARING, 0);

	(void)state;
	for (size_t i = 0; i < COUNT(contexts); i++) {
		assert_int_equal(acknowledge(&a, contexts[i], "[1]", NULL, 0), 0);
		assert_string_equal(app_trace(&a), "");
		assert_non_null(strstr(app_log(&a), "no more"));
	}
	app_close(&a);
}

static void test_failing(void **state)
{
	struct app a = app_load("local io = require 'pollux'; io.on_ack('got', function(socket) error('oh dear') end)", 0);

	(void)state;
	assert_int_equal(acknowledge(&a, "[\"got\",1]", "[1]", NULL, 0), POLLUX_REFUSED);
	assert_non_null(strstr(app_log(&a), "acknowledgement: "));
	app_close(&a);
}

static void test_namespaces(void **state)
{
	struct app a = app_load("local io = require 'pollux'; local admin = io.of('/admin'); "
				"admin.on_ack('got', function(socket, context) admin.emit('admin', context) end); "
				"io.on('x', function(socket) socket:emit_with_ack('got', 1, 'e') end)", 0);

	(void)state;
	assert_true(app_event(&a, "[\"x\"]", -1) < 0);
	a.socket = fake_event_add(a.ev, "/admin", "s2", "{}");
	assert_int_equal(acknowledge(&a, "[\"got\",1]", "[]", NULL, 0), 0);
	assert_string_equal(app_trace(&a), "emit /admin [\"admin\",1]\n");
	app_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asking),
		cmocka_unit_test(test_another_socket),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_registering),
		cmocka_unit_test(test_hearing),
		cmocka_unit_test(test_handler_is_no_more),
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_namespaces),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}
