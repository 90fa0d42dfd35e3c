/*
 * Log lines: 2026-01-31T12:00:00.123Z pollux.fcgi[812] error db abc…: text
 * One write a line, so that lines of threads and processes don't mix. Any thread;
 * level and name are set before threads start. errno survives a call.
 */
#include "config.h"
#include "base/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Below PIPE_BUF: a line to a pipe is written whole or not at all. */
#define LINE_MAX_BYTES 3072
#define TEXT_MAX_BYTES 2048

struct line {
	size_t len;
	char data[LINE_MAX_BYTES];
};

static enum say_level max_level = SAY_INFO;
static const char *program = "pollux";

void say_set_level(enum say_level level)
{
	max_level = level;
}

void say_set_program(const char *name)
{
	program = name;
}

static void add_head(struct line *line, enum say_level level, const char *module)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	struct timespec now;
	struct tm utc;
	int n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	line->len = strftime(line->data, sizeof(line->data), "%Y-%m-%dT%H:%M:%S", &utc);
	n = snprintf(line->data + line->len, 256, ".%03dZ %.100s[%ld] %s %.60s", (int)(now.tv_nsec / 1000000), program,
		     (long)getpid(), names[level], module ? module : "-");
	if (n > 0)
		line->len += (size_t)n < 256 ? (size_t)n : 255;
}

/* Bytes of the control character that starts at s: 1, 2 (C1 in UTF-8, which terminals obey too) or 0. */
static size_t control_len(const unsigned char *s)
{
	if (*s < 0x20 || *s == 0x7f)
		return 1;
	return s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f ? 2 : 0;
}

/* What a client sent stands in log lines: it must not forge lines or steer a terminal. */
static void add_text(struct line *line, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)text;

	while (*s && line->len + 8 < sizeof(line->data)) {
		size_t n = control_len(s);

		if (n == 0)
			line->data[line->len++] = (char)*s++;
		for (; n > 0; n--, s++) {
			line->data[line->len++] = '\\';
			line->data[line->len++] = 'x';
			line->data[line->len++] = hex[*s >> 4];
			line->data[line->len++] = hex[*s & 15];
		}
	}
}

void say(enum say_level level, const char *module, const char *sid, const char *format, ...)
{
	int saved = errno;
	char text[TEXT_MAX_BYTES];
	struct line line;
	va_list args;

	if (level > max_level)
		return;
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	add_head(&line, level, module);
	if (sid) {
		add_text(&line, " ");
		add_text(&line, sid);
	}
	add_text(&line, ": ");
	add_text(&line, text);
	line.data[line.len++] = '\n';
	/* nobody to tell when stderr is gone */
	if (write(STDERR_FILENO, line.data, line.len) < 0)
		errno = 0;
	errno = saved;
}
