/*
 * The walk over a dumped function (Lua 5.4's ldump.c; string.dump's format). In it a global x is GETTABUP or SETTABUP on the upvalue _ENV with
 * the constant "x"; the file's own _ENV is its first upvalue. A dump with another head, of another Lua, is left alone: then there are just no warnings.
 */
#include "config.h"
#include "app/lint.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/sandbox.h"

#define HEAD "\033Lua\x54\0\x19\x93\r\n\x1a\n\x04\x08\x08"
#define DUMP_MAX_BYTES ((size_t)32 << 20)
#define FINDINGS_MAX 10000
#define FUNCTIONS_MAX_DEPTH 200
enum { OP_GETTABUP = 11, OP_SETTABUP = 15 };
enum { CONSTANT_INTEGER = 3, CONSTANT_FLOAT = 19, CONSTANT_SHORT = 4, CONSTANT_LONG = 20 };
enum { ABSOLUTE_LINE = -128 };

struct lint_finding {
	char *text;          /* "file" NUL "global" */
	int line, order;
	bool assigns;
};

/* Where the reader is. */
struct reader {
	const unsigned char *at, *end;
	bool bad;
	struct lint *lint;
	const char *file;
};

struct piece {
	const char *at;
	size_t len;
};

/* Of one function. */
struct function {
	const unsigned char *code;
	size_t code_len;
	struct piece *constants;
	size_t constants_count;
	uint64_t environments;   /* a bit an upvalue */
	int line;
};

void lint_init(struct lint *l)
{
	memset(l, 0, sizeof(*l));
}

void lint_deinit(struct lint *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->findings[i].text);
	free(l->findings);
	lint_init(l);
}

static const unsigned char *take(struct reader *r, size_t n)
{
	const unsigned char *at = r->at;

	if (r->bad || (size_t)(r->end - r->at) < n) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return at;
}

/* Seven bits a byte, the last one marked. */
static size_t take_size(struct reader *r)
{
	const unsigned char *byte;
	size_t n = 0;

	do {
		byte = take(r, 1);
		if (!byte || n > SIZE_MAX >> 8) {
			r->bad = true;
			return 0;
		}
		n = n << 7 | (*byte & 0x7f);
	} while (!(*byte & 0x80));
	return n;
}

static struct piece take_string(struct reader *r)
{
	size_t size = take_size(r);
	struct piece p = {(const char *)(size ? take(r, size - 1) : NULL), size ? size - 1 : 0};

	return p;
}

/* A count of things of at least one byte each. */
static size_t take_count(struct reader *r)
{
	size_t n = take_size(r);

	if (n > (size_t)(r->end - r->at))
		r->bad = true;
	return r->bad ? 0 : n;
}

static void take_constants(struct reader *r, struct function *f)
{
	f->constants_count = take_count(r);
	f->constants = calloc(f->constants_count + 1, sizeof(*f->constants));
	if (!f->constants)
		r->bad = true;
	for (size_t i = 0; i < f->constants_count && !r->bad; i++) {
		const unsigned char *type = take(r, 1);

		if (type && (*type == CONSTANT_INTEGER || *type == CONSTANT_FLOAT))
			take(r, 8);
		else if (type && (*type == CONSTANT_SHORT || *type == CONSTANT_LONG))
			f->constants[i] = take_string(r);
	}
}

static void add(struct reader *r, struct piece name, int line, bool assigns)
{
	struct lint *l = r->lint;
	struct lint_finding *f;
	size_t file_len = strlen(r->file);

	if (l->count == l->room) {
		f = l->count < FINDINGS_MAX ? realloc(l->findings, (l->room + 64) * sizeof(*f)) : NULL;
		if (!f)
			return;
		l->findings = f;
		l->room += 64;
	}
	f = &l->findings[l->count];
	*f = (struct lint_finding){malloc(file_len + name.len + 2), line, (int)l->count, assigns};
	if (!f->text)
		return;
	memcpy(f->text, r->file, file_len + 1);
	memcpy(f->text + file_len + 1, name.at, name.len);
	f->text[file_len + 1 + name.len] = '\0';
	l->count++;
}

/* lines: a step a byte, or ABSOLUTE_LINE where the next pair of *absolute says it. */
static void look_at_code(struct reader *r, const struct function *f, const signed char *lines, struct reader *absolute)
{
	int line = f->line;

	for (size_t pc = 0; pc < f->code_len; pc++) {
		uint32_t code, upvalue, constant;
		bool get, set;

		memcpy(&code, f->code + 4 * pc, 4);
		if (lines[pc] != ABSOLUTE_LINE)
			line += lines[pc];
		else if (take_size(absolute) == pc)
			line = (int)take_size(absolute);
		get = (code & 0x7f) == OP_GETTABUP;
		set = (code & 0x7f) == OP_SETTABUP && f->line > 0;
		upvalue = get ? code >> 16 & 0xff : code >> 7 & 0xff;
		constant = get ? code >> 24 : code >> 16 & 0xff;
		if ((get || set) && upvalue < 64 && f->environments >> upvalue & 1 && constant < f->constants_count && f->constants[constant].at)
			add(r, f->constants[constant], line, set);
	}
}

/* Which upvalues are the _ENV that the file was given, and no variable of its own of that name. outer: likewise of the function around it. */
static uint64_t take_environments(struct reader *r, int depth, uint64_t outer)
{
	size_t n = take_count(r);
	const unsigned char *at = take(r, 3 * n);
	uint64_t found = depth == 0 ? 1 : 0;

	for (size_t i = 0; depth > 0 && at && i < n && i < 64; i++)
		if (!at[3 * i] && at[3 * i + 1] < 64 && outer >> at[3 * i + 1] & 1)
			found |= UINT64_C(1) << i;
	return found;
}

static void take_debug(struct reader *r, const struct function *f)
{
	size_t lines_count = take_count(r), n;
	const signed char *lines = (const signed char *)take(r, lines_count);
	struct reader absolute;

	n = take_count(r);
	absolute = *r;
	for (size_t i = 0; i < 2 * n && !r->bad; i++)
		take_size(r);
	n = take_count(r);
	for (size_t i = 0; i < n && !r->bad; i++) {
		take_string(r);
		take_size(r);
		take_size(r);
	}
	n = take_count(r);
	for (size_t i = 0; i < n && !r->bad; i++)
		take_string(r);
	if (!r->bad && lines_count == f->code_len)
		look_at_code(r, f, lines, &absolute);
}

static void take_function(struct reader *r, int depth, uint64_t outer)
{
	struct function f = {0};
	size_t n;

	if (depth > FUNCTIONS_MAX_DEPTH)
		r->bad = true;
	take_string(r);
	f.line = (int)take_size(r);
	take_size(r);
	take(r, 3);
	f.code_len = take_count(r);
	f.code = take(r, 4 * f.code_len);
	take_constants(r, &f);
	f.environments = take_environments(r, depth, outer);
	n = take_count(r);
	for (size_t i = 0; i < n && !r->bad; i++)
		take_function(r, depth + 1, f.environments);
	if (!r->bad)
		take_debug(r, &f);
	free(f.constants);
}

static int add_piece(lua_State *L, const void *data, size_t size, void *dump)
{
	(void)L;
	return buf_add(dump, data, size);
}

void lint_scan(lua_State *L, struct lint *l, const char *file)
{
	struct buf dump;
	struct reader r = {.lint = l, .file = file};

	buf_init(&dump, DUMP_MAX_BYTES);
	if (lua_dump(L, add_piece, &dump, 0) == 0 && dump.len > sizeof(HEAD) + 16 && memcmp(dump.data, HEAD, sizeof(HEAD) - 1) == 0) {
		r.at = (const unsigned char *)dump.data + sizeof(HEAD) - 1 + 16 + 1;
		r.end = (const unsigned char *)dump.data + dump.len;
		take_function(&r, 0, 0);
	}
	buf_deinit(&dump);
}

static int compare(const void *a, const void *b)
{
	const struct lint_finding *x = a, *y = b;
	int files = strcmp(x->text, y->text);

	return files ? files : x->line != y->line ? x->line - y->line : x->order - y->order;
}

/* Where the script answers for missing globals itself (a metatable of _G), all are. */
static bool is_defined(lua_State *L, const char *name)
{
	int top = lua_gettop(L);
	bool is;

	lua_pushglobaltable(L);
	is = !sandbox_frozen(L, -1) || lua_getmetatable(L, -1);
	if (!is) {
		lua_pushstring(L, name);
		is = lua_rawget(L, -2) != LUA_TNIL;
	}
	lua_settop(L, top);
	return is;
}

void lint_report(struct lint *l, lua_State *L, struct buf *report)
{
	if (l->count)
		qsort(l->findings, l->count, sizeof(*l->findings), compare);
	for (size_t i = 0; i < l->count; i++) {
		const struct lint_finding *f = &l->findings[i];
		const char *name = f->text + strlen(f->text) + 1;

		if (f->assigns)
			buf_addf(report, "warning: %s:%d: the global '%s' is assigned in a function, which is an error in a handler\n", f->text, f->line, name);
		else if (!is_defined(L, name))
			buf_addf(report, "warning: %s:%d: there is no global '%s'\n", f->text, f->line, name);
	}
}
