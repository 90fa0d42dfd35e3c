/*
 * A pattern says for itself which names are its. What a function has said is noted in the store when a client connects, since it may
 * have depended on the client: any process can tell then whose child a name is.
 */
#include "config.h"
#include "app/namespaces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "app/dispatch.h"
#include "app/lazy.h"
#include "app/match.h"
#include "app/module.h"
#include "base/say.h"

#define NAME_MAX_BYTES 127
#define CHILDREN_MAX 1024
#define PATTERN_STEPS 100000

static struct namespace *find(struct host *h, const char *name, size_t len)
{
	struct namespace *nsp = h->namespaces;

	while (nsp && (nsp->kind != NAMESPACE_NAMED || strlen(nsp->name) != len || memcmp(nsp->name, name, len) != 0))
		nsp = nsp->next;
	return nsp;
}

static int new_list(lua_State *L)
{
	lua_newtable(L);
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Behind those that are there: parents are asked in the order of the file. */
static struct namespace *make(struct host *h, enum namespace_kind kind, const char *name, size_t len)
{
	struct namespace *nsp = calloc(1, sizeof(*nsp) + len + 1), **last = &h->namespaces;

	if (!nsp)
		return NULL;
	memcpy(nsp->name, name, len);
	nsp->kind = kind;
	while (*last)
		last = &(*last)->next;
	*last = nsp;
	nsp->events = new_list(h->L);
	for (int i = 0; i < NAMED; i++)
		nsp->named[i] = new_list(h->L);
	for (int i = 0; i < LISTS; i++)
		nsp->lists[i] = new_list(h->L);
	return nsp;
}

static struct namespace *make_child(struct host *h, const struct namespace *parent, const char *name, size_t len)
{
	struct namespace *child = malloc(sizeof(*child) + len + 1);

	if (!child)
		return NULL;
	*child = *parent;
	memcpy(child->name, name, len);
	child->name[len] = '\0';
	child->kind = NAMESPACE_CHILD;
	child->parent = parent;
	child->next = NULL;
	HASH_ADD_KEYPTR(hh, h->children, child->name, len, child);
	return child;
}

/* The pattern is anchored at both ends, whether it says so or not. */
static bool matches(const struct namespace *parent, const char *name, size_t len)
{
	const char *pattern = parent->name;
	struct match m;

	match_init(&m, name, len, pattern, strlen(pattern), PATTERN_STEPS);
	if (match_at(&m, name, pattern) == name + len)
		return true;
	if (m.error)
		say(SAY_WARN, "app", NULL, "io.of_pattern \"%s\": %s", pattern, m.error);
	return false;
}

static const struct namespace *parent_by_pattern(const struct host *h, const char *name, size_t len)
{
	for (const struct namespace *nsp = h->namespaces; nsp; nsp = nsp->next)
		if (nsp->kind == NAMESPACE_PATTERN && matches(nsp, name, len))
			return nsp;
	return NULL;
}

static const struct namespace *parent_by_key(const struct host *h, const char *key)
{
	for (const struct namespace *nsp = h->namespaces; nsp; nsp = nsp->next)
		if (nsp->kind == NAMESPACE_FUNCTION && strcmp(nsp->name, key) == 0)
			return nsp;
	return NULL;
}

/* What a function has said of the name, when a client connected. */
static const struct namespace *parent_in_store(struct host *h, const char *name)
{
	char key[PARENT_KEY_MAX];
	int error = h->ev && h->has_function_parents ? event_namespace_parent(h->ev, name, key) : POLLUX_NOT_FOUND;

	h->lookup_error = error == POLLUX_NOT_FOUND ? 0 : error;
	return error ? NULL : parent_by_key(h, key);
}

struct namespace *host_namespace(struct host *h, const char *name, size_t len)
{
	struct namespace *nsp = find(h, name, len);
	const struct namespace *parent;

	h->lookup_error = 0;
	if (!nsp)
		HASH_FIND(hh, h->children, name, len, nsp);
	if (nsp || !h->has_parents)
		return nsp;
	parent = parent_in_store(h, name);
	if (!parent && !h->lookup_error)
		parent = parent_by_pattern(h, name, len);
	return parent ? make_child(h, parent, name, len) : NULL;
}

struct namespace *namespaces_make_root(struct host *h)
{
	return make(h, NAMESPACE_NAMED, "/", 1);
}

void namespaces_tidy(struct host *h)
{
	struct namespace *child, *next;

	/* what the store says of one may change from event to event, in any process, or be rolled back */
	if (!h->has_function_parents && HASH_COUNT(h->children) < CHILDREN_MAX)
		return;
	HASH_ITER(hh, h->children, child, next) {
		HASH_DEL(h->children, child);
		free(child);
	}
}

void namespaces_free(struct host *h)
{
	struct namespace *nsp, *next;

	HASH_ITER(hh, h->children, nsp, next) {
		HASH_DEL(h->children, nsp);
		free(nsp);
	}
	while ((nsp = h->namespaces)) {
		h->namespaces = nsp->next;
		free(nsp);
	}
}

/* ---- as values ---- */

void namespaces_push(lua_State *L, const struct namespace *nsp)
{
	if (nsp->kind == NAMESPACE_CHILD)
		lua_pushstring(L, nsp->name);
	else
		lua_pushlightuserdata(L, (void *)nsp);
}

struct namespace *namespaces_at(lua_State *L, int index)
{
	struct host *h = host_of(L);
	struct namespace *nsp;
	const char *name;
	size_t len;

	if (lua_islightuserdata(L, index))
		return lua_touserdata(L, index);
	name = lua_tolstring(L, index, &len);
	nsp = host_namespace(h, name, len);
	host_check(L, h->lookup_error, "io.of");
	if (!nsp)
		luaL_error(L, "there is no namespace '%s' any more", name);
	return nsp;
}

void namespaces_check_one(lua_State *L, const struct namespace *nsp, const char *what)
{
	if (namespaces_is_parent(nsp))
		luaL_error(L, "%s: not for all namespaces of a pattern or function: name one, as io.of(socket.nsp) does", what);
}

/* ---- io.of ---- */

/* Puts the slash before the name at index 1, which is checked only where it is to be made. */
static void add_slash(lua_State *L)
{
	if (*lua_tostring(L, 1) == '/')
		return;
	lua_pushliteral(L, "/");
	lua_insert(L, 1);
	lua_concat(L, 2);
}

static void check_name(lua_State *L, const char *name, size_t len)
{
	if (len > NAME_MAX_BYTES || strlen(name) != len || strpbrk(name, ",?"))
		luaL_error(L, "io.of: a namespace's name has at most 127 bytes and neither commas nor question marks");
}

static int push_made(lua_State *L, struct namespace *nsp)
{
	if (!nsp)
		return luaL_error(L, "not enough memory");
	module_push(L, nsp);
	return 1;
}

/* One that the file names: its module is kept. */
static int push_named(lua_State *L, const char *name, size_t len)
{
	check_name(L, name, len);
	push_made(L, make(host_of(L), NAMESPACE_NAMED, name, len));
	lua_pushvalue(L, 1);
	lua_pushvalue(L, -2);
	lua_rawset(L, 2);
	return 1;
}

static int push_child(lua_State *L, const char *name, size_t len)
{
	struct host *h = host_of(L);
	struct namespace *nsp = len <= NAME_MAX_BYTES ? host_namespace(h, name, len) : NULL;

	host_check(L, h->lookup_error, "io.of");
	if (!nsp)
		return luaL_error(L, "io.of: there is no namespace '%s': name it, or describe it, while the file loads", name);
	return push_made(L, nsp);
}

static struct namespace *make_parent(lua_State *L, enum namespace_kind kind, const char *name)
{
	struct host *h = host_of(L);

	if (!h->settings)
		luaL_error(L, "io.of: namespaces are described while the file loads, not in a handler");
	h->has_parents = true;
	return make(h, kind, name, strlen(name));
}

static int of_function(lua_State *L)
{
	struct host *h = host_of(L);
	char key[PARENT_KEY_MAX];
	struct namespace *nsp;
	int n = 1;

	for (nsp = h->namespaces; nsp; nsp = nsp->next)
		n += nsp->kind == NAMESPACE_FUNCTION;
	snprintf(key, sizeof(key), "function %d", n);
	nsp = make_parent(L, NAMESPACE_FUNCTION, key);
	push_made(L, nsp);
	h->has_function_parents = true;
	lua_pushvalue(L, 1);
	nsp->accepts = luaL_ref(L, LUA_REGISTRYINDEX);
	return 1;
}

int namespaces_of(lua_State *L)
{
	const char *name;
	size_t len;

	lua_settop(L, 1);
	if (lua_isfunction(L, 1))
		return of_function(L);
	luaL_checktype(L, 1, LUA_TSTRING);
	add_slash(L);
	module_push_all(L);
	lua_pushvalue(L, 1);
	if (lua_rawget(L, 2) != LUA_TNIL)
		return 1;
	name = lua_tolstring(L, 1, &len);
	return host_of(L)->settings ? push_named(L, name, len) : push_child(L, name, len);
}

static void check_pattern(lua_State *L, const char *pattern, size_t len)
{
	struct match m;

	if (strlen(pattern) != len)
		luaL_argerror(L, 1, "the pattern has a zero byte");
	match_init(&m, "/", 1, pattern, len, PATTERN_STEPS);
	match_at(&m, m.text, pattern);
	if (m.error)
		luaL_error(L, "io.of_pattern: %s", m.error);
}

/* of_pattern(pattern): a Lua pattern for whole names */
int namespaces_of_pattern(lua_State *L)
{
	size_t len;
	const char *pattern = luaL_checklstring(L, 1, &len);
	bool ends;

	if (*pattern == '^')
		pattern++, len--;
	if (*pattern != '/')
		return luaL_argerror(L, 1, "a namespace's name begins with a slash");
	ends = len > 1 && pattern[len - 1] == '$' && pattern[len - 2] != '%';
	lua_pushlstring(L, pattern, len);
	lua_pushstring(L, ends ? "" : "$");
	lua_concat(L, 2);
	pattern = lua_tolstring(L, -1, &len);
	check_pattern(L, pattern, len);
	return push_made(L, make_parent(L, NAMESPACE_PATTERN, pattern));
}

/* ---- connecting ---- */

struct asked {
	const char *name;
	struct text auth;
	const struct namespace *function;
	bool accepted;
};

static int run_function(lua_State *L)
{
	struct asked *a = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, a->function->accepts);
	lua_pushstring(L, a->name);
	lazy_push(L, (struct json_slice){a->auth.at, a->auth.len}, 0, 1);
	lua_call(L, 2, 1);
	a->accepted = lua_toboolean(L, -1);
	return 0;
}

/* The first that accepts, in the order of the file. A function that fails has not. */
static int choose(struct host *h, struct event *ev, struct asked *a, const struct namespace **parent)
{
	int error;

	for (*parent = h->namespaces; *parent; *parent = (*parent)->next) {
		if ((*parent)->kind == NAMESPACE_PATTERN && matches(*parent, a->name, strlen(a->name)))
			return 0;
		if ((*parent)->kind != NAMESPACE_FUNCTION)
			continue;
		a->function = *parent;
		error = dispatch_unattended(h, ev, run_function, a, "io.of's function");
		if (error || a->accepted)
			return error;
	}
	return POLLUX_NOT_FOUND;
}

int namespaces_admit(struct host *h, struct event *ev, const char *name, struct text auth)
{
	struct asked a = {.name = name, .auth = auth};
	const struct namespace *parent;
	struct namespace *child;
	size_t len = strlen(name);
	int error;

	if (find(h, name, len))
		return 0;
	if (!h->has_parents || strpbrk(name, ",?"))
		return POLLUX_NOT_FOUND;
	error = choose(h, ev, &a, &parent);
	if (error || !h->has_function_parents)
		return error;
	HASH_FIND(hh, h->children, name, len, child);
	if (child && child->parent != parent) {
		HASH_DEL(h->children, child);
		free(child);
	}
	return event_set_namespace_parent(ev, name, parent->kind == NAMESPACE_FUNCTION ? parent->name : NULL);
}

/* ---- emitting to children ---- */

static int note_name(void *ctx, const char *nsp)
{
	struct host *h = ctx;

	return buf_add(&h->rows, nsp, strlen(nsp) + 1);
}

int namespaces_emit(lua_State *L, struct namespace *parent, struct emission *e)
{
	struct host *h = host_of(L);
	struct emitted emitted;
	lua_Integer n = 0;

	if (e->key.at || e->wants_ack)
		namespaces_check_one(L, parent, e->key.at ? "once" : "emit_with_ack");
	buf_clear(&h->rows);
	host_check(L, event_namespaces(h->ev, note_name, h), "emit");
	for (size_t at = 0; at < h->rows.len; at += strlen(h->rows.data + at) + 1) {
		const char *name = h->rows.data + at;
		const struct namespace *child = host_namespace(h, name, strlen(name));

		if (!child || child->parent != parent)
			continue;
		e->nsp = name;
		limits_charge(L, 100);
		host_check(L, event_emit(h->ev, e, &emitted), "emit");
		n++;
	}
	lua_pushinteger(L, n);
	return 1;
}
