/* The step-counted pattern matcher: backtracking by recursion, at most MAX_DEPTH deep. */
#include "config.h"
#include "app/match.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define MAX_DEPTH 200
/* Bytes compared by memcmp or searched through in a set that count as a step. */
#define BYTES_A_STEP 8

static const char *match_here(struct match *m, const char *s, const char *p);

void match_init(struct match *m, const char *text, size_t text_len, const char *pattern, size_t pattern_len, int64_t steps)
{
	m->text = text;
	m->text_end = text + text_len;
	m->pattern_end = pattern + pattern_len;
	m->steps = steps;
	m->error = NULL;
	m->captures = 0;
	m->depth = 0;
}

static const char *fail(struct match *m, const char *error)
{
	if (!m->error)
		m->error = error;
	return NULL;
}

static bool stopped(const struct match *m)
{
	return m->error || m->steps < 0;
}

static bool pay(struct match *m, int64_t steps)
{
	m->steps -= steps;
	return m->steps >= 0;
}

static bool in_class(unsigned char c, unsigned char class)
{
	bool is;

	switch (tolower(class)) {
	case 'a': is = isalpha(c); break;
	case 'c': is = iscntrl(c); break;
	case 'd': is = isdigit(c); break;
	case 'g': is = isgraph(c); break;
	case 'l': is = islower(c); break;
	case 'p': is = ispunct(c); break;
	case 's': is = isspace(c); break;
	case 'u': is = isupper(c); break;
	case 'w': is = isalnum(c); break;
	case 'x': is = isxdigit(c); break;
	case 'z': is = c == 0; break; /* deprecated since 5.2, still there */
	default: return class == c;
	}
	return isupper(class) ? !is : is;
}

/* The end of the item that starts at p: a character, %x or a set. */
static const char *item_end(struct match *m, const char *p)
{
	if (*p == '%')
		return p + 1 < m->pattern_end ? p + 2 : fail(m, "malformed pattern (ends with '%')");
	if (*p != '[')
		return p + 1;
	p++;
	if (p < m->pattern_end && *p == '^')
		p++;
	do { /* a ] that comes first is a member */
		if (p >= m->pattern_end)
			return fail(m, "malformed pattern (missing ']')");
		if (*p++ == '%')
			p++;
	} while (p >= m->pattern_end || *p != ']');
	return p + 1;
}

/* set: at the [; end: behind its ]. */
static bool in_set(unsigned char c, const char *set, const char *end)
{
	bool is = true;

	set++, end--;
	if (set < end && *set == '^')
		is = false, set++;
	for (; set < end; set++) {
		if (*set == '%') {
			set++;
			if (in_class(c, (unsigned char)*set))
				return is;
		} else if (end - set > 2 && set[1] == '-') {
			if ((unsigned char)set[0] <= c && c <= (unsigned char)set[2])
				return is;
			set += 2;
		} else if ((unsigned char)*set == c) {
			return is;
		}
	}
	return !is;
}

static bool matches_one(struct match *m, const char *s, const char *p, const char *p_end)
{
	if (s >= m->text_end || !pay(m, 1 + (p_end - p) / BYTES_A_STEP))
		return false;
	switch (*p) {
	case '.': return true;
	case '%': return in_class((unsigned char)*s, (unsigned char)p[1]);
	case '[': return in_set((unsigned char)*s, p, p_end);
	default: return *p == *s;
	}
}

static const char *match_most(struct match *m, const char *s, const char *p, const char *p_end)
{
	ptrdiff_t n = 0;

	while (matches_one(m, s + n, p, p_end))
		n++;
	for (; n >= 0 && !stopped(m); n--) {
		const char *end = match_here(m, s + n, p_end + 1);

		if (end)
			return end;
	}
	return NULL;
}

static const char *match_least(struct match *m, const char *s, const char *p, const char *p_end)
{
	while (!stopped(m)) {
		const char *end = match_here(m, s, p_end + 1);

		if (end)
			return end;
		if (!matches_one(m, s, p, p_end))
			return NULL;
		s++;
	}
	return NULL;
}

static const char *open_capture(struct match *m, const char *s, const char *p, ptrdiff_t kind)
{
	const char *end;

	if (m->captures >= MATCH_CAPTURES)
		return fail(m, "too many captures");
	m->capture[m->captures] = (struct match_capture){s, kind};
	m->captures++;
	end = match_here(m, s, p);
	if (!end)
		m->captures--;
	return end;
}

static const char *close_capture(struct match *m, const char *s, const char *p)
{
	const char *end;
	int i = m->captures - 1;

	while (i >= 0 && m->capture[i].len != MATCH_OPEN)
		i--;
	if (i < 0)
		return fail(m, "invalid pattern capture");
	m->capture[i].len = s - m->capture[i].at;
	end = match_here(m, s, p);
	if (!end)
		m->capture[i].len = MATCH_OPEN;
	return end;
}

/* %bxy: p at the x. */
static const char *match_balanced(struct match *m, const char *s, const char *p)
{
	int open = 1;

	if (m->pattern_end - p < 2)
		return fail(m, "malformed pattern (missing arguments to '%b')");
	if (s >= m->text_end || *s != p[0])
		return NULL;
	while (++s < m->text_end && pay(m, 1)) {
		if (*s == p[1] && --open == 0)
			return s + 1;
		if (*s == p[0] && *s != p[1])
			open++;
	}
	return NULL;
}

/* %1: what a capture caught, once more. */
static const char *match_again(struct match *m, const char *s, char digit)
{
	int i = digit - '1';
	ptrdiff_t len;

	if (i < 0 || i >= m->captures || m->capture[i].len == MATCH_OPEN)
		return fail(m, "invalid capture index in pattern");
	len = m->capture[i].len;
	if (len < 0 || m->text_end - s < len || !pay(m, len / BYTES_A_STEP))
		return NULL;
	return memcmp(m->capture[i].at, s, (size_t)len) == 0 ? s + len : NULL;
}

/* %f[set]: p at the [. True at the border into the set. */
static bool at_frontier(struct match *m, const char *s, const char *p, const char **p_end)
{
	unsigned char before = s == m->text ? 0 : (unsigned char)s[-1];
	unsigned char after = s == m->text_end ? 0 : (unsigned char)*s;

	if (p >= m->pattern_end || *p != '[') {
		fail(m, "missing '[' after '%f' in pattern");
		return false;
	}
	*p_end = item_end(m, p);
	return *p_end && pay(m, (*p_end - p) / BYTES_A_STEP) && !in_set(before, p, *p_end) && in_set(after, p, *p_end);
}

/* The items that are no single characters: %b %f %1 and captures and the final $. *p moves on; *taken: it was one of them.
 * Returns where the text goes on, NULL: no match. */
static const char *match_special(struct match *m, const char *s, const char **p, bool *taken)
{
	const char *item = *p, *end;

	*taken = true;
	if (*item == '$' && item + 1 == m->pattern_end) {
		*p = m->pattern_end;
		return s == m->text_end ? s : NULL;
	}
	if (*item == '%' && item + 1 < m->pattern_end) {
		if (item[1] == 'b') {
			*p = item + 4;
			return match_balanced(m, s, item + 2);
		}
		if (item[1] == 'f')
			return at_frontier(m, s, item + 2, &end) ? (*p = end, s) : NULL;
		if (isdigit((unsigned char)item[1])) {
			*p = item + 2;
			return match_again(m, s, item[1]);
		}
	}
	*taken = false;
	return s;
}

/* A single character with what follows it. *more: the rest is still to be matched at the returned place, from *p. */
static const char *match_item(struct match *m, const char *s, const char **p, bool *more)
{
	const char *item = *p, *item_stop = item_end(m, item), *end;

	*more = false;
	if (!item_stop)
		return NULL;
	switch (item_stop < m->pattern_end ? *item_stop : 0) {
	case '?':
		if (matches_one(m, s, item, item_stop) && ((end = match_here(m, s + 1, item_stop + 1)) || stopped(m)))
			return end;
		*more = true;
		*p = item_stop + 1;
		return s;
	case '+':
		return matches_one(m, s, item, item_stop) ? match_most(m, s + 1, item, item_stop) : NULL;
	case '*':
		return match_most(m, s, item, item_stop);
	case '-':
		return match_least(m, s, item, item_stop);
	default:
		*more = true;
		*p = item_stop;
		return matches_one(m, s, item, item_stop) ? s + 1 : NULL;
	}
}

static const char *match_rest(struct match *m, const char *s, const char *p)
{
	while (s && p < m->pattern_end && pay(m, 1)) {
		bool go_on;

		if (*p == '(')
			return p + 1 < m->pattern_end && p[1] == ')' ? open_capture(m, s, p + 2, MATCH_POSITION)
								     : open_capture(m, s, p + 1, MATCH_OPEN);
		if (*p == ')')
			return close_capture(m, s, p + 1);
		s = match_special(m, s, &p, &go_on);
		if (go_on)
			continue;
		s = match_item(m, s, &p, &go_on);
		if (!go_on)
			return s;
	}
	return stopped(m) ? NULL : s;
}

static const char *match_here(struct match *m, const char *s, const char *p)
{
	const char *end;

	if (m->depth >= MAX_DEPTH)
		return fail(m, "pattern too complex");
	m->depth++;
	end = match_rest(m, s, p);
	m->depth--;
	return end;
}

const char *match_at(struct match *m, const char *at, const char *pattern)
{
	m->captures = 0;
	return match_here(m, at, pattern);
}
