/*
 * Lua's patterns (reference manual §6.4.1), matched with a budget of steps: Lua's own matcher cannot be interrupted, and a short
 * pattern can keep it busy for years. Rejected: limiting pattern × subject sizes (refuses good patterns, and 20 times ".-" on
 * 100 characters is small), and spotting dangerous patterns (nobody can). Pure: no I/O, no allocation, no Lua.
 */
#ifndef POLLUX_APP_MATCH_H
#define POLLUX_APP_MATCH_H

#include <stddef.h>
#include <stdint.h>

#define MATCH_CAPTURES 32
/* capture.len of an open capture and of a position capture "()". */
#define MATCH_OPEN (-1)
#define MATCH_POSITION (-2)

struct match_capture {
	const char *at;
	ptrdiff_t len;
};

struct match {
	const char *text, *text_end;
	const char *pattern_end;
	int64_t steps;             /* left; negative: the budget was used up */
	const char *error;         /* what is wrong with the pattern, static, or NULL */
	int captures;
	struct match_capture capture[MATCH_CAPTURES];
	int depth;
};

/* Borrows text and pattern. */
void match_init(struct match *m, const char *text, size_t text_len, const char *pattern, size_t pattern_len, int64_t steps);
/* Matches the pattern (without ^) at `at`, inside the text. The match's end, or NULL: none, or m->error, or m->steps < 0. */
const char *match_at(struct match *m, const char *at, const char *pattern);

#endif
