/*
 * The four pattern functions of Lua's string library as the reference manual has them (§6.4). One step of the matcher costs
 * one instruction of the event.
 */
#include "config.h"
#include "app/strings.h"

#include <string.h>
#include <lauxlib.h>

#include "app/limits.h"
#include "app/match.h"

#define PLAIN_BYTES_A_STEP 16

struct search {
	struct match m;
	const char *pattern;    /* behind ^ */
	bool anchored;
};

static void search_open(lua_State *L, struct search *s, int text, int pattern)
{
	size_t text_len, pattern_len;
	const char *t = luaL_checklstring(L, text, &text_len), *p = luaL_checklstring(L, pattern, &pattern_len);

	s->anchored = pattern_len && *p == '^';
	match_init(&s->m, t, text_len, p, pattern_len, limits_of(L)->left);
	s->pattern = p + s->anchored;
}

static const char *search_at(lua_State *L, struct search *s, const char *at)
{
	const char *end;

	s->m.steps = limits_of(L)->left;
	end = match_at(&s->m, at, s->pattern);
	limits_of(L)->left = s->m.steps;
	limits_charge(L, 1);
	if (s->m.error)
		luaL_error(L, "%s", s->m.error);
	return end;
}

/* The first match from *at on: *at becomes its start. NULL: none. */
static const char *search_from(lua_State *L, struct search *s, const char **at)
{
	for (;; (*at)++) {
		const char *end = search_at(L, s, *at);

		if (end || s->anchored || *at >= s->m.text_end)
			return end;
	}
}

/* Capture i, or the whole match when the pattern has none and i is 0. */
static void push_capture(lua_State *L, const struct search *s, int i, const char *from, const char *to)
{
	const struct match_capture *c = &s->m.capture[i];

	if (i >= s->m.captures) {
		if (i != 0)
			luaL_error(L, "invalid capture index %%%d", i + 1);
		lua_pushlstring(L, from, (size_t)(to - from));
	} else if (c->len == MATCH_POSITION) {
		lua_pushinteger(L, c->at - s->m.text + 1);
	} else if (c->len == MATCH_OPEN) {
		luaL_error(L, "unfinished capture");
	} else {
		lua_pushlstring(L, c->at, (size_t)c->len);
	}
}

/* whole: a pattern without captures gives the whole match. */
static int push_captures(lua_State *L, const struct search *s, const char *from, const char *to, bool whole)
{
	int n = s->m.captures ? s->m.captures : whole;

	luaL_checkstack(L, n, "too many captures");
	for (int i = 0; i < n; i++)
		push_capture(L, s, i, from, to);
	return n;
}

/* A start position as find and match take it: 0-based, over the end: len + 1. */
static size_t start_of(lua_State *L, int arg, size_t len)
{
	lua_Integer init = luaL_optinteger(L, arg, 1);

	if (init > 0)
		return (size_t)init - 1;
	if (init == 0 || init < -(lua_Integer)len)
		return 0;
	return len - (size_t)-init;
}

static bool has_specials(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] && strchr("^$*+?.([%-", p[i]))
			return true;
	return false;
}

static int find_plain(lua_State *L, size_t init)
{
	size_t len, want_len;
	const char *s = lua_tolstring(L, 1, &len), *want = lua_tolstring(L, 2, &want_len);
	const char *at = want_len ? memmem(s + init, len - init, want, want_len) : s + init;

	limits_charge(L, (int64_t)((at ? (size_t)(at - s) - init : len - init) + want_len) / PLAIN_BYTES_A_STEP);
	if (!at)
		return luaL_pushfail(L), 1;
	lua_pushinteger(L, at - s + 1);
	lua_pushinteger(L, at - s + (lua_Integer)want_len);
	return 2;
}

static int find_or_match(lua_State *L, bool find)
{
	size_t len, pattern_len;
	const char *text = luaL_checklstring(L, 1, &len), *pattern = luaL_checklstring(L, 2, &pattern_len), *at, *end;
	size_t init = start_of(L, 3, len);
	struct search s;

	if (init > len)
		return luaL_pushfail(L), 1;
	if (find && (lua_toboolean(L, 4) || !has_specials(pattern, pattern_len)))
		return find_plain(L, init);
	search_open(L, &s, 1, 2);
	at = text + init;
	end = search_from(L, &s, &at);
	if (!end)
		return luaL_pushfail(L), 1;
	if (!find)
		return push_captures(L, &s, at, end, true);
	lua_pushinteger(L, at - text + 1);
	lua_pushinteger(L, end - text);
	return 2 + push_captures(L, &s, at, end, false);
}

static int string_find(lua_State *L)
{
	return find_or_match(L, true);
}

static int string_match(lua_State *L)
{
	return find_or_match(L, false);
}

/* Upvalues: text, pattern, where to go on (0-based), where the last match ended (an empty match there is none). In gmatch a ^ is
 * no anchor. */
static int gmatch_next(lua_State *L)
{
	const char *at, *end, *last;
	struct search s;

	search_open(L, &s, lua_upvalueindex(1), lua_upvalueindex(2));
	s.pattern -= s.anchored;
	s.anchored = false;
	last = s.m.text + lua_tointeger(L, lua_upvalueindex(4));
	for (at = s.m.text + lua_tointeger(L, lua_upvalueindex(3)); at <= s.m.text_end; at++) {
		end = search_from(L, &s, &at);
		if (!end)
			break;
		if (end == last)
			continue;
		lua_pushinteger(L, end - s.m.text);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_copy(L, -1, lua_upvalueindex(4));
		return push_captures(L, &s, at, end, true);
	}
	return 0;
}

static int string_gmatch(lua_State *L)
{
	size_t len, init;

	luaL_checklstring(L, 1, &len);
	luaL_checkstring(L, 2);
	init = start_of(L, 3, len);
	lua_settop(L, 2);
	lua_pushinteger(L, (lua_Integer)(init > len ? len + 1 : init));
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, gmatch_next, 4);
	return 1;
}

/* "%1 and %%" in the replacement text. */
static void add_template(lua_State *L, const struct search *s, luaL_Buffer *b, const char *from, const char *to)
{
	size_t len;
	const char *t = lua_tolstring(L, 3, &len), *t_end = t + len;

	limits_charge(L, (int64_t)len / PLAIN_BYTES_A_STEP);
	for (; t < t_end; t++) {
		if (*t != '%') {
			luaL_addchar(b, *t);
			continue;
		}
		if (++t < t_end && *t == '%') {
			luaL_addchar(b, '%');
		} else if (t < t_end && *t == '0') {
			luaL_addlstring(b, from, (size_t)(to - from));
		} else if (t < t_end && *t >= '1' && *t <= '9') {
			push_capture(L, s, *t - '1', from, to);
			luaL_tolstring(L, -1, NULL);
			lua_remove(L, -2);
			luaL_addvalue(b);
		} else {
			luaL_error(L, "invalid use of '%%' in replacement string");
		}
	}
}

/* Adds what the match is replaced by; false when it stays as it is. */
static bool add_replacement(lua_State *L, const struct search *s, luaL_Buffer *b, const char *from, const char *to)
{
	switch (lua_type(L, 3)) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(L, s, from, to, true), 1);
		break;
	case LUA_TSTRING:
	case LUA_TNUMBER:
		add_template(L, s, b, from, to);
		return true;
	default:
		push_capture(L, s, 0, from, to);
		lua_gettable(L, 3);
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(b, from, (size_t)(to - from));
		return false;
	}
	if (!lua_isstring(L, -1))
		luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	luaL_addvalue(b);
	return true;
}

static void check_replacement(lua_State *L)
{
	int type = lua_type(L, 3);

	luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE || type == LUA_TUSERDATA,
			 3, "string/function/table");
	if (type == LUA_TNUMBER)
		luaL_tolstring(L, 3, NULL), lua_replace(L, 3);
}

/* gsub(text, pattern, replacement, n) → text, count */
static int string_gsub(lua_State *L)
{
	const char *at, *end, *last = NULL;
	lua_Integer count = 0, most;
	luaL_Buffer b;
	struct search s;

	check_replacement(L);
	search_open(L, &s, 1, 2);
	most = luaL_optinteger(L, 4, (lua_Integer)(s.m.text_end - s.m.text) + 1);
	lua_settop(L, 3);
	luaL_buffinit(L, &b);
	for (at = s.m.text; count < most;) {
		end = search_at(L, &s, at);
		if (end && end != last) {
			count++;
			add_replacement(L, &s, &b, at, end);
			at = last = end;
		} else if (at < s.m.text_end) {
			luaL_addchar(&b, *at);
			at++;
		} else {
			break;
		}
		if (s.anchored)
			break;
	}
	luaL_addlstring(&b, at, (size_t)(s.m.text_end - at));
	luaL_pushresult(&b);
	lua_pushinteger(L, count);
	return 2;
}

void strings_install(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"find", string_find}, {"match", string_match}, {"gmatch", string_gmatch}, {"gsub", string_gsub}, {NULL, NULL}};

	luaL_setfuncs(L, functions, 0);
}
