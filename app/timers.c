/* A timer that runs once names an io.on_timer handler; io.every's function has the name it was given, or its number in the namespace. */
#include "config.h"
#include "app/timers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "app/dispatch.h"
#include "app/encode.h"
#include "app/lazy.h"
#include "app/namespaces.h"
#include "app/register.h"
#include "app/socket.h"
#include "base/say.h"

#define AFTER_MAX_S (10.0 * 366 * 86400)
#define EVERY_MIN_S 0.1
#define NAME_MAX_BYTES 255
#define EVERY_MAX 100

struct call {
	struct text name, context;
};

static struct namespace *nsp_of(lua_State *L)
{
	return namespaces_at(L, lua_upvalueindex(1));
}

static int64_t check_seconds(lua_State *L, int arg, double least, double most, const char *complaint)
{
	double seconds = luaL_checknumber(L, arg);

	luaL_argcheck(L, seconds >= least && seconds <= most, arg, complaint);
	return (int64_t)(seconds * 1000.0 + 0.5);
}

/* --- once --- */

static int timers_on_timer(lua_State *L)
{
	register_check_loading(L, "io.on_timer");
	register_check_name(L, "io.on_timer");
	register_check_handler(L, 2, "io.on_timer");
	lua_settop(L, 2);
	register_named(L, nsp_of(L), ON_TIMER, 2, "io.on_timer");
	return 0;
}

/* nil is null. Written where lists stand otherwise. */
static struct text write_context(lua_State *L, int index)
{
	struct buf *out = &host_of(L)->rows;
	struct encoder e;

	buf_clear(out);
	encode_init(&e, out, 0);
	if (encode_value(L, &e, index, 1))
		luaL_error(L, "io.after: context%s: %s", e.path, e.error);
	return (struct text){out->data, out->len};
}

/* after(seconds, handler, context) → id */
static int timers_after(lua_State *L)
{
	const struct namespace *nsp = nsp_of(L);
	struct event *ev = host_event(L, "io.after");
	int64_t id, ms = check_seconds(L, 1, 0, AFTER_MAX_S, "from 0 seconds to ten years");
	struct text name;

	namespaces_check_one(L, nsp, "io.after");
	if (lua_type(L, 2) != LUA_TSTRING)
		return luaL_error(L, "io.after: behind the seconds stands the name of an io.on_timer handler, not a %s", luaL_typename(L, 2));
	lua_settop(L, 3);
	lua_pushvalue(L, 2);
	register_push_named(L, nsp, ON_TIMER);
	if (lua_isnil(L, -1))
		return luaL_error(L, "io.after: there is no io.on_timer handler '%s' in %s", lua_tostring(L, 2), nsp->name);
	name.at = lua_tolstring(L, 2, &name.len);
	limits_charge(L, 200);
	host_check(L, event_after(ev, nsp->name, name, write_context(L, 3), ms, &id), "io.after");
	lua_pushinteger(L, id);
	return 1;
}

/* cancel(id) → whether it was still to run */
static int timers_cancel(lua_State *L)
{
	struct event *ev = host_event(L, "io.cancel");
	int64_t id = luaL_checkinteger(L, 1);

	limits_charge(L, 200);
	lua_pushboolean(L, host_check(L, event_cancel(ev, id), "io.cancel") == 0);
	return 1;
}

/* --- again and again --- */

/* The name's memory is kept by the entry. */
static void add(lua_State *L, const struct namespace *nsp, const char *name, int64_t every_ms)
{
	struct host *h = host_of(L);
	struct repeated *list;

	if (h->repeated_count == EVERY_MAX)
		luaL_error(L, "io.every: more than %d", EVERY_MAX);
	list = realloc(h->repeated, (h->repeated_count + 1) * sizeof(*list));
	if (!list)
		luaL_error(L, "not enough memory");
	h->repeated = list;
	list[h->repeated_count] = (struct repeated){nsp->name, strdup(name), every_ms};
	if (!list[h->repeated_count].name)
		luaL_error(L, "not enough memory");
	h->repeated_count++;
}

static int count_of(const struct host *h, const struct namespace *nsp)
{
	int n = 0;

	for (size_t i = 0; i < h->repeated_count; i++)
		n += strcmp(h->repeated[i].nsp, nsp->name) == 0;
	return n;
}

/* every(seconds, function), every(seconds, name, function) */
static int timers_every(lua_State *L)
{
	const struct namespace *nsp = nsp_of(L);
	int64_t ms;

	register_check_loading(L, "io.every");
	namespaces_check_one(L, nsp, "io.every");
	ms = check_seconds(L, 1, EVERY_MIN_S, AFTER_MAX_S, "from 0.1 seconds to ten years");
	if (lua_type(L, 2) != LUA_TSTRING) {
		lua_pushfstring(L, "%d", count_of(host_of(L), nsp) + 1);
		lua_insert(L, 2);
	}
	register_check_handler(L, 3, "io.every");
	if (lua_rawlen(L, 2) == 0 || lua_rawlen(L, 2) > NAME_MAX_BYTES || strlen(lua_tostring(L, 2)) != lua_rawlen(L, 2))
		return luaL_argerror(L, 2, "a name has 1 to 255 bytes");
	lua_settop(L, 3);
	lua_remove(L, 1);
	register_named(L, nsp, EVERY, 2, "io.every");
	add(L, nsp, lua_tostring(L, 1), ms);
	return 0;
}

void timers_functions(lua_State *L, struct namespace *nsp)
{
	static const luaL_Reg functions[] = {
		{"on_timer", timers_on_timer}, {"after", timers_after}, {"cancel", timers_cancel}, {"every", timers_every}, {NULL, NULL}};

	namespaces_push(L, nsp);
	luaL_setfuncs(L, functions, 1);
}

void timers_forget(struct host *h)
{
	for (size_t i = 0; i < h->repeated_count; i++)
		free((char *)h->repeated[i].name);
	free(h->repeated);
	h->repeated = NULL;
	h->repeated_count = 0;
}

/* --- running --- */

static bool push_function(lua_State *L, const struct call *call, enum named kind, const char *what)
{
	lua_pushlstring(L, call->name.at, call->name.len);
	register_push_named(L, host_of(L)->nsp, kind);
	if (!lua_isnil(L, -1))
		return true;
	say(SAY_WARN, "app", NULL, "%s \"%.*s\" is due, and the file has it no more", what, (int)call->name.len, call->name.at);
	return false;
}

static int run_once(lua_State *L)
{
	const struct call *call = lua_touserdata(L, 1);
	struct json_slice context = {call->context.at, call->context.len};

	if (!push_function(L, call, ON_TIMER, "io.on_timer"))
		return 0;
	if (json_kind(context) == JSON_NULL)
		lua_pushnil(L);
	else
		lazy_push(L, context, 0, 1);
	lua_call(L, 1, 0);
	socket_store_data(L);
	return 0;
}

static int run_again(lua_State *L)
{
	if (!push_function(L, lua_touserdata(L, 1), EVERY, "io.every"))
		return 0;
	lua_call(L, 0, 0);
	socket_store_data(L);
	return 0;
}

static int run(struct host *h, struct event *ev, lua_CFunction f, struct call *call)
{
	char what[80];

	snprintf(what, sizeof(what), "timer \"%.*s\"", (int)(call->name.len < 60 ? call->name.len : 60), call->name.at);
	return dispatch_run(h, ev, f, call, what);
}

int timers_run(void *ctx, struct event *ev, struct text name, struct text context)
{
	return run(ctx, ev, run_once, &(struct call){name, context});
}

int timers_repeat(void *ctx, struct event *ev, struct text name)
{
	return run(ctx, ev, run_again, &(struct call){.name = name});
}
