/* A handler goes into an array of its namespace in Lua's registry: one an event's name, and one for each of the lists. */
#include "config.h"
#include "app/register.h"

#include <string.h>
#include <lauxlib.h>

/* The names of io.on that are no client's events. */
static const struct {
	const char *name;
	enum handlers list;
} own_events[] = {{"connection", ON_CONNECTION},
	{"connect", ON_CONNECTION},
	{"disconnecting", ON_DISCONNECTING},
	{"disconnect", ON_DISCONNECT}};

static struct namespace *nsp_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

void register_check_loading(lua_State *L, const char *what)
{
	if (!host_of(L)->settings)
		luaL_error(L, "%s: handlers are registered while the file loads, once for all sockets, not in a handler", what);
}

void register_check_handler(lua_State *L, int arg, const char *what)
{
	if (lua_type(L, arg) != LUA_TFUNCTION)
		luaL_error(L, "%s: the handler must be a function, not a %s", what, luaL_typename(L, arg));
}

/* Puts the function at index behind those in the array on the top, or before them; the array is popped. */
static void add(lua_State *L, int function, bool before)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, -1);

	for (lua_Integer i = n; before && i > 0; i--) {
		lua_rawgeti(L, -1, i);
		lua_rawseti(L, -2, i + 1);
	}
	lua_pushvalue(L, function);
	lua_rawseti(L, -2, before ? 1 : n + 1);
	lua_pop(L, 1);
}

static void add_to_list(lua_State *L, struct namespace *nsp, enum handlers list, int function, bool before)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp->lists[list]);
	add(L, function, before);
	nsp->has[list] = true;
}

static const char *check_string(lua_State *L, const char *what, const char *whose)
{
	if (lua_type(L, 1) != LUA_TSTRING)
		luaL_error(L, "%s: the %s's name must be a string, not a %s%s", what, whose, luaL_typename(L, 1),
			   lua_istable(L, 1) ? " (it is called with a dot)" : "");
	return lua_tostring(L, 1);
}

static const char *check_name(lua_State *L, const char *what)
{
	return check_string(L, what, "event");
}

const char *register_check_name(lua_State *L, const char *what)
{
	return check_string(L, what, "handler");
}

void register_push_named(lua_State *L, const struct namespace *nsp, enum named kind)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp->named[kind]);
	lua_insert(L, -2);
	lua_rawget(L, -2);
	lua_remove(L, -2);
}

void register_named(lua_State *L, const struct namespace *nsp, enum named kind, int function, const char *what)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp->named[kind]);
	lua_pushvalue(L, 1);
	if (lua_rawget(L, -2) != LUA_TNIL)
		luaL_error(L, "%s: there is a handler '%s' already", what, lua_tostring(L, 1));
	lua_pushvalue(L, 1);
	lua_pushvalue(L, function);
	lua_rawset(L, -4);
	lua_pop(L, 2);
}

static bool is_reserved(const char *name)
{
	return strcmp(name, "connect_error") == 0 || strcmp(name, "newListener") == 0 || strcmp(name, "removeListener") == 0;
}

/* on(name, function) */
static int register_on(lua_State *L)
{
	struct namespace *nsp = nsp_of(L);
	const char *name;

	register_check_loading(L, "io.on");
	name = check_name(L, "io.on");
	register_check_handler(L, 2, "io.on");
	lua_settop(L, 2);
	if (is_reserved(name))
		return luaL_error(L, "io.on: '%s' is a reserved event name", name);
	for (size_t i = 0; i < sizeof(own_events) / sizeof(own_events[0]); i++) {
		if (strcmp(name, own_events[i].name) == 0) {
			add_to_list(L, nsp, own_events[i].list, 2, false);
			return 0;
		}
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp->events);
	luaL_getsubtable(L, 3, name);
	add(L, 2, false);
	return 0;
}

/* on_room(name, function) */
static int register_on_room(lua_State *L)
{
	static const struct {
		const char *name;
		enum handlers list;
	} events[] = {{"create-room", ON_CREATE_ROOM},
		{"join-room", ON_JOIN_ROOM},
		{"leave-room", ON_LEAVE_ROOM},
		{"delete-room", ON_DELETE_ROOM}};
	const char *name;

	register_check_loading(L, "io.on_room");
	name = check_name(L, "io.on_room");
	register_check_handler(L, 2, "io.on_room");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (strcmp(name, events[i].name) == 0) {
			add_to_list(L, nsp_of(L), events[i].list, 2, false);
			return 0;
		}
	}
	return luaL_error(L, "io.on_room: '%s' is none of create-room, join-room, leave-room, delete-room", name);
}

int register_server_side(lua_State *L)
{
	register_check_loading(L, "io.on_server_side");
	check_name(L, "io.on_server_side");
	register_check_handler(L, 2, "io.on_server_side");
	lua_settop(L, 2);
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp_of(L)->named[SERVER_SIDE]);
	luaL_getsubtable(L, 3, lua_tostring(L, 1));
	add(L, 2, false);
	return 0;
}

static int register_one(lua_State *L, const char *what, enum handlers list, bool before)
{
	register_check_loading(L, what);
	register_check_handler(L, 1, what);
	add_to_list(L, nsp_of(L), list, 1, before);
	return 0;
}

/* Each takes a function. */
static int register_use(lua_State *L)
{
	return register_one(L, "io.use", MIDDLEWARE, false);
}

static int register_use_packet(lua_State *L)
{
	return register_one(L, "io.use_packet", PACKET_MIDDLEWARE, false);
}

static int register_any(lua_State *L)
{
	return register_one(L, "io.on_any", ON_ANY, false);
}

static int register_any_first(lua_State *L)
{
	return register_one(L, "io.prepend_any", ON_ANY, true);
}

static int register_outgoing(lua_State *L)
{
	return register_one(L, "io.on_any_outgoing", ON_ANY_OUTGOING, false);
}

static int register_outgoing_first(lua_State *L)
{
	return register_one(L, "io.prepend_any_outgoing", ON_ANY_OUTGOING, true);
}

void register_functions(lua_State *L, struct namespace *nsp)
{
	static const luaL_Reg functions[] = {{"on", register_on},
		{"use", register_use},
		{"use_packet", register_use_packet},
		{"on_room", register_on_room},
		{"on_any", register_any},
		{"prepend_any", register_any_first},
		{"on_any_outgoing", register_outgoing},
		{"prepend_any_outgoing", register_outgoing_first},
		{NULL, NULL}};

	lua_pushlightuserdata(L, nsp);
	luaL_setfuncs(L, functions, 1);
}
