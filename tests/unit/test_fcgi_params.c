/* CGI variables to an exchange: paths, queries, headers, who asks, limits. */
#include "config.h"
#include "fcgi/params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define VARS(...) ((char *[]){ __VA_ARGS__, NULL })

static char *make(struct exchange *x, char *const *vars)
{
	struct params p;
	char *text;

	memset(x, 0, sizeof(*x));
	assert_int_equal(params_init(&p, vars, 100), 0);
	text = params_finish(&p, x);
	assert_non_null(text);
	params_deinit(&p);
	return text;
}

static void test_targets(void **state)
{
	static const struct {
		char *vars[5];
		const char *path, *query;
	} table[] = {
		{ { "REQUEST_URI=/socket.io/?EIO=4&t=x", "QUERY_STRING=EIO=4&t=x" }, "/socket.io/", "EIO=4&t=x" },
		{ { "REQUEST_URI=/socket.io/?EIO=4" }, "/socket.io/", "EIO=4" },
		{ { "REQUEST_URI=/a", "QUERY_STRING=rewritten=1" }, "/a", "rewritten=1" },
		{ { "REQUEST_URI=/a?", "QUERY_STRING=" }, "/a", "" },
		{ { "REQUEST_URI=/a?b?c", "QUERY_STRING=" }, "/a", "b?c" },
		{ { "REQUEST_URI=http://host:80/a/b?c=http://d/" }, "/a/b", "c=http://d/" },
		{ { "REQUEST_URI=https://host" }, "/", "" },
		{ { "REQUEST_URI=https://host?x=1" }, "/", "x=1" },
		{ { "REQUEST_URI=/a?u=http://host/b" }, "/a", "u=http://host/b" },
		{ { "REQUEST_URI=/a//b/%2e%2e/c" }, "/a//b/%2e%2e/c", "" },
		{ { "REQUEST_URI=*" }, "*", "" },
		{ { "REQUEST_URI=?x" }, "/", "x" },
		{ { "REQUEST_URI=/uri", "SCRIPT_NAME=/script", "PATH_INFO=/info" }, "/uri", "" },
		{ { "SCRIPT_NAME=/cgi-bin/pollux", "PATH_INFO=/socket.io/", "QUERY_STRING=q" }, "/cgi-bin/pollux/socket.io/", "q" },
		{ { "SCRIPT_NAME=/socket.io/" }, "/socket.io/", "" },
		{ { "PATH_INFO=/socket.io/" }, "/socket.io/", "" },
		{ { "REQUEST_URI=", "PATH_INFO=/p" }, "/p", "" },
		{ { "NOTHING=1" }, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct exchange x;
		char *text = make(&x, (char *const *)table[i].vars);

		assert_string_equal(x.path, table[i].path);
		assert_string_equal(x.query, table[i].query);
		free(text);
	}
}

static void test_headers(void **state)
{
	struct exchange x;
	const char *name, *value;
	char *text = make(&x,
		VARS("HTTP_X_FORWARDED_FOR=1.2.3.4", "PATH=/bin", "HTTP_ORIGIN=http://a=b", "CONTENT_TYPE=text/plain",
			"HTTP_CONTENT_TYPE=text/plain", "CONTENT_LENGTH=", "HTTP_CONTENT_LENGTH=3", "HTTP_=x",
			"HTTP_EMPTY=", "REQUEST_METHOD=POST", "REMOTE_ADDR=::1"));
	static const char *const want[][2] = {
		{ "x-forwarded-for", "1.2.3.4" },
		{ "origin", "http://a=b" },
		{ "content-type", "text/plain" },
		{ "empty", "" },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(params_header_at(text, i, &name, &value));
		assert_string_equal(name, want[i][0]);
		assert_string_equal(value, want[i][1]);
		assert_string_equal(params_header(text, name), value);
	}
	assert_false(params_header_at(text, 4, &name, &value));
	assert_null(params_header(text, "1.2.3.4"));
	assert_null(params_header(text, "content-length"));
	assert_null(params_header(text, "path"));
	assert_null(params_header(NULL, "origin"));
	assert_string_equal(x.method, "POST");
	assert_string_equal(x.peer, "::1");
	assert_int_equal(x.body_len, 0);
	assert_string_equal(x.body, "");
	free(text);
}

static void test_secure(void **state)
{
	static const struct {
		const char *var;
		bool secure;
	} table[] = {
		{ "HTTPS=on", true },
		{ "HTTPS=1", true },
		{ "HTTPS=off", false },
		{ "HTTPS=OFF", false },
		{ "HTTPS=", false },
		{ "REQUEST_SCHEME=https", true },
		{ "REQUEST_SCHEME=http", false },
		{ "HTTPSX=on", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct exchange x;
		char *text = make(&x, VARS((char *)(uintptr_t)table[i].var));

		assert_int_equal(x.secure, table[i].secure);
		free(text);
	}
}

static void test_content_length(void **state)
{
	static const struct {
		char *var;
		long long length;
	} table[] = {
		{ "CONTENT_LENGTH=0", 0 },
		{ "CONTENT_LENGTH=123", 123 },
		{ "CONTENT_LENGTH=", -1 },
		{ "CONTENT_LENGTH=-1", -1 },
		{ "CONTENT_LENGTH=+1", -1 },
		{ "CONTENT_LENGTH=12x", -1 },
		{ "CONTENT_LENGTH= 1", -1 },
		{ "CONTENT_LENGTH=99999999999999999999", -1 },
		{ "X=1", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct params p;

		assert_int_equal(params_init(&p, VARS(table[i].var), 10), 0);
		assert_true(p.content_length == table[i].length);
		params_deinit(&p);
	}
}

static void test_too_many_variables(void **state)
{
	char *big = malloc(1100000);
	struct params p;

	(void)state;
	memset(big, 'x', 1100000);
	memcpy(big, "HTTP_BIG=", 9);
	big[1099999] = '\0';
	assert_int_equal(params_init(&p, VARS(big), 10000000), POLLUX_TOO_BIG);
	params_deinit(&p);
	assert_int_equal(params_init(&p, VARS(big), 10), POLLUX_TOO_BIG);
	params_deinit(&p);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_secure),
		cmocka_unit_test(test_content_length),
		cmocka_unit_test(test_too_many_variables),
	};

	return cmocka_run_group_tests_name("fcgi_params", tests, NULL, NULL);
}
