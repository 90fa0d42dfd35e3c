/* What an application may require: json, files beside it, tokens, secrets; and what `pollux check` says. */
#include "config.h"
#include "tests/unit/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/lua_fixture.h"

static char folder[64];

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

/* An application in the folder of its own, whose text is this. */
static struct app load(const char *text, int expect)
{
	put("app.lua", text, 0644);
	return app_load_file(path_of("app.lua"), expect);
}

static void expect_refusal(const char *text, const char *word)
{
	struct app a = load(text, POLLUX_REFUSED);
	const char *log = app_log(&a);

	if (!strstr(log, word))
		print_message("%s: expected \"%s\" in: %s\n", text, word, log);
	assert_non_null(strstr(log, word));
	app_close(&a);
}

/* What the handler of x in this application emits. */
static void expect_emits(const char *text, const char *trace)
{
	struct app a = load(text, 0);

	if (app_event(&a, "[\"x\"]", -1) || strcmp(app_trace(&a), trace) != 0)
		print_message("%s: %s\n%s\n", text, app_log(&a), app_trace(&a));
	assert_string_equal(app_trace(&a), trace);
	app_close(&a);
}

static int make_folder(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/pollux-modules.XXXXXX");
	if (!mkdtemp(folder) || mkdir(path_of("sub"), 0755) < 0)
		return -1;
	return lua_setup(state);
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"app.lua", "util.lua", "sub/deep.lua", "bad.lua", "loop.lua", "other.lua", "fails.lua", "out.lua", "in.lua", "key",
		"sets.lua", "key-link"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(path_of(names[i]));
	rmdir(path_of("sub"));
	return rmdir(folder);
}

static void test_json(void **state)
{
	(void)state;
	expect_trace("local json = require 'json'; io.emit('y', json.encode { a = { 1, io.null }, b = io.array {} }, json.encode(nil), json.encode('\"'), json.encode(1.0))", "",
		     "emit / [\"y\",\"{\\\"a\\\":[1,null],\\\"b\\\":[]}\",\"null\",\"\\\"\\\\\\\"\\\"\",\"1.0\"]\n");
	expect_trace("local json = require 'json'; local t = json.decode(' {\"k\": [1, 2.50, null]} '); io.emit('y', t.k[1], #t.k, t.k[3] == io.null, json.encode(t), t)", "",
		     "emit / [\"y\",1,3,true,\"{\\\"k\\\": [1, 2.50, null]}\",{\"k\": [1, 2.50, null]}]\n");
	expect_trace("local json = require 'json'; io.emit('y', json.decode ' 5 ', json.decode 'true', json.decode '\"\\\\u00e9\"', json.decode 'null' == io.null)", "",
		     "emit / [\"y\",5,true,\"\xc3\xa9\",true]\n");
	expect_trace("local json = require 'json'; io.emit('y', json.decode '[1,]') io.emit('z', json.decode(('['):rep(65) .. (']'):rep(65)))", "",
		     "emit / [\"y\",null,\"malformed JSON\"]\nemit / [\"z\",null,\"JSON nested too deep\"]\n");
	expect_trace("local json = require 'json'; io.emit('y', json.decode(a))", "\"{\\\"deep\\\":[[]]}\"", "emit / [\"y\",{\"deep\":[[]]}]\n");
	expect_error("require 'json'.encode { a = { print } }", "", "json.encode: value.a[1]: a function cannot be sent");
	expect_error("require 'json'.encode(io.binary 'x')", "", "json.encode: value: binary");
	expect_error("require 'json'.encode('\\xff')", "", "not valid UTF-8");
	expect_error("require 'json'.encode(0/0)", "", "nan");
	expect_error("require 'json'.encode()", "", "value expected");
	expect_error("require 'json'.decode({})", "", "string expected");
	expect_error("require 'json'.x = 1", "", "json is read-only");
}

static void test_modules(void **state)
{
	(void)state;
	put("util.lua", "\xef\xbb\xbf#!/usr/bin/lua\nlocal name = ...\nloads = (loads or 0) + 1\nreturn { name = name, twice = function(n) return n * 2 end }", 0644);
	put("sub/deep.lua", "local util = require 'util'; return { six = util.twice(3) }", 0644);
	put("sets.lua", "defined = 7", 0644);
	expect_emits("local io, util, deep = require 'pollux', require 'util', require 'sub.deep'; local sets = require 'sets'\n"
		     "io.on('x', function() io.emit('y', util.name, deep.six, sets, defined, loads, require 'util' == util, require 'pollux' == io) end)",
		     "emit / [\"y\",\"util\",6,true,7,1,true,true]\n");
	put("util.lua", "local io = require 'pollux'; io.on('x', function() io.emit('from', 'util') end)", 0644);
	expect_emits("require 'util'", "emit / [\"from\",\"util\"]\n");
}

static void test_bad_modules(void **state)
{
	char text[256];

	(void)state;
	put("bad.lua", "local x = 1\nlocal = 2", 0644);
	put("loop.lua", "require 'other'", 0644);
	put("other.lua", "require 'loop'", 0644);
	put("fails.lua", "local t = nil\nreturn t.x", 0644);
	put("in.lua", "return 1", 0644);
	expect_refusal("\nrequire 'bad'", "/bad.lua:2: ");
	expect_refusal("require 'fails'", "/fails.lua:2: attempt to index a nil value");
	expect_refusal("require 'loop'", "module 'loop' requires itself");
	snprintf(text, sizeof(text), "module 'sub.none' not found: there is no file %s/sub/none.lua", folder);
	expect_refusal("require 'sub.none'", text);
	expect_refusal("require 'sub'", "not found");
	assert_int_equal(symlink("in.lua", path_of("out.lua")), 0);
	expect_emits("local io = require 'pollux'; local n = require 'out'; io.on('x', function() io.emit('y', n) end)", "emit / [\"y\",1]\n");
	unlink(path_of("out.lua"));
	assert_int_equal(symlink("../../../../../../etc/passwd", path_of("out.lua")), 0);
	expect_refusal("require 'out'", "leads out of the application's folder");
	unlink(path_of("out.lua"));
	assert_int_equal(mkfifo(path_of("out.lua"), 0644), 0);
	expect_refusal("require 'out'", "cannot read");
	for (size_t i = 0; i < 11; i++) {
		static const char *const names[] = {"", ".", "..in", "in.", ".in", "sub..in", "../in", "/etc/passwd", "in\\0", "in lua", "sub/deep"};

		snprintf(text, sizeof(text), "require '%s'", names[i]);
		expect_refusal(text, "a name is words with dots in between");
	}
	expect_refusal("require(('a'):rep(129))", "a name is words");
	expect_refusal("require {}", "string expected");
	expect_error("require 'util'", "", "not found: modules are loaded while the file loads");
}

/* The key is 32 bytes of 'k'. */
#define KEY "local key = ('k'):rep(32)\n"
#define VERIFY(token, options) KEY "io.emit('y', io.jwt.verify(" token ", " options "))"

static void test_tokens(void **state)
{
	(void)state;
	expect_trace(KEY "local t = io.jwt.sign({ sub = 'ann', n = 1.5, iat = 5 }, { key = key }); io.emit('y', t, io.jwt.verify(t, { key = key }))", "",
		     "emit / [\"y\",\"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjUsIm4iOjEuNSwic3ViIjoiYW5uIn0.nSY-CtMX6ENz8VGwa2sz3NOt0QOp_-yEjaqSKYC31do\","
		     "{\"iat\":5,\"n\":1.5,\"sub\":\"ann\"}]\n");
	expect_trace(KEY "for _, alg in ipairs { 'HS384', 'HS512' } do local t = io.jwt.sign({}, { key = key, algorithm = alg })\n"
		     "io.emit(alg, (io.jwt.verify(t, { key = key, algorithms = { 'HS256', alg } })).iat > 1e9, io.jwt.verify(t, { key = key })) end", "",
		     "emit / [\"HS384\",true,null,\"algorithm not allowed\"]\nemit / [\"HS512\",true,null,\"algorithm not allowed\"]\n");
	/* signed by another key; a bit flipped; the signature left out; its last character's spare bits */
	expect_trace(VERIFY("io.jwt.sign({ a = 1 }, { key = 'other' })", "{ key = key }"), "", "emit / [\"y\",null,\"wrong signature\"]\n");
	expect_trace(VERIFY("io.jwt.sign({ a = 1 }, { key = key }):gsub('%.eyJ', '.eyK', 1):sub(1)", "{ key = key }"), "", "emit / [\"y\",null,\"malformed token\"]\n");
	expect_trace(VERIFY("io.jwt.sign({ a = 1 }, { key = key }):gsub('[^.]*$', '')", "{ key = key }"), "", "emit / [\"y\",null,\"wrong signature\"]\n");
	expect_trace(VERIFY("io.jwt.sign({ a = 1 }, { key = key }) .. 'A'", "{ key = key }"), "", "emit / [\"y\",null,\"wrong signature\"]\n");
	expect_trace(VERIFY("io.jwt.sign({ a = ('a'):rep(12300) }, { key = key })", "{ key = key }") " io.emit('z', 1)", "",
		     "emit / [\"y\",null,\"malformed token\"]\nemit / [\"z\",1]\n");
	expect_trace(KEY "io.emit('y', #io.jwt.verify(io.jwt.sign({ a = ('a'):rep(11000) }, { key = key }), { key = key }).a)", "", "emit / [\"y\",11000]\n");
	/* alg: none, with and without a signature, in other spellings; HS256 misspelt; none at all */
	expect_trace(VERIFY("'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.'", "{ key = key }"), "", "emit / [\"y\",null,\"algorithm not allowed\"]\n");
	expect_trace(VERIFY("'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.AAAA'", "{ key = key }"), "", "emit / [\"y\",null,\"algorithm not allowed\"]\n");
	expect_trace(VERIFY("'eyJhbGciOiJOb25FIn0.eyJzdWIiOiJhIn0.'", "{ key = key }"), "", "emit / [\"y\",null,\"algorithm not allowed\"]\n");
	expect_trace(VERIFY("'eyJhbGciOiJoczI1NiJ9.eyJzdWIiOiJhIn0.'", "{ key = key }"), "", "emit / [\"y\",null,\"algorithm not allowed\"]\n");
	/* {"alg":"RS256"}, {"alg":"HS256","crit":["exp"]} */
	expect_trace(VERIFY("'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA'", "{ key = key }"), "", "emit / [\"y\",null,\"algorithm not allowed\"]\n");
	expect_trace(VERIFY("'eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiZXhwIl19.e30.AAAA'", "{ key = key }"), "", "emit / [\"y\",null,\"critical header not understood\"]\n");
}

static void test_malformed_tokens(void **state)
{
	static const char *const tokens[] = {"''", "'a'", "'a.b.c'", "'..'", "'e30.e30'", "nil", "{}", "5", "('a'):rep(20000)", "'e30.e30.e30.e30'", "' e30.e30.e30'",
		"'e30.e30.e30\\0'", "'eyJhbGciOiJIUzI1NiJ9.!!!.AAAA'", "'eyJhbGciOiJIUzI1NiJ9=.e30.AAAA'", "io.binary 'e30.e30.e30'"};
	char body[256];

	(void)state;
	for (size_t i = 0; i < COUNT(tokens); i++) {
		snprintf(body, sizeof(body), VERIFY("%s", "{ key = key }"), tokens[i]);
		expect_trace(body, "", "emit / [\"y\",null,\"malformed token\"]\n");
	}
}

/* Claims with a date d seconds from now. */
#define DATED(claim, options, d) VERIFY("io.jwt.sign({ " claim " = io.now() // 1000 + (" d ") }, { key = key })", "{ key = key, " options " }") " "

static void test_claims(void **state)
{
	static const char *const yes = "emit / [\"y\",true]\n";

	(void)state;
	expect_trace(DATED("exp", "", "-1"), "", "emit / [\"y\",null,\"expired\"]\n");
	expect_trace(DATED("exp", "", "0"), "", "emit / [\"y\",null,\"expired\"]\n");
	expect_trace(DATED("nbf", "", "60"), "", "emit / [\"y\",null,\"not valid yet\"]\n");
	expect_trace(KEY "io.emit('y', not not io.jwt.verify(io.jwt.sign({ exp = io.now() // 1000 - 5, nbf = io.now() // 1000 + 5 }, { key = key }), { key = key, leeway = 60 }))",
		     "", yes);
	expect_trace(KEY "io.emit('y', (io.jwt.verify(io.jwt.sign({}, { key = key, expires_in = 60 }), { key = key })).exp > io.now() // 1000 + 50)", "", yes);
	expect_trace(VERIFY("io.jwt.sign({ exp = '2100' }, { key = key })", "{ key = key }"), "", "emit / [\"y\",null,\"malformed token\"]\n");
	expect_trace(VERIFY("io.jwt.sign({ iss = 'me' }, { key = key })", "{ key = key, issuer = 'you' }"), "", "emit / [\"y\",null,\"wrong issuer\"]\n");
	expect_trace(VERIFY("io.jwt.sign({}, { key = key })", "{ key = key, issuer = 'you' }"), "", "emit / [\"y\",null,\"wrong issuer\"]\n");
	expect_trace(VERIFY("io.jwt.sign({ aud = { 'a', 'b' } }, { key = key })", "{ key = key, audience = 'c' }"), "", "emit / [\"y\",null,\"wrong audience\"]\n");
	expect_trace(VERIFY("io.jwt.sign({ aud = { x = 'c' } }, { key = key })", "{ key = key, audience = 'c' }"), "", "emit / [\"y\",null,\"wrong audience\"]\n");
	expect_trace(VERIFY("io.jwt.sign({ aud = { 'a', 'b' }, iss = '\xe2\x80\xa8', iat = 1 }, { key = key })", "{ key = key, audience = 'b', issuer = '\xe2\x80\xa8' }"), "",
		     "emit / [\"y\",{\"aud\":[\"a\",\"b\"],\"iat\":1,\"iss\":\"\xe2\x80\xa8\"}]\n");
	expect_error("io.jwt.verify('', {})", "", "key must be a string or io.secret(file)");
	expect_error("io.jwt.verify('', { key = '' })", "", "key must have from 1");
	expect_error("io.jwt.verify('')", "", "table expected");
	expect_error("io.jwt.verify('', { key = 'k', algorithms = { 'none' } })", "", "there is no algorithm 'none'");
	expect_error("io.jwt.verify('', { key = 'k', algorithms = {} })", "", "algorithms must be a list");
	expect_error("io.jwt.verify('', { key = 'k', algorithm = 'HS256' })", "", "unknown option 'algorithm'");
	expect_error("io.jwt.verify('', { key = 'k', issuer = 5 })", "", "issuer must be a string");
	expect_error("io.jwt.verify('', { key = 'k', leeway = 0.5 })", "", "leeway must be whole seconds");
	expect_error("io.jwt.sign({ 1, 2 }, { key = 'k' })", "", "claims must be a table with names");
	expect_error("io.jwt.sign({ f = print }, { key = 'k' })", "", "io.jwt.sign: claims.f: a function");
	expect_error("io.jwt.sign({}, { key = 'k', algorithm = 'RS256' })", "", "there is no algorithm 'RS256'");
}

#define SECRET "local io = require 'pollux'; local key = io.secret 'key'\n"

static void test_secrets(void **state)
{
	struct app a;
	char text[256];

	(void)state;
	put("key", "hush hush\r\n", 0600);
	expect_emits(SECRET "io.on('x', function() io.emit('y', tostring(key), key:equals 'hush hush', key:equals 'hush hus', key:equals 'hush husx', key:equals(5),\n"
		     "not not io.jwt.verify(io.jwt.sign({}, { key = key }), { key = 'hush hush' })) end)", "emit / [\"y\",\"secret\",true,false,false,false,true]\n");
	snprintf(text, sizeof(text), "local io = require 'pollux'; local key = io.secret '%s/key'; io.on('x', function() io.emit('y', key:equals 'hush hush') end)", folder);
	expect_emits(text, "emit / [\"y\",true]\n");
	put("key", "hush hush\n", 0640);
	a = load(SECRET "io.log(key, { key }, 'as ' .. tostring(key)) print(key)\n"
		 "io.on('x', function() local t = { key } local ok, why = pcall(function() return key .. 'x' end) io.log(why) error(key) end)\n"
		 "io.on('e', function() io.emit('y', key) end)", 0);
	app_event(&a, "[\"x\"]", -1);
	assert_int_equal(app_event(&a, "[\"e\"]", -1), POLLUX_REFUSED);
	assert_string_equal(app_trace(&a), "");
	assert_null(strstr(app_log(&a), "hush"));
	app_close(&a);
	for (size_t i = 0; i < 6; i++) {
		static const mode_t modes[] = {0644, 0660, 0604, 0601, 0602, 0610};

		put("key", "hush hush", modes[i]);
		expect_refusal(SECRET, "io.secret: key cannot be a secret: others may read it");
	}
	put("key", "\n", 0600);
	expect_refusal(SECRET, "it is empty");
	snprintf(text, sizeof(text), "%s", "local io = require 'pollux'; io.secret 'sub'");
	expect_refusal(text, "no regular file");
	expect_refusal("require 'pollux'.secret 'missing'", "cannot open missing: No such file");
	if (geteuid() == 0) {
		put("key", "hush hush", 0600);
		assert_int_equal(chown(path_of("key"), 12345, (gid_t)-1), 0);
		expect_refusal(SECRET, "another user owns it");
	}
	expect_error("io.secret 'key'", "", "secrets are read while the file loads");
}

static void expect_report(const char *text, int expect, const char *report)
{
	char whole[1024];
	struct buf b;

	put("app.lua", text, 0644);
	buf_init(&b, 65536);
	assert_int_equal(host_check_file(path_of("app.lua"), &b), expect);
	snprintf(whole, sizeof(whole), "%s", b.len ? b.data : "");
	for (char *at; (at = strstr(whole, folder));)
		memmove(at, at + strlen(folder) + 1, strlen(at + strlen(folder)));
	assert_string_equal(whole, report);
	buf_deinit(&b);
}

static void test_check(void **state)
{
	struct buf b;

	(void)state;
	put("util.lua", "return function() leak = 1 end", 0644);
	put("sets.lua", "-- x = 1\ndefined = 7\n", 0644);
	expect_report("local io = require 'pollux'\nrequire 'sets'\nio.on('x', function() io.emit('y', defined, _G.defined) end)", 0, "");
	expect_report("local io = require 'pollux'\nlocal t = { 1,\n2 }\nio.on('x', function(socket)\n\tpritn(socket)\n\tif socket then\n\t\tcount = (count or 0) + 1\n\tend\nend)\n"
		      "require 'util'", 0,
		      "warning: app.lua:5: there is no global 'pritn'\nwarning: app.lua:7: there is no global 'count'\n"
		      "warning: app.lua:7: the global 'count' is assigned in a function, which is an error in a handler\n"
		      "warning: util.lua:1: the global 'leak' is assigned in a function, which is an error in a handler\n");
	expect_report("local _ENV = { x = 1 }\nfunction f() y = x end", 0, "");
	expect_report("function f(a)\n\n\n\n\ta = {\n\n\t\ta,\n\t}\n\n\ty = a\nend", 0,
		      "warning: app.lua:10: the global 'y' is assigned in a function, which is an error in a handler\n");
	expect_report("local function f() return function() y = 2 end end", 0,
		      "warning: app.lua:1: the global 'y' is assigned in a function, which is an error in a handler\n");
	expect_report("setmetatable(_G, { __index = function() error 'never' end })\nfunction f() return missing end", 0, "");
	expect_report("x = = 1", POLLUX_REFUSED, "error: app.lua:1: unexpected symbol near '='\n");
	expect_report("\n\nrequire 'pollux'.set { pathh = '/x' }", POLLUX_REFUSED,
		      "error: app.lua:3: io.set: unknown setting 'pathh' (did you mean 'path'?)\nstack traceback:\n\t[C]: in field 'set'\n\tapp.lua:3: in main chunk\n\t[C]: in ?\n");
	buf_init(&b, 1024);
	assert_int_equal(host_check_file("/nowhere/app.lua", &b), POLLUX_NOT_FOUND);
	assert_string_equal(b.data, "error: cannot open /nowhere/app.lua: No such file or directory\n");
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_bad_modules),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_malformed_tokens),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
