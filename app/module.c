/*
 * io = require "pollux", and io.of(name): tables of functions, called with a dot, that have their namespace as upvalue. Handlers
 * are kept in the registry, one table a namespace, so that an event costs one lookup.
 */
#include "config.h"
#include "app/module.h"

#include <string.h>
#include <lauxlib.h>

#include "app/ack.h"
#include "app/asking.h"
#include "app/encode.h"
#include "app/jwt.h"
#include "app/lists.h"
#include "app/modules.h"
#include "app/namespaces.h"
#include "app/options.h"
#include "app/register.h"
#include "app/sandbox.h"
#include "app/secret.h"
#include "app/server_side.h"
#include "app/sockets.h"
#include "app/state.h"
#include "app/store.h"
#include "app/target.h"
#include "app/timers.h"
#include "app/values.h"
#include "base/clock.h"
#include "base/say.h"

#define LOG_BYTES 1800

static struct namespace *nsp_of(lua_State *L)
{
	return namespaces_at(L, lua_upvalueindex(1));
}

/* emit(name, …) */
static int module_emit(lua_State *L)
{
	target_push(L, nsp_of(L), 0, 0, false);
	lua_insert(L, 1);
	return target_emit(L, 1, 2);
}

/* send(…): the event "message" */
static int module_send(lua_State *L)
{
	target_push(L, nsp_of(L), 0, 0, false);
	lua_insert(L, 1);
	return target_send(L, 1, 2);
}

/* compress(boolean) → a target; see target:compress */
static int module_compress(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TBOOLEAN);
	target_push(L, nsp_of(L), 0, 0, false);
	return 1;
}

static int module_to(lua_State *L)
{
	lua_settop(L, 1);
	target_push(L, nsp_of(L), 0, 0, false);
	return target_to(L, 2, 1);
}

static int module_except(lua_State *L)
{
	lua_settop(L, 1);
	target_push(L, nsp_of(L), 0, 0, false);
	return target_except(L, 2, 1);
}

/* timeout(ms) → a target */
static int module_timeout(lua_State *L)
{
	lua_settop(L, 1);
	target_push(L, nsp_of(L), 0, 0, false);
	return target_timeout(L, 2, 1);
}

/* Says that it needs a timeout, and how one is given. */
static int module_emit_with_ack(lua_State *L)
{
	target_push(L, nsp_of(L), 0, 0, false);
	lua_insert(L, 1);
	return target_emit_with_ack(L);
}

static int module_history(lua_State *L)
{
	struct namespace *nsp = nsp_of(L);

	namespaces_check_one(L, nsp, "history");
	return lists_history(L, nsp);
}

static int module_rooms(lua_State *L)
{
	struct namespace *nsp = nsp_of(L);

	namespaces_check_one(L, nsp, "rooms");
	return lists_rooms(L, nsp);
}

/* Those of targets, for all sockets of the namespace: the target is put before the arguments. */
static int module_fetch_sockets(lua_State *L)
{
	target_push(L, nsp_of(L), 0, 0, false);
	lua_insert(L, 1);
	return sockets_fetch(L);
}

static int module_sockets_join(lua_State *L)
{
	target_push(L, nsp_of(L), 0, 0, false);
	lua_insert(L, 1);
	return sockets_join(L);
}

static int module_sockets_leave(lua_State *L)
{
	target_push(L, nsp_of(L), 0, 0, false);
	lua_insert(L, 1);
	return sockets_leave(L);
}

static int module_disconnect_sockets(lua_State *L)
{
	target_push(L, nsp_of(L), 0, 0, false);
	lua_insert(L, 1);
	return sockets_disconnect(L);
}

static int module_now(lua_State *L)
{
	lua_pushinteger(L, clock_wall_ms());
	return 1;
}

/* One value of a log line: text as it is, tables as JSON where that is possible. */
static void add_logged(lua_State *L, struct buf *line, int index)
{
	struct encoder e;
	size_t before = line->len, len;
	const char *text;

	if (lua_istable(L, index) || (lua_isuserdata(L, index) && !values_is_null(L, index))) {
		encode_init(&e, line, SIO_MAX_ATTACHMENTS);
		if (encode_value(L, &e, index, 0) == 0)
			return;
		line->len = before;
	}
	text = luaL_tolstring(L, index, &len);
	buf_add(line, text, len);
}

/* log(…): one line of the process's log */
static int module_log(lua_State *L)
{
	struct host *h = host_of(L);
	const struct socket_view *view = h->ev ? event_socket(h->ev) : NULL;
	int n = lua_gettop(L);

	buf_clear(&h->rows);
	for (int i = 1; i <= n && h->rows.len < LOG_BYTES; i++) {
		if (i > 1)
			buf_add_char(&h->rows, ' ');
		add_logged(L, &h->rows, i);
		lua_settop(L, n);
	}
	limits_charge(L, 1000); /* a write to the log */
	say(SAY_INFO, "app", view ? view->sid : NULL, "%.*s%s", (int)(h->rows.len < LOG_BYTES ? h->rows.len : LOG_BYTES),
	    h->rows.data ? h->rows.data : "", h->rows.len > LOG_BYTES ? "…" : "");
	return 0;
}

/* What every namespace has. */
static void set_common(lua_State *L, struct namespace *nsp)
{
	static const luaL_Reg functions[] = {{"emit", module_emit},
		{"send", module_send},
		{"write", module_send},
		{"compress", module_compress},
		{"to", module_to},
		{"in_", module_to},
		{"except", module_except},
		{"timeout", module_timeout},
		{"emit_with_ack", module_emit_with_ack},
		{"history", module_history},
		{"rooms", module_rooms},
		{"fetch_sockets", module_fetch_sockets},
		{"sockets_join", module_sockets_join},
		{"sockets_leave", module_sockets_leave},
		{"disconnect_sockets", module_disconnect_sockets},
		{NULL, NULL}};

	namespaces_push(L, nsp);
	luaL_setfuncs(L, functions, 1);
	register_functions(L, nsp);
	asking_functions(L, nsp);
	timers_functions(L, nsp);
	server_side_functions(L, nsp);
	lua_pushstring(L, nsp->name);
	lua_setfield(L, -2, "name");
	/* targets never change, so that these stand in the table like any value */
	target_push(L, nsp, 0, 0, false);
	lua_setfield(L, -2, "local_");
	target_push(L, nsp, 0, 0, false);
	target_volatile(L, lua_gettop(L));
	lua_setfield(L, -3, "volatile");
	lua_pop(L, 1);
}

static void set_root(lua_State *L)
{
	static const luaL_Reg functions[] = {{"set", options_set},
		{"of", namespaces_of},
		{"of_pattern", namespaces_of_pattern},
		{"ack", ack_from_reference},
		{"log", module_log},
		{"now", module_now},
		{"secret", secret_read},
		{"array", values_array},
		{"binary", values_binary},
		{"is_binary", values_is_binary},
		{NULL, NULL}};

	luaL_setfuncs(L, functions, 0);
	values_push_null(L);
	lua_setfield(L, -2, "null");
	jwt_push_module(L);
	lua_setfield(L, -2, "jwt");
	store_push_module(L);
	lua_setfield(L, -2, "store");
}

void module_push(lua_State *L, struct namespace *nsp)
{
	lua_newtable(L);
	set_common(L, nsp);
	if (strcmp(nsp->name, "/") == 0)
		set_root(L);
	sandbox_freeze(L, "pollux");
}

void module_push_all(lua_State *L)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, "pollux.namespaces");
}

void module_open(lua_State *L)
{
	module_push_all(L);
	module_push(L, host_of(L)->namespaces);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "/");
	modules_open(L);
	lua_pop(L, 1);
	lua_register(L, "print", module_log);
}
