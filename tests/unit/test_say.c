/* Log lines: one line an entry, whatever is in the text; levels; errno. */
#include "config.h"
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"

static int stderr_copy, pipe_fds[2];

/* stderr becomes a pipe until capture_end returns what was written to it. */
static void capture_begin(void)
{
	assert_int_equal(pipe(pipe_fds), 0);
	stderr_copy = dup(STDERR_FILENO);
	assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
	close(pipe_fds[1]);
}

static const char *capture_end(void)
{
	static char out[16384];
	ssize_t n;

	dup2(stderr_copy, STDERR_FILENO);
	close(stderr_copy);
	n = read(pipe_fds[0], out, sizeof(out) - 1);
	close(pipe_fds[0]);
	out[n > 0 ? n : 0] = '\0';
	return out;
}

static void test_line(void **unused)
{
	const char *line;
	char pid[32];

	(void)unused;
	say_set_program("prog");
	capture_begin();
	say(SAY_ERROR, "db", "sid1", "%s %d", "broke", 5);
	line = capture_end();
	snprintf(pid, sizeof(pid), "Z prog[%ld] ", (long)getpid());
	assert_int_equal(strspn(line, "0123456789-T:.Z"), 24);
	assert_non_null(strstr(line, pid));
	assert_non_null(strstr(line, "error db sid1: broke 5\n"));
	capture_begin();
	say(SAY_WARN, "core", NULL, "text");
	line = capture_end();
	assert_non_null(strstr(line, "warning core: text\n"));
}

static void test_control_characters(void **unused)
{
	const char *line;

	(void)unused;
	capture_begin();
	say(SAY_ERROR, "db", "s\nid", "a\nb\x1b[2J\x7f\xc2\x9b\xc3\xa9\xc2\xa0");
	line = capture_end();
	assert_non_null(strstr(line, " s\\x0aid: a\\x0ab\\x1b[2J\\x7f\\xc2\\x9b\xc3\xa9\xc2\xa0\n"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void test_levels(void **unused)
{
	const char *out;

	(void)unused;
	capture_begin();
	say(SAY_DEBUG, "m", NULL, "hidden");
	say_set_level(SAY_DEBUG);
	say(SAY_DEBUG, "m", NULL, "shown");
	say_set_level(SAY_ERROR);
	say(SAY_WARN, "m", NULL, "hidden");
	say(SAY_ERROR, "m", NULL, "shown too");
	say_set_level(SAY_INFO);
	out = capture_end();
	assert_null(strstr(out, "hidden"));
	assert_non_null(strstr(out, "debug m: shown\n"));
	assert_non_null(strstr(out, "error m: shown too\n"));
}

/* However long, it is one line that ends; a text of controls is the worst. */
static void test_long_text(void **unused)
{
	static char text[10000];
	const char *line;
	char fill;

	(void)unused;
	for (fill = 'a';; fill = '\x01') {
		memset(text, fill, sizeof(text) - 1);
		capture_begin();
		say(SAY_ERROR, "m", text, "%s", text);
		line = capture_end();
		assert_true(strlen(line) > 1000 && strlen(line) < 4096);
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
		if (fill == '\x01')
			break;
	}
}

static void test_errno_survives(void **unused)
{
	(void)unused;
	capture_begin();
	close(STDERR_FILENO);
	errno = ENOENT;
	say(SAY_ERROR, "m", NULL, "nobody hears");
	assert_int_equal(errno, ENOENT);
	capture_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_errno_survives),
	};

	return cmocka_run_group_tests_name("say", tests, NULL, NULL);
}
