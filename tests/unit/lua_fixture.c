/* The shared fixture. The log of the process is stderr: it goes to an unlinked file that tests read. */
#include "config.h"
#include "tests/unit/lua_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "tests/unit/check.h"

static int log_fd = -1;

int lua_setup(void **state)
{
	char name[] = "/tmp/pollux-lua-log.XXXXXX";
	int terminal = dup(STDERR_FILENO);

	(void)state;
	log_fd = mkstemp(name);
	if (log_fd < 0)
		return -1;
	unlink(name);
	fcntl(log_fd, F_SETFL, O_APPEND);
	/* say() writes to the descriptor, cmocka to the stream: only say() gets into the file */
	stderr = terminal < 0 ? stderr : fdopen(terminal, "w");
	if (!stderr)
		return -1;
	setvbuf(stderr, NULL, _IONBF, 0);
	return dup2(log_fd, STDERR_FILENO) < 0 ? -1 : 0;
}

const char *app_log(struct app *a)
{
	off_t size = lseek(log_fd, 0, SEEK_END);

	free(a->log);
	a->log = calloc(1, (size_t)size + 1);
	assert_non_null(a->log);
	assert_int_equal(pread(log_fd, a->log, (size_t)size, 0), size);
	assert_int_equal(ftruncate(log_fd, 0), 0);
	return a->log;
}

struct app app_load_file(const char *file, int expect)
{
	struct app a = {.ev = fake_event_new()};
	int result;

	assert_int_equal(ftruncate(log_fd, 0), 0);
	assert_int_equal(settings_init(&a.settings), 0);
	result = host_load(&a.host, file, &a.settings, &a.handler);
	if (result != expect) {
		print_message("host_load: %d\n%s\n", result, app_log(&a));
		fail();
	}
	a.socket = fake_event_add(a.ev, "/", "s1", "{}");
	return a;
}

struct app app_load(const char *source, int expect)
{
	char name[] = "/tmp/pollux-app.XXXXXX.lua";
	struct app a;
	int fd = mkstemps(name, 4);
	FILE *f;

	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(source, 1, strlen(source), f), strlen(source));
	assert_int_equal(fclose(f), 0);
	a = app_load_file(name, expect);
	unlink(name);
	return a;
}

void app_close(struct app *a)
{
	host_free(a->host);
	settings_deinit(&a->settings);
	fake_event_free(a->ev);
	free(a->log);
}

int app_event_with(struct app *a, const char *payload, int64_t ack, const struct text *attachments, int count)
{
	size_t len = strlen(payload);
	char *exact = malloc(len); /* no NUL behind it, so that reading on is seen */
	struct incoming in = {{exact, len}, attachments, count, ack};

	assert_non_null(exact);
	memcpy(exact, payload, len);
	assert_int_equal(json_check(exact, len, JSON_MAX_DEPTH), 0);
	fake_event_begin(a->ev, a->socket);
	a->result = a->handler.packet(a->handler.ctx, a->ev, &in);
	free(exact);
	return a->result;
}

int app_event(struct app *a, const char *payload, int64_t ack)
{
	return app_event_with(a, payload, ack, NULL, 0);
}

const char *app_trace(struct app *a)
{
	return a->ev->trace.data ? a->ev->trace.data : "";
}

struct app app_run(const char *body, const char *arguments)
{
	size_t size = strlen(body) + strlen(arguments) + 256;
	char *source = malloc(size);
	struct app a;

	assert_non_null(source);
	snprintf(source, size, "local io = require 'pollux'; io.on('x', function(socket, a, b, c)\n%s\nend)", body);
	a = app_load(source, 0);
	snprintf(source, size, "[\"x\"%s%s]", *arguments ? "," : "", arguments);
	app_event(&a, source, -1);
	free(source);
	return a;
}

void expect_trace(const char *body, const char *arguments, const char *trace)
{
	struct app a = app_run(body, arguments);

	if (a.result)
		print_message("%s: %s\n", body, app_log(&a));
	assert_int_equal(a.result, 0);
	assert_string_equal(app_trace(&a), trace);
	app_close(&a);
}

void expect_error(const char *body, const char *arguments, const char *word)
{
	struct app a = app_run(body, arguments);
	const char *log = app_log(&a);

	if (a.result >= 0 || !strstr(log, word))
		print_message("%s: %d, expected \"%s\" in: %s\n", body, a.result, word, log);
	assert_true(a.result < 0);
	assert_non_null(strstr(log, word));
	app_close(&a);
}
