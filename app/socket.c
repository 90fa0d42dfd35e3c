/*
 * Sockets. The event's socket and those that fetch_sockets finds stand in a registry table, namespace and id → object, until the event ends.
 * data is decoded at the first touch and encoded again at the event's end if it was written to; stored if the text differs.
 */
#include "config.h"
#include "app/socket.h"

#include <string.h>
#include <lauxlib.h>

#include "app/arguments.h"
#include "app/class.h"
#include "app/encode.h"
#include "app/lazy.h"
#include "app/lists.h"
#include "app/rooms.h"
#include "app/target.h"
#include "app/values.h"

struct socket {
	uint64_t serial;
	struct namespace *nsp;
	const struct socket_view *view;    /* of the event's own socket; NULL: another's */
	bool assigned;                     /* socket.data = … */
	bool gone;                         /* it has left before the event */
	char sid[32];
};

/* User values: data as the script has it; its stored text (of others' sockets); the handshake; the id. */
enum { DATA = 1, STORED, HANDSHAKE, SID, VALUES = SID };

static const struct class socket_class = {"socket"};
/* Registry: the event's own socket; a table of the others. */
static const char own_key, sockets_key;

static struct socket *check(lua_State *L, int index)
{
	struct socket *s = class_check(L, index, &socket_class);

	if (s->serial != host_of(L)->serial || !host_of(L)->ev)
		luaL_error(L, "this socket belongs to an event that is over: keep its id instead");
	return s;
}

static struct socket *make(lua_State *L, struct namespace *nsp, const char *sid)
{
	struct socket *s = class_make(L, &socket_class, sizeof(*s), VALUES);
	size_t len = strlen(sid);

	memset(s, 0, sizeof(*s));
	s->serial = host_of(L)->serial;
	s->nsp = nsp;
	memcpy(s->sid, sid, len < sizeof(s->sid) ? len : sizeof(s->sid) - 1);
	lua_pushstring(L, s->sid);
	lua_setiuservalue(L, -2, SID);
	return s;
}

void socket_push_own(lua_State *L, const struct socket_view *view)
{
	struct socket *s = make(L, host_of(L)->nsp, view->sid);

	s->view = view;
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key); /* the own one, found without a table */
}

static void push_key(lua_State *L, const struct namespace *nsp, const char *sid)
{
	lua_pushfstring(L, "%s %s", nsp->name, sid);
}

static bool push_known(lua_State *L, const struct namespace *nsp, const char *sid)
{
	struct socket *own;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
	own = lua_touserdata(L, -1);
	if (own && own->nsp == nsp && strcmp(own->sid, sid) == 0)
		return true;
	lua_pop(L, 1);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &sockets_key) == LUA_TTABLE) {
		push_key(L, nsp, sid);
		lua_rawget(L, -2);
		lua_remove(L, -2);
		if (!lua_isnil(L, -1))
			return true;
	}
	lua_pop(L, 1);
	return false;
}

/* Notes the socket on the top. */
static void remember(lua_State *L, const struct socket *s)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &sockets_key) != LUA_TTABLE) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &sockets_key);
	}
	push_key(L, s->nsp, s->sid);
	lua_pushvalue(L, -3);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

void socket_push(lua_State *L, struct namespace *nsp, const char *sid, struct text data)
{
	struct socket *s;

	if (push_known(L, nsp, sid))
		return;
	s = make(L, nsp, sid);
	lua_pushlstring(L, data.at ? data.at : "{}", data.at ? data.len : 2);
	lua_setiuservalue(L, -2, STORED);
	remember(L, s);
}

void socket_push_gone(lua_State *L, const char *sid)
{
	make(L, host_of(L)->nsp, sid)->gone = true;
	lua_pushliteral(L, "{}");
	lua_setiuservalue(L, -2, STORED);
}

void socket_forget(lua_State *L)
{
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &sockets_key);
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key);
}

/* The text that stands in the store, as long as the socket lives. */
static struct text stored_text(lua_State *L, int index, const struct socket *s)
{
	struct text t = {"{}", 2};

	if (s->view)
		return s->view->data.at ? s->view->data : t;
	lua_getiuservalue(L, index, STORED);
	t.at = lua_tolstring(L, -1, &t.len);
	lua_pop(L, 1);
	return t;
}

static struct json_slice slice(struct text t)
{
	return t.at ? (struct json_slice){t.at, t.len} : (struct json_slice){"{}", 2};
}

static void push_data(lua_State *L, struct socket *s)
{
	if (lua_getiuservalue(L, 1, DATA) != LUA_TNIL)
		return;
	lua_pop(L, 1);
	lazy_push(L, slice(stored_text(L, 1, s)), 0, 0);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, 1, DATA);
}

/* The event's own socket, or any other as the store has it. NOT_FOUND. */
static int find_view(lua_State *L, const struct socket *s, const struct socket_view **view, const char *what)
{
	*view = s->view;
	return *view ? 0 : host_check(L, event_find_socket(host_of(L)->ev, s->nsp->name, s->sid, view), what);
}

/* "polling" or "websocket"; nil: it has gone. */
static void push_transport(lua_State *L, const struct socket *s)
{
	const struct socket_view *view;
	bool websocket;

	if (find_view(L, s, &view, "transport") || host_check(L, event_uses_websocket(host_of(L)->ev, view, &websocket), "transport"))
		lua_pushnil(L);
	else
		lua_pushstring(L, websocket ? "websocket" : "polling");
}

/* A table of its own: auth is kept apart from the rest, scripts find it inside. */
static void push_handshake(lua_State *L, struct socket *s)
{
	const struct socket_view *view;

	if (lua_getiuservalue(L, 1, HANDSHAKE) != LUA_TNIL)
		return;
	lua_pop(L, 1);
	if (find_view(L, s, &view, "handshake")) {
		lua_pushnil(L);
		return;
	}
	lazy_push(L, slice(view->handshake), 0, 0);
	lua_pushliteral(L, "auth");
	lazy_push(L, slice(view->auth), 0, 1);
	lua_settable(L, -3);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, 1, HANDSHAKE);
}

static bool is_connected(lua_State *L, const struct socket *s)
{
	return s->view ? s->view->connected && !host_of(L)->apart : !s->gone;
}

static int push_recovered(lua_State *L, const struct socket *s)
{
	const struct socket_view *view;
	bool gone = find_view(L, s, &view, "recovered");

	lua_pushboolean(L, !gone && view->recovered);
	return 1;
}

static void push_broadcast(lua_State *L, const struct socket *s)
{
	lua_getiuservalue(L, 1, SID);
	target_push(L, s->nsp, 0, lua_gettop(L), false);
}

/* As emit to the socket alone, but only if it can take it now. */
static void push_volatile(lua_State *L, const struct socket *s)
{
	lua_getiuservalue(L, 1, SID);
	target_push(L, s->nsp, lua_gettop(L), 0, true);
	target_volatile(L, lua_gettop(L));
}

static int push_flag(lua_State *L, bool value)
{
	lua_pushboolean(L, value);
	return 1;
}

static int push_property(lua_State *L, struct socket *s, const char *name)
{
	if (strcmp(name, "id") == 0)
		return lua_getiuservalue(L, 1, SID), 1;
	if (strcmp(name, "data") == 0)
		return push_data(L, s), 1;
	if (strcmp(name, "nsp") == 0)
		return lua_pushstring(L, s->nsp->name), 1;
	if (strcmp(name, "rooms") == 0)
		return lists_rooms_of(L, s->nsp->name, s->sid);
	if (strcmp(name, "handshake") == 0)
		return push_handshake(L, s), 1;
	if (strcmp(name, "broadcast") == 0 || strcmp(name, "local_") == 0)
		return push_broadcast(L, s), 1;
	if (strcmp(name, "volatile") == 0)
		return push_volatile(L, s), 1;
	if (strcmp(name, "transport") == 0)
		return push_transport(L, s), 1;
	if (strcmp(name, "connected") == 0)
		return push_flag(L, is_connected(L, s));
	if (strcmp(name, "disconnected") == 0)
		return push_flag(L, !is_connected(L, s));
	if (strcmp(name, "recovered") == 0)
		return push_recovered(L, s);
	return 0;
}

static int socket_index(lua_State *L)
{
	struct socket *s = check(L, 1);

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1;
	lua_settop(L, 2);
	return lua_type(L, 2) == LUA_TSTRING ? push_property(L, s, lua_tostring(L, 2)) : 0;
}

static int socket_newindex(lua_State *L)
{
	struct socket *s = check(L, 1);
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);

	if (strcmp(name, "data") != 0)
		return luaL_error(L, "cannot set socket.%s: what must last goes into socket.data", name);
	if (!lua_istable(L, 3) && !lazy_is(L, 3))
		return luaL_error(L, "socket.data must be a table, not a %s", luaL_typename(L, 3));
	lua_pushvalue(L, 3);
	lua_setiuservalue(L, 1, DATA);
	s->assigned = true;
	return 0;
}

static int socket_tostring(lua_State *L)
{
	const struct socket *s = class_check(L, 1, &socket_class);

	lua_pushfstring(L, "socket %s", s->sid);
	return 1;
}

static int push_done(lua_State *L, int error)
{
	lua_pushboolean(L, error == 0);
	if (error == 0)
		return 1;
	lua_pushliteral(L, "gone");
	return 2;
}

/* join(room), join{ room, … } */
static int socket_join(lua_State *L)
{
	const struct socket *s = check(L, 1);

	return push_done(L, rooms_join(L, s->nsp, s->sid, 2));
}

static int socket_leave(lua_State *L)
{
	const struct socket *s = check(L, 1);

	return push_done(L, rooms_leave(L, s->nsp, s->sid, 2));
}

static int socket_disconnect(lua_State *L)
{
	const struct socket *s = check(L, 1);
	bool close = arguments_optional_boolean(L, 2);

	return push_done(L, host_check(L, event_disconnect(host_of(L)->ev, s->nsp->name, s->sid, close), "disconnect"));
}

/* Puts the target that is this socket alone in its place, below the arguments. */
static void replace_by_target(lua_State *L)
{
	const struct socket *s = check(L, 1);

	lua_getiuservalue(L, 1, SID);
	target_push(L, s->nsp, lua_gettop(L), 0, true);
	lua_replace(L, 1);
	lua_pop(L, 1);
}

static int socket_emit(lua_State *L)
{
	replace_by_target(L);
	return target_emit(L, 1, 2);
}

/* send(…): the event "message" */
static int socket_send(lua_State *L)
{
	replace_by_target(L);
	return target_send(L, 1, 2);
}

/* As target:compress: nothing to choose yet. */
static int socket_compress(lua_State *L)
{
	luaL_checktype(L, 2, LUA_TBOOLEAN);
	replace_by_target(L);
	lua_settop(L, 1);
	return 1;
}

/* timeout(ms) → a target: this socket, for emit_with_ack */
static int socket_timeout(lua_State *L)
{
	replace_by_target(L);
	lua_settop(L, 2);
	return target_timeout(L, 1, 2);
}

static int socket_emit_with_ack(lua_State *L)
{
	replace_by_target(L);
	return target_emit_with_ack(L);
}

static int socket_to(lua_State *L)
{
	lua_settop(L, 2);
	push_broadcast(L, check(L, 1));
	return target_to(L, lua_gettop(L), 2);
}

static int socket_except(lua_State *L)
{
	lua_settop(L, 2);
	push_broadcast(L, check(L, 1));
	return target_except(L, lua_gettop(L), 2);
}

void socket_open(lua_State *L)
{
	static const luaL_Reg meta[] = {{"__newindex", socket_newindex}, {"__tostring", socket_tostring}, {NULL, NULL}};
	static const luaL_Reg methods[] = {{"emit", socket_emit},
		{"send", socket_send},
		{"write", socket_send},
		{"compress", socket_compress},
		{"timeout", socket_timeout},
		{"emit_with_ack", socket_emit_with_ack},
		{"join", socket_join},
		{"leave", socket_leave},
		{"to", socket_to},
		{"in_", socket_to},
		{"except", socket_except},
		{"disconnect", socket_disconnect},
		{NULL, NULL}};

	class_new(L, &socket_class, meta, NULL);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &socket_class);
	luaL_newlib(L, methods);
	lua_pushcclosure(L, socket_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}

/* True when the data was written to. */
static bool data_changed(lua_State *L, int index, const struct socket *s)
{
	struct json_slice text;
	bool changed;
	int depth;

	if (lua_getiuservalue(L, index, DATA) == LUA_TNIL)
		changed = false;
	else
		changed = s->assigned || !lazy_text(L, -1, &text, &depth);
	lua_pop(L, 1);
	return changed;
}

static void encode_data(lua_State *L, int index)
{
	struct host *h = host_of(L);
	struct encoder e;

	buf_clear(&h->out);
	encode_init(&e, &h->out, 0);
	lua_getiuservalue(L, index, DATA);
	if (encode_value(L, &e, lua_gettop(L), 0))
		luaL_error(L, "socket.data%s: %s", e.path, e.error);
	lua_pop(L, 1);
	if (h->out.data[0] != '{')
		luaL_error(L, "socket.data must have named fields: it is an array");
}

static void store(lua_State *L, int index)
{
	const struct socket *s = lua_touserdata(L, index);
	struct host *h = host_of(L);
	struct text had;

	if (!data_changed(L, index, s))
		return;
	encode_data(L, index);
	had = stored_text(L, index, s);
	if (had.len == h->out.len && memcmp(had.at, h->out.data, had.len) == 0)
		return;
	/* a socket that has gone has no data any more */
	host_check(L, event_set_data(h->ev, s->nsp->name, s->sid, (struct text){h->out.data, h->out.len}), "socket.data");
}

void socket_store_data(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key) == LUA_TUSERDATA)
		store(L, lua_gettop(L));
	lua_pop(L, 1);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &sockets_key) == LUA_TTABLE)
		for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
			store(L, lua_gettop(L));
	lua_pop(L, 1);
}
