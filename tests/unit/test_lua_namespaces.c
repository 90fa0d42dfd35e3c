/* Dynamic namespaces: patterns, functions, their children. */
#include "config.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "tests/unit/lua_fixture.h"

static int admit(struct app *a, const char *nsp, const char *auth)
{
	fake_event_begin(a->ev, -1);
	return a->handler.namespace_exists(a->handler.ctx, a->ev, nsp, (struct text){auth, strlen(auth)});
}

static void expect_of(struct app *a, const char *event, const char *trace)
{
	if (app_event(a, event, -1))
		print_message("%s: %s\n", event, app_log(a));
	assert_int_equal(a->result, 0);
	assert_string_equal(app_trace(a), trace);
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *yes, *no;
	} rows[] = {
		{"/tenant%-%d+", "/tenant-12", "/tenant-"},
		{"/tenant%-%d+", "/tenant-1", "/tenant-1x"},
		{"^/tenant%-%d+$", "/tenant-12", "/x/tenant-12"},
		{"/a.", "/ab", "/abc"},
		{"/a.-", "/abc", "a"},
		{"/cost%$", "/cost$", "/cost"},
		{"/(%a)%1", "/aa", "/ab"},
		{"/%d*", "/1", "/one"},
	};
	char source[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(source, sizeof(source), "require 'pollux'.of_pattern '%s'", rows[i].pattern);
		struct app a = app_load(source, 0);

		assert_int_equal(admit(&a, rows[i].yes, "{}"), 0);
		assert_string_equal(app_trace(&a), "");
		assert_int_equal(admit(&a, rows[i].no, "{}"), POLLUX_NOT_FOUND);
		app_close(&a);
	}
}

static void test_refused_patterns(void **state)
{
	static const struct {
		const char *source, *word;
	} rows[] = {
		{"io.of_pattern 'tenant'", "begins with a slash"},
		{"io.of_pattern '^tenant'", "begins with a slash"},
		{"io.of_pattern()", "string expected"},
		{"io.of_pattern '/\\0'", "zero byte"},
		{"io.of_pattern '/[a'", "malformed pattern"},
		{"io.of(5)", "string expected"},
	};
	char source[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(source, sizeof(source), "local io = require 'pollux'; %s", rows[i].source);
		struct app a = app_load(source, POLLUX_REFUSED);
		const char *log = app_log(&a);

		if (!strstr(log, rows[i].word))
			print_message("%s: %s\n", rows[i].source, log);
		assert_non_null(strstr(log, rows[i].word));
		app_close(&a);
	}
	expect_error("io.of_pattern '/x'", "", "while the file loads");
	expect_error("io.of(function() end)", "", "while the file loads");
	expect_error("io.of '/x'", "", "there is no namespace '/x'");
}

#define TENANTS "local io = require 'pollux'\n" \
	"local tenants = io.of_pattern '/tenant%-%d+'\n" \
	"local kept, target = {}\n" \
	"tenants.use(function(socket) socket.data.nsp = socket.nsp end)\n" \
	"tenants.on('connection', function(socket) socket:emit('welcome', socket.nsp) end)\n" \
	"tenants.on('x', function(socket, n) io.of(socket.nsp).emit('x', n); socket:to('r'):emit('y') end)\n" \
	"tenants.on('keep', function(socket) kept.io = io.of(socket.nsp); kept.to = kept.io.to('r'):except('s') end)\n" \
	"tenants.on('use', function(socket) kept.io.emit('kept'); kept.to:emit('kept too') kept.io.volatile:emit('and') end)\n" \
	"tenants.on('here', function(socket) io.emit('here', #io.of(socket.nsp).fetch_sockets()) end)\n" \
	"io.on('all', function(socket, ...) io.emit('n', (tenants.emit('all', ...))) tenants.to('r'):except('s').volatile:emit('all') end)\n" \
	"io.on('some', function(socket) io.of('tenant-2').emit('some'); io.of('/tenant-77').emit('none yet') end)\n" \
	"io.on('not', function(socket, what) local ok, why = pcall(function()\n" \
	"	if what == 'fetch' then tenants.fetch_sockets() elseif what == 'join' then tenants.in_('r'):sockets_join('q')\n" \
	"	elseif what == 'part' then tenants.disconnect_sockets() elseif what == 'history' then tenants.history('r')\n" \
	"	elseif what == 'rooms' then tenants.rooms() elseif what == 'leave' then tenants.sockets_leave('q')\n" \
	"	else tenants.to('r'):once('k'):emit('x') end end)\n" \
	"	if not ok then io.emit('not', why:match 'for all namespaces') end end)\n"

static void test_children(void **state)
{
	struct app a = app_load(TENANTS, 0);
	int one = fake_event_add(a.ev, "/tenant-1", "t1", "{}"), two = fake_event_add(a.ev, "/tenant-2", "t2", "{}");

	(void)state;
	fake_event_begin(a.ev, one);
	assert_int_equal(a.handler.admit(a.handler.ctx, a.ev, NULL), 0);
	assert_string_equal(app_trace(&a), "data /tenant-1 t1 {\"nsp\":\"/tenant-1\"}\n");
	fake_event_begin(a.ev, one);
	assert_int_equal(a.handler.connection(a.handler.ctx, a.ev), 0);
	assert_string_equal(app_trace(&a), "emit /tenant-1 to t1 direct [\"welcome\",\"/tenant-1\"]\n");
	a.socket = two;
	expect_of(&a, "[\"x\",5]", "emit /tenant-2 [\"x\",5]\nemit /tenant-2 to r except t2 [\"y\"]\n");
	expect_of(&a, "[\"here\"]", "emit / [\"here\",1]\n");
	a.socket = 0;
	expect_of(&a, "[\"all\",1]", "emit /tenant-1 [\"all\",1]\nemit /tenant-2 [\"all\",1]\nemit / [\"n\",2]\n"
				     "emit /tenant-1 to r except s volatile [\"all\"]\nemit /tenant-2 to r except s volatile [\"all\"]\n");
	expect_of(&a, "[\"some\"]", "emit /tenant-2 [\"some\"]\nemit /tenant-77 [\"none yet\"]\n");
	app_close(&a);
}

/* What is for one namespace alone. */
static void test_parent(void **state)
{
	static const char *const what[] = {"fetch", "join", "leave", "part", "history", "rooms", "once"};
	struct app a = app_load(TENANTS, 0);
	char event[64];

	(void)state;
	fake_event_add(a.ev, "/tenant-1", "t1", "{}");
	for (size_t i = 0; i < COUNT(what); i++) {
		snprintf(event, sizeof(event), "[\"not\",\"%s\"]", what[i]);
		expect_of(&a, event, "emit / [\"not\",\"for all namespaces\"]\n");
	}
	app_close(&a);
}

/* Modules and targets of children are good as long as a script keeps them, though the process forgets children. */
static void test_kept(void **state)
{
	struct app a = app_load(TENANTS, 0);
	char name[32];

	(void)state;
	a.socket = fake_event_add(a.ev, "/tenant-1", "t1", "{}");
	expect_of(&a, "[\"keep\"]", "");
	a.ev->quiet = true;
	for (int i = 0; i < 3000; i++) {
		struct fake_socket *s = &a.ev->sockets[0];

		snprintf(name, sizeof(name), "/tenant-%d", i + 10);
		memcpy(s->nsp, name, sizeof(name));
		a.socket = 0;
		assert_int_equal(app_event(&a, "[\"x\",1]", -1), 0);
	}
	a.ev->quiet = false;
	a.socket = 1;
	expect_of(&a, "[\"use\"]", "emit /tenant-1 [\"kept\"]\nemit /tenant-1 to r except s [\"kept too\"]\nemit /tenant-1 volatile [\"and\"]\n");
	app_close(&a);
}

static void test_named_first(void **state)
{
	struct app a = app_load("local io = require 'pollux'\n"
				"io.of_pattern('/a.*').on('x', function() io.emit('first pattern') end)\n"
				"io.of_pattern('/ab.*').on('x', function() io.emit('second pattern') end)\n"
				"io.of('/abc').on('x', function() io.emit('named') end)",
				0);

	(void)state;
	a.socket = fake_event_add(a.ev, "/abc", "s2", "{}");
	expect_of(&a, "[\"x\"]", "emit / [\"named\"]\n");
	a.socket = fake_event_add(a.ev, "/abd", "s3", "{}");
	expect_of(&a, "[\"x\"]", "emit / [\"first pattern\"]\n");
	app_close(&a);
}

/* What a function said counts in every process, until a client is told otherwise. */
static void test_functions(void **state)
{
	const char *source = "local io = require 'pollux'\n"
			     "local odd = io.of(function(name, auth) if auth.fail then error 'no' end return auth.token == 'odd' and #name % 2 == 1 end)\n"
			     "local pattern = io.of_pattern '/abc.*'\n"
			     "local any = io.of(function(name, auth) return auth.token ~= nil end)\n"
			     "odd.on('x', function() io.emit('odd') end)\n"
			     "pattern.on('x', function() io.emit('pattern') end)\n"
			     "any.on('x', function(socket) io.emit('any'); any.emit('to any') end)";
	struct app a = app_load(source, 0);

	(void)state;
	assert_int_equal(admit(&a, "/x", "{}"), POLLUX_NOT_FOUND);
	assert_string_equal(app_trace(&a), "");
	assert_int_equal(admit(&a, "/x", "{\"token\":1}"), 0);
	assert_string_equal(app_trace(&a), "parent /x function 2\n");
	assert_int_equal(admit(&a, "/abc1", "{}"), 0);
	assert_string_equal(app_trace(&a), "parent /abc1 -\n");
	assert_int_equal(admit(&a, "/abcd", "{\"token\":\"odd\"}"), 0);
	assert_string_equal(app_trace(&a), "parent /abcd function 1\n");
	assert_int_equal(admit(&a, "/x", "{\"fail\":true}"), POLLUX_REFUSED);
	assert_non_null(strstr(app_log(&a), "io.of's function"));
	assert_int_equal(admit(&a, "/x,y", "{\"token\":1}"), POLLUX_NOT_FOUND);
	a.socket = fake_event_add(a.ev, "/abcd", "s2", "{}");
	expect_of(&a, "[\"x\"]", "emit / [\"odd\"]\n");
	a.socket = fake_event_add(a.ev, "/x", "s3", "{}");
	expect_of(&a, "[\"x\"]", "emit / [\"any\"]\nemit /x [\"to any\"]\n");
	/* another process has heard otherwise since */
	for (int i = 0; i < a.ev->parents_count; i++)
		if (strcmp(a.ev->parents[i].nsp, "/x") == 0)
			memcpy(a.ev->parents[i].key, "function 1", sizeof("function 1"));
	expect_of(&a, "[\"x\"]", "emit / [\"odd\"]\n");
	/* now the pattern's: the function refuses */
	assert_int_equal(admit(&a, "/abcd", "{}"), 0);
	a.socket = 1;
	expect_of(&a, "[\"x\"]", "emit / [\"pattern\"]\n");
	app_close(&a);
}

static void test_store_fails(void **state)
{
	struct app a = app_load("local io = require 'pollux'; local any = io.of(function() return true end); any.on('x', function() end)\n"
				"any.use(function() return nil, 'no' end); any.on('disconnect', function() end)\n"
				"io.on('y', function() io.of '/z' end)", 0);
	struct buf refusal;

	(void)state;
	a.socket = fake_event_add(a.ev, "/x", "s2", "{}");
	a.ev->fail = POLLUX_DATABASE;
	assert_int_equal(app_event(&a, "[\"x\"]", -1), POLLUX_DATABASE);
	/* and nobody is let in unseen, nor leaves so */
	buf_init(&refusal, 1000);
	fake_event_begin(a.ev, a.socket);
	a.ev->fail = POLLUX_DATABASE;
	assert_int_equal(a.handler.admit(a.handler.ctx, a.ev, &refusal), POLLUX_DATABASE);
	a.ev->fail = POLLUX_DATABASE;
	assert_int_equal(a.handler.disconnect(a.handler.ctx, a.ev, "ping timeout"), POLLUX_DATABASE);
	a.ev->fail = POLLUX_DATABASE;
	assert_int_equal(a.handler.connection(a.handler.ctx, a.ev), POLLUX_DATABASE);
	buf_deinit(&refusal);
	a.ev->fail = POLLUX_NO_SPACE;
	assert_int_equal(admit(&a, "/q", "{}"), POLLUX_NO_SPACE);
	a.socket = 0;
	a.ev->fail = POLLUX_DATABASE;
	assert_int_equal(app_event(&a, "[\"y\"]", -1), POLLUX_DATABASE);
	app_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_refused_patterns),
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_parent),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_named_first),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_store_fails),
	};

	return cmocka_run_group_tests(tests, lua_setup, NULL);
}
