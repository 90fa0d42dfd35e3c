/* Timers, acknowledgements that are over, server-side events and the store, as scripts see them. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/lua_fixture.h"

static struct text text(const char *s)
{
	return (struct text){s, s ? strlen(s) : 0};
}

/* The next event has no socket. */
static struct event *unasked(struct app *a, const char *nsp)
{
	fake_event_begin(a->ev, -1);
	a->ev->nsp = nsp;
	return a->ev;
}

/* --- timers --- */

#define TIMERS "local io = require 'pollux'; io.on_timer('tea', function(...) io.emit('tea', select('#', ...), ...) end); "

static void test_after(void **state)
{
	struct app a = app_load(TIMERS "io.on('x', function(socket, seconds, context) socket:emit('id', io.after(seconds, 'tea', context)) end)", 0);

	(void)state;
	app_event(&a, "[\"x\",1.5,{\"k\":1.0}]", -1);
	assert_string_equal(app_trace(&a), "after / 1500 tea {\"k\":1.0}\nemit / to s1 direct [\"id\",77]\n");
	app_event(&a, "[\"x\",0]", -1);
	assert_string_equal(app_trace(&a), "after / 0 tea null\nemit / to s1 direct [\"id\",77]\n");
	app_close(&a);
}

static void test_timer_runs(void **state)
{
	struct app a = app_load(TIMERS, 0);

	(void)state;
	assert_int_equal(a.handler.timer(a.handler.ctx, unasked(&a, "/"), text("tea"), text("{\"k\":1.0}")), 0);
	assert_string_equal(app_trace(&a), "emit / [\"tea\",1,{\"k\":1.0}]\n");
	assert_int_equal(a.handler.timer(a.handler.ctx, unasked(&a, "/"), text("tea"), text("null")), 0);
	assert_string_equal(app_trace(&a), "emit / [\"tea\",1,null]\n");
	assert_int_equal(a.handler.timer(a.handler.ctx, unasked(&a, "/"), text("coffee"), text("null")), 0);
	assert_string_equal(app_trace(&a), "");
	assert_non_null(strstr(app_log(&a), "io.on_timer \"coffee\" is due"));
	assert_int_equal(a.handler.timer(a.handler.ctx, unasked(&a, "/gone"), text("tea"), text("null")), POLLUX_NOT_FOUND);
	assert_non_null(strstr(app_log(&a), "no such namespace"));
	app_close(&a);
}

/* What it looks up and changes is stored as in any event. */
static void test_timer_with_sockets(void **state)
{
	struct app a = app_load("local io = require 'pollux'; io.on_timer('t', function(id) "
				"for _, s in ipairs(io.fetch_sockets()) do s.data.n = 1; s:emit('e') end end)", 0);

	(void)state;
	assert_int_equal(a.handler.timer(a.handler.ctx, unasked(&a, "/"), text("t"), text("null")), 0);
	assert_string_equal(app_trace(&a), "emit / to s1 direct [\"e\"]\ndata / s1 {\"n\":1}\n");
	app_close(&a);
}

static void test_timer_fails(void **state)
{
	struct app a = app_load("local io = require 'pollux'; io.on_timer('t', function() error('oh dear') end)", 0);

	(void)state;
	assert_int_equal(a.handler.timer(a.handler.ctx, unasked(&a, "/"), text("t"), text("null")), POLLUX_REFUSED);
	assert_non_null(strstr(app_log(&a), "timer \"t\": "));
	app_close(&a);
}

/* Limits are those of any event; the next one is none the worse for it. */
static void test_timer_without_end(void **state)
{
	struct app a = app_load("local io = require 'pollux'; io.set { handler_instructions = 100000 }; "
				"io.on_timer('loop', function() while true do pcall(error) end end); io.on_timer('t', function() io.emit('e') end); "
				"io.every(1, function() ('x'):rep(1 << 30) end)", 0);

	(void)state;
	assert_true(a.handler.timer(a.handler.ctx, unasked(&a, "/"), text("loop"), text("null")) < 0);
	assert_non_null(strstr(app_log(&a), "timer \"loop\": "));
	assert_true(a.handler.repeat(a.handler.ctx, unasked(&a, "/"), text("1")) < 0);
	assert_int_equal(a.handler.timer(a.handler.ctx, unasked(&a, "/"), text("t"), text("null")), 0);
	assert_string_equal(app_trace(&a), "emit / [\"e\"]\n");
	app_close(&a);
}

static void test_cancel(void **state)
{
	(void)state;
	expect_trace("socket:emit('e', io.cancel(77), io.cancel(78))", "", "cancel 77\ncancel 78\nemit / to s1 direct [\"e\",true,false]\n");
	expect_error("io.cancel('x')", "", "number expected");
}

static void test_every(void **state)
{
	struct app a = app_load("local io = require 'pollux'; local n = 0; io.every(1, function() n = n + 1; io.emit('n', n) end); "
				"io.every(0.25, 'named', function() io.emit('named') end); io.of('/a').every(60, function() end); io.every(3600, print)", 0);
	const struct repeated *r = a.handler.repeated;

	(void)state;
	assert_int_equal(a.handler.repeated_count, 4);
	assert_string_equal(r[0].name, "1");
	assert_string_equal(r[0].nsp, "/");
	assert_int_equal(r[0].every_ms, 1000);
	assert_string_equal(r[1].name, "named");
	assert_int_equal(r[1].every_ms, 250);
	assert_string_equal(r[2].name, "1");
	assert_string_equal(r[2].nsp, "/a");
	assert_string_equal(r[3].name, "3");
	assert_int_equal(a.handler.repeat(a.handler.ctx, unasked(&a, "/"), text("1")), 0);
	assert_int_equal(a.handler.repeat(a.handler.ctx, unasked(&a, "/"), text("1")), 0);
	assert_string_equal(app_trace(&a), "emit / [\"n\",2]\n");
	assert_int_equal(a.handler.repeat(a.handler.ctx, unasked(&a, "/"), text("named")), 0);
	assert_string_equal(app_trace(&a), "emit / [\"named\"]\n");
	app_close(&a);
}

/* --- acknowledgements that are over --- */

#define ASKING "local io = require 'pollux'; " \
	"io.on_ack('got', print, function(socket, context) io.emit('late', socket.id, socket.connected, context, socket:join('r')) end); " \
	"io.on_acks('all', function(context, answers, missing) io.emit('all', context, answers, missing) end); "

static void test_unanswered(void **state)
{
	struct app a = app_load(ASKING, 0);

	(void)state;
	fake_event_begin(a.ev, a.socket);
	assert_int_equal(a.handler.unanswered(a.handler.ctx, a.ev, "s1", text("[\"got\",{}]")), 0);
	assert_string_equal(app_trace(&a), "join / s1 r\nemit / [\"late\",\"s1\",true,{},true]\n");
	assert_int_equal(a.handler.unanswered(a.handler.ctx, unasked(&a, "/"), "s9", text("[\"got\",1]")), 0);
	assert_string_equal(app_trace(&a), "emit / [\"late\",\"s9\",false,1,false,\"gone\"]\n");
	assert_int_equal(a.handler.unanswered(a.handler.ctx, unasked(&a, "/"), "s9", text("[\"none\",1]")), 0);
	assert_string_equal(app_trace(&a), "");
	app_close(&a);
}

static void test_answers(void **state)
{
	struct app a = app_load(ASKING, 0);
	const struct answer answers[] = {
		{"s1", {"[1,null,{\"a\":1.0}]", 18}, {NULL, 0}},
		{"s2", {"[{\"_placeholder\":true,\"num\":0}]", 31}, {"\0\0\0\3bin", 7}},
		{"s3", {NULL, 0}, {NULL, 0}},
		{"s4", {NULL, 0}, {NULL, 0}},
	};

	(void)state;
	assert_int_equal(a.handler.answers(a.handler.ctx, unasked(&a, "/"), text("[\"all\",\"c\"]"), answers, 4), 0);
	assert_string_equal(app_trace(&a), "emit / [\"all\",\"c\",[{\"args\":[1,null,{\"a\":1.0}],\"id\":\"s1\"},"
			    "{\"args\":[{\"_placeholder\":true,\"num\":0}],\"id\":\"s2\"}],[\"s3\",\"s4\"]] <bin>\n");
	assert_int_equal(a.handler.answers(a.handler.ctx, unasked(&a, "/"), text("[\"all\",null]"), NULL, 0), 0);
	assert_string_equal(app_trace(&a), "emit / [\"all\",null,[],[]]\n");
	app_close(&a);
}

static struct app run_asking(const char *body)
{
	char source[1000];
	struct app a;

	snprintf(source, sizeof(source), ASKING "io.on_ack('never', print); io.on('x', function(socket) %s end)", body);
	a = app_load(source, 0);
	app_event(&a, "[\"x\"]", -1);
	return a;
}

static void test_asking_many(void **state)
{
	static const struct {
		const char *call, *trace;
	} rows[] = {
		{"io.to('r'):to('q'):except('z'):timeout(500):emit_with_ack('all', 1, 'e', 2)", "emit / to r,q except z [\"e\",2] asks [\"all\",1] within 500\n"},
		{"io.timeout(500):to('r'):emit_with_ack('all', nil, 'e')", "emit / to r [\"e\"] asks [\"all\",null] within 500\n"},
		{"io.timeout(500):emit_with_ack('all', nil, 'e')", "emit / [\"e\"] asks [\"all\",null] within 500\n"},
		{"socket.broadcast:timeout(1):emit_with_ack('all', nil, 'e')", "emit / except s1 [\"e\"] asks [\"all\",null] within 1\n"},
		{"socket:timeout(30):emit_with_ack('got', 1, 'e')", "emit / to s1 direct [\"e\"] asks [\"got\",1] within 30\n"},
		{"socket:timeout(30):emit('e')", "emit / to s1 direct [\"e\"]\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct app a = run_asking(rows[i].call);

		assert_string_equal(app_trace(&a), rows[i].trace);
		app_close(&a);
	}
}

static void test_mistakes_of_asking(void **state)
{
	static const struct {
		const char *call, *word;
	} rows[] = {
		{"io.emit_with_ack('all', 1, 'e')", "timeout(milliseconds)"},
		{"io.to('r'):emit_with_ack('all', 1, 'e')", "timeout(milliseconds)"},
		{"io.timeout(5):emit_with_ack('got', 1, 'e')", "no io.on_acks handler 'got'"},
		{"io.timeout(5):emit_with_ack(1, 1, 'e')", "first the name of an io.on_acks handler"},
		{"socket:timeout(5):emit_with_ack('all', 1, 'e')", "no io.on_ack handler 'all'"},
		{"socket:timeout(5):emit_with_ack('never', 1, 'e')", "no function for timeouts"},
		{"socket:timeout(0)", "1 to 86400000"},
		{"io.timeout(86400001)", "1 to 86400000"},
		{"io.timeout('soon')", "number expected"},
		{"io.timeout(1.5)", "no integer"},
		{"io.on_acks('late', print)", "while the file loads"},
		{"io.on_timer('late', print)", "while the file loads"},
		{"io.every(1, print)", "while the file loads"},
		{"io.on_server_side('late', print)", "while the file loads"},
		{"io.after(1, 'tea')", "no io.on_timer handler 'tea' in /"},
		{"io.after(1, print)", "the name of an io.on_timer handler"},
		{"io.after(-1, 'tea')", "from 0 seconds"},
		{"io.after(0/0, 'tea')", "from 0 seconds"},
		{"io.after('soon', 'tea')", "number expected"},
		{"io.server_side_emit(1)", "must be a string"},
		{"io.server_side_emit('disconnect')", "reserved"},
		{"io.server_side_emit('x', print)", "argument 1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct app a = run_asking(rows[i].call);

		if (a.result >= 0 || !strstr(app_log(&a), rows[i].word))
			fail_msg("%s: %d", rows[i].call, a.result);
		assert_string_equal(app_trace(&a), "");
		app_close(&a);
	}
}

static void test_mistakes_of_registering(void **state)
{
	static const char *const wrong[] = {
		"io.on_ack('x', print, 5)", "io.on_acks('x')", "io.on_acks(5, print)", "io.on_acks('x', print) io.on_acks('x', print)",
		"io.on_timer('x')", "io.on_timer('x', print) io.on_timer('x', print)", "io.every(0.01, print)", "io.every('x', print)", "io.every(1)",
		"io.every(1, '', print)", "io.every(1, 'a', print) io.every(2, 'a', print)", "io.every(1, ('x'):rep(256), print)",
		"for i = 1, 101 do io.every(1, print) end", "io.on_server_side('x')", "io.on_server_side(5, print)", "io.after(1, 'x')", "io.cancel(1)",
		"io.server_side_emit('x')", "io.store.get('x')", "io.store.set('x', 1)", "io.store.list()", "io.store.x = 1",
	};
	char source[200];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct app a;

		snprintf(source, sizeof(source), "local io = require 'pollux' %s", wrong[i]);
		a = app_load(source, POLLUX_REFUSED);
		app_close(&a);
	}
}

/* --- events for the other processes --- */

static void test_server_side(void **state)
{
	struct app a = app_load("local io = require 'pollux'; local cached = 0; "
				"io.on_server_side('cache', function(n, b) cached = n; io.emit('cached', n, b) end); "
				"io.on_server_side('cache', function(n) io.emit('again', cached) end); "
				"io.on('x', function(socket) io.server_side_emit('cache', 1, io.binary('b')) end)", 0);
	struct text bytes = {"bin", 3};
	struct incoming in = {{"[\"cache\",7,{\"_placeholder\":true,\"num\":0}]", 41}, &bytes, 1, -1}, other = {{"[\"other\",7]", 11}, NULL, 0, -1};

	(void)state;
	app_event(&a, "[\"x\"]", -1);
	assert_string_equal(app_trace(&a), "server side / [\"cache\",1,{\"_placeholder\":true,\"num\":0}] <b>\n");
	assert_int_equal(a.handler.server_side(a.handler.ctx, unasked(&a, "/"), &in), 0);
	assert_string_equal(app_trace(&a), "emit / [\"cached\",7,{\"_placeholder\":true,\"num\":0}] <bin>\nemit / [\"again\",7]\n");
	assert_int_equal(a.handler.server_side(a.handler.ctx, unasked(&a, "/"), &other), 0);
	assert_string_equal(app_trace(&a), "");
	app_close(&a);
}

/* --- the store --- */

static void test_store(void **state)
{
	(void)state;
	expect_trace("io.store.set('k', a); socket:emit('e', io.store.get('k'), io.store.get('none'))", "{\"a\":[1.0,null,{}]}",
		     "set k {\"a\":[1.0,null,{}]} 0\nemit / to s1 direct [\"e\",{\"a\":[1.0,null,{}]},null]\n");
	expect_trace("io.store.set('k', io.null); socket:emit('e', io.store.get('k') == io.null)", "", "set k null 0\nemit / to s1 direct [\"e\",true]\n");
	expect_trace("socket:emit('e', io.store.set('k', 1, { expire = 500, if_absent = true }), io.store.set('k', 2, { if_absent = true }))", "",
		     "set k 1 500\nemit / to s1 direct [\"e\",true,false]\n");
	expect_trace("socket:emit('e', io.store.add('n'), io.store.add('n', 5), io.store.add('n', -10))", "", "emit / to s1 direct [\"e\",1,6,-4]\n");
	expect_trace("io.store.add('n'); socket:emit('e', io.store.delete('n'), io.store.delete('n'))", "", "emit / to s1 direct [\"e\",true,false]\n");
	expect_trace("io.store.add('n'); socket:emit('e', io.store.expire('n', 5), io.store.expire('n'), io.store.expire('x', 5))", "",
		     "expire n 5\nexpire n 0\nemit / to s1 direct [\"e\",true,true,false]\n");
	expect_trace("io.store.set('a', { 1 }); io.store.set('b', 'x'); socket:emit('e', io.store.list{ prefix = 'p', after = 'q', limit = 3 })", "",
		     "set a [1] 0\nset b \"x\" 0\nlist p q 3\nemit / to s1 direct [\"e\",[{\"key\":\"a\",\"value\":[1]},{\"key\":\"b\",\"value\":\"x\"}]]\n");
	expect_trace("socket:emit('e', io.store.list())", "", "list   100\nemit / to s1 direct [\"e\",[]]\n");
	expect_trace("io.store.list(a)", "{\"prefix\":\"p\"}", "list p  100\n");
	/* what is read is the event's own: writing to it changes the store only when it is set */
	expect_trace("io.store.set('k', { n = 1 }); local v = io.store.get('k'); v.n = 2; socket:emit('e', v, io.store.get('k'))", "",
		     "set k {\"n\":1} 0\nemit / to s1 direct [\"e\",{\"n\":2},{\"n\":1}]\n");
}

static void test_mistakes_of_the_store(void **state)
{
	static const struct {
		const char *call, *word;
	} rows[] = {
		{"io.store.get()", "io.store.get: the key must be a string"},
		{"io.store:get('k')", "called with a dot"},
		{"io.store.get('')", "1 to 512 bytes"},
		{"io.store.get(('x'):rep(513))", "1 to 512 bytes"},
		{"io.store.get('\\xff')", "UTF-8"},
		{"io.store.set('k')", "nil is no value"},
		{"io.store.set('k', print)", "value: "},
		{"io.store.set('k', { a = { io.binary('b') } })", "value.a[1]: "},
		{"io.store.set('k', ('x'):rep(1048575))", "at most 1048576 bytes"},
		{"io.store.set('k', 1, { expires = 5 })", "unknown option 'expires'"},
		{"io.store.set('k', 1, { expire = 0 })", "above 0"},
		{"io.store.set('k', 1, { expire = 0.5 })", "above 0"},
		{"io.store.set('k', 1, 5)", "table expected"},
		{"io.store.set('k', 'x'); io.store.add('k')", "'k' is no integer"},
		{"io.store.add('k', 'x')", "number expected"},
		{"io.store.add('k', 1.5)", "no integer"},
		{"io.store.expire('k', 'x')", "above 0"},
		{"io.store.list('x')", "table expected"},
		{"io.store.list{ limit = 1001 }", "1 to 1000"},
		{"io.store.list{ prefix = 5 }", "prefix must be a string"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_error(rows[i].call, "", rows[i].word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after),
		cmocka_unit_test(test_timer_runs),
		cmocka_unit_test(test_timer_with_sockets),
		cmocka_unit_test(test_timer_fails),
		cmocka_unit_test(test_timer_without_end),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_every),
		cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_asking_many),
		cmocka_unit_test(test_mistakes_of_asking),
		cmocka_unit_test(test_mistakes_of_registering),
		cmocka_unit_test(test_server_side),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_mistakes_of_the_store),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}
