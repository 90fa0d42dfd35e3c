/*
 * The log of a process: one line an entry to stderr, with time, level, module and
 * session. An error is said once, where it is handled. Never message bodies or secrets.
 */
#ifndef POLLUX_SAY_H
#define POLLUX_SAY_H

enum say_level { SAY_ERROR, SAY_WARN, SAY_INFO, SAY_DEBUG };

/* Entries above this level are dropped. Default SAY_INFO. */
void say_set_level(enum say_level level);
/* The program's name, first in each line. Borrowed for ever. */
void say_set_program(const char *name);
/* module: "core", "db"…; sid: whose (NULL: nobody's). Control characters in the text are shown as \xNN. Any thread. */
void say(enum say_level level, const char *module, const char *sid, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
