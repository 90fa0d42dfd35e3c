/* Handlers beside those of events: io.on_any, io.on_any_outgoing, io.use_packet. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/lua_fixture.h"

#define APP(body) "local io = require 'pollux'\n" body "\n"

static void test_any(void **state)
{
	struct app a = app_load(APP("io.on('x', function(socket, n) io.emit('x', n) end)\n"
				    "io.on_any(function(socket, name, ...) io.emit('second', socket.id, name, select('#', ...)) end)\n"
				    "io.prepend_any(function(socket, name, n, ack) io.emit('first', name, n); if ack then ack(n) end end)"),
				0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"x\",1]", 7), 0);
	assert_string_equal(app_trace(&a), "emit / [\"first\",\"x\",1]\nack / s1 7 [1]\nemit / [\"second\",\"s1\",\"x\",2]\nemit / [\"x\",1]\n");
	/* also what nobody listens to; numbers as io.on has them */
	assert_int_equal(app_event(&a, "[5]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"first\",\"5\",null]\nemit / [\"second\",\"s1\",\"5\",0]\n");
	assert_int_equal(app_event(&a, "[\"\\u0061\",null]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"first\",\"a\",null]\nemit / [\"second\",\"s1\",\"a\",1]\n");
	app_close(&a);
}

static void test_outgoing(void **state)
{
	struct app a = app_load(APP("io.on_any_outgoing(function(to, ...) io.emit('told', to, ...) end)\n"
				    "io.on('x', function(socket, b)\n"
				    "	socket:emit('a', b)\n"
				    "	io.to{'r', 'q'}:except('p').volatile:emit('b')\n"
				    "	socket.broadcast:emit('c')\n"
				    "	io.to('r'):once('k'):emit('d'); io.to('r'):once('k'):emit('d')\n"
				    "	socket:send(1, nil, 3)\n"
				    "end)\n"
				    "io.of('/other').on_any_outgoing(error)"),
				0);
	struct text attachment = {"bytes", 5};

	(void)state;
	assert_int_equal(app_event_with(&a, "[\"x\",{\"_placeholder\":true,\"num\":0}]", 3, &attachment, 1), 0);
	assert_string_equal(
		app_trace(&a),
		"emit / to s1 direct [\"a\",{\"_placeholder\":true,\"num\":0}] <bytes>\n"
		"emit / [\"told\",{\"except\":[],\"id\":\"s1\",\"nsp\":\"/\",\"rooms\":[],\"volatile\":false},\"a\",{\"_placeholder\":true,\"num\":0}] <bytes>\n"
		"emit / to r,q except p volatile [\"b\"]\n"
		"emit / [\"told\",{\"except\":[\"p\"],\"nsp\":\"/\",\"rooms\":[\"r\",\"q\"],\"volatile\":true},\"b\"]\n"
		"emit / except s1 [\"c\"]\n"
		"emit / [\"told\",{\"except\":[\"s1\"],\"nsp\":\"/\",\"rooms\":[],\"volatile\":false},\"c\"]\n"
		"emit / to r once k [\"d\"]\n"
		"emit / [\"told\",{\"except\":[],\"nsp\":\"/\",\"rooms\":[\"r\"],\"volatile\":false},\"d\"]\n"
		"emit / to s1 direct [\"message\",1,null,3]\n"
		"emit / [\"told\",{\"except\":[],\"id\":\"s1\",\"nsp\":\"/\",\"rooms\":[],\"volatile\":false},\"message\",1,null,3]\n");
	app_close(&a);
}

/* One that fails fails the event, and hears of the next again. */
static void test_failing_outgoing(void **state)
{
	struct app a = app_load(APP("io.on_any_outgoing(function(to, name) if name == 'bad' then error 'no' end io.emit('told', name) end)\n"
				    "io.on('x', function(socket, name) io.emit(name) end)"),
				0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"x\",\"bad\"]", -1), POLLUX_REFUSED);
	assert_int_equal(app_event(&a, "[\"x\",\"good\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"good\"]\nemit / [\"told\",\"good\"]\n");
	app_close(&a);
}

static void test_packet_middleware(void **state)
{
	struct app a = app_load(APP("io.use_packet(function(socket, name, n, ack)\n"
				    "	if name == 'secret' then return nil, 'not for you', { code = n } end\n"
				    "	if name == 'quiet' then return false, 'quiet' end\n"
				    "	if name == 'wrong' then return nil, 5 end\n"
				    "	if name == 'unsaid' then return false end\n"
				    "end)\n"
				    "io.use_packet(function(socket, name) io.emit('passed', name) end)\n"
				    "io.on_any(function(socket, name) io.emit('any', name) end)\n"
				    "for _, name in ipairs { 'x', 'secret', 'quiet' } do\n"
				    "	io.on(name, function(socket, ...) io.emit('ran', name, select('#', ...)) end)\n"
				    "end\n"
				    "io.on('error', function(socket, err) io.emit('refused', socket.id, err) end)"),
				0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"x\",1]", 4), 0);
	assert_string_equal(app_trace(&a), "emit / [\"any\",\"x\"]\nemit / [\"passed\",\"x\"]\nemit / [\"ran\",\"x\",2]\n");
	assert_int_equal(app_event(&a, "[\"secret\",1]", -1), 0);
	assert_string_equal(app_trace(&a),
			    "emit / [\"any\",\"secret\"]\nemit / [\"refused\",\"s1\",{\"data\":{\"code\":1},\"message\":\"not for you\"}]\n");
	assert_int_equal(app_event(&a, "[\"quiet\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"any\",\"quiet\"]\nemit / [\"refused\",\"s1\",{\"message\":\"quiet\"}]\n");
	assert_int_equal(app_event(&a, "[\"unsaid\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"any\",\"unsaid\"]\nemit / [\"refused\",\"s1\",{\"message\":\"Forbidden\"}]\n");
	assert_int_equal(app_event(&a, "[\"unheard\"]", -1), 0);
	assert_string_equal(app_trace(&a), "emit / [\"any\",\"unheard\"]\nemit / [\"passed\",\"unheard\"]\n");
	assert_int_equal(app_event(&a, "[\"wrong\"]", -1), POLLUX_REFUSED);
	assert_non_null(strstr(app_log(&a), "io.use_packet: the refusal's message must be a string, not a number"));
	app_close(&a);
}

/* A refusal that nobody listens to ends the event there. */
static void test_unheard_error(void **state)
{
	struct app a = app_load(APP("io.use_packet(function(socket) socket.data.tried = true return nil, 'no' end)\n"
				    "io.on('x', function() io.emit('ran') end)"),
				0);

	(void)state;
	assert_int_equal(app_event(&a, "[\"x\"]", -1), 0);
	assert_string_equal(app_trace(&a), "data / s1 {\"tried\":true}\n");
	app_close(&a);
}

static void test_registering(void **state)
{
	static const char *const functions[] = {"on_any", "prepend_any", "on_any_outgoing", "prepend_any_outgoing", "use", "use_packet"};

	(void)state;
	for (size_t i = 0; i < COUNT(functions); i++) {
		char body[128];
		struct app a;

		snprintf(body, sizeof(body), "io.%s(function() end)", functions[i]);
		expect_error(body, "", "while the file loads");
		snprintf(body, sizeof(body), "local io = require 'pollux'; io.%s('x')", functions[i]);
		a = app_load(body, POLLUX_REFUSED);
		assert_non_null(strstr(app_log(&a), "the handler must be a function, not a string"));
		app_close(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_outgoing),
		cmocka_unit_test(test_failing_outgoing),
		cmocka_unit_test(test_packet_middleware),
		cmocka_unit_test(test_unheard_error),
		cmocka_unit_test(test_registering),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}
