/* Targets and emitting to them. */
#include "config.h"
#include "app/target.h"

#include <string.h>
#include <lauxlib.h>

#include "app/arguments.h"
#include "app/asking.h"
#include "app/class.h"
#include "app/lazy.h"
#include "app/namespaces.h"
#include "app/outgoing.h"
#include "app/sockets.h"

#define KEY_MAX_BYTES 1024
#define TIMEOUT_MAX_MS 86400000

struct target {
	struct namespace *nsp;  /* NULL: a child, which may go: the user value NSP names it */
	int rooms, excepts;     /* user values from FIRST on: rooms, then exceptions */
	bool direct, is_volatile;
	bool named;             /* to was said: where no room is, nobody is meant, not everybody */
	int64_t timeout_ms;     /* for emit_with_ack; 0: none */
};

enum { KEY = 1, NSP, FIRST };

static const struct class target_class = {"target"};

/* to{} is to nobody: socket:to(socket.rooms) of a socket that is in no room. */
static bool is_nobody(const struct target *t)
{
	return t->named && !t->rooms;
}

static struct target *make(lua_State *L, const struct target *like)
{
	struct target *t = class_make(L, &target_class, sizeof(*t), FIRST - 1 + like->rooms + like->excepts);

	*t = *like;
	return t;
}

void target_push(lua_State *L, struct namespace *nsp, int to, int but, bool direct)
{
	bool lasts = nsp->kind != NAMESPACE_CHILD;
	struct target like = {.nsp = lasts ? nsp : NULL, .rooms = to != 0, .excepts = but != 0, .direct = direct};

	make(L, &like);
	if (!lasts) {
		namespaces_push(L, nsp);
		lua_setiuservalue(L, -2, NSP);
	}
	if (to) {
		lua_pushvalue(L, to);
		lua_setiuservalue(L, -2, FIRST);
	}
	if (but) {
		lua_pushvalue(L, but);
		lua_setiuservalue(L, -2, FIRST + like.rooms);
	}
}

static void copy_values(lua_State *L, int from, int at, int to, int n)
{
	for (int i = 0; i < n; i++) {
		lua_getiuservalue(L, from, at + i);
		lua_setiuservalue(L, -2, to + i);
	}
}

/* Of a target that is one socket: everybody but that socket. socket.volatile:to(room) means others, as socket:to(room) does. */
static void push_others(lua_State *L, int index)
{
	const struct target *t = class_check(L, index, &target_class);
	struct target like = *t;

	like.rooms = 0;
	like.excepts = 1;
	like.direct = false;
	make(L, &like);
	copy_values(L, index, KEY, KEY, FIRST - KEY);
	copy_values(L, index, FIRST, FIRST, 1);
}

/* Pushes a copy with room for more names between its rooms and its exceptions, or behind them. */
static void push_wider(lua_State *L, int index, int rooms, int excepts)
{
	const struct target *t = class_check(L, index, &target_class);
	struct target like = *t;

	like.rooms += rooms;
	like.excepts += excepts;
	if (like.rooms > ROOMS_MAX || like.excepts > ROOMS_MAX)
		luaL_error(L, "more than %d rooms", ROOMS_MAX);
	make(L, &like);
	copy_values(L, index, KEY, KEY, FIRST - KEY);
	copy_values(L, index, FIRST, FIRST, t->rooms);
	copy_values(L, index, FIRST + t->rooms, FIRST + like.rooms, t->excepts);
}

static int add_names(lua_State *L, int index, int arg, bool except)
{
	int n = rooms_count_names(L, arg), at;
	struct target *t = class_check(L, index, &target_class);

	if (t->direct) {
		push_others(L, index);
		index = lua_gettop(L);
		t = lua_touserdata(L, index);
	}
	at = FIRST + t->rooms + (except ? t->excepts : 0);
	push_wider(L, index, except ? 0 : n, except ? n : 0);
	if (!except)
		((struct target *)lua_touserdata(L, -1))->named = true;
	for (int i = 0; i < n; i++) {
		rooms_push_name(L, arg, i);
		lua_setiuservalue(L, -2, at + i);
	}
	return 1;
}

int target_to(lua_State *L, int index, int arg)
{
	return add_names(L, index, arg, false);
}

int target_except(lua_State *L, int index, int arg)
{
	return add_names(L, index, arg, true);
}

int target_volatile(lua_State *L, int index)
{
	push_wider(L, index, 0, 0);
	((struct target *)lua_touserdata(L, -1))->is_volatile = true;
	return 1;
}

/* Borrowed from the target, which stays on the stack. */
static void names(lua_State *L, int index, int at, int n, struct text *out)
{
	for (int i = 0; i < n; i++) {
		lua_getiuservalue(L, index, at + i);
		out[i].at = lua_tolstring(L, -1, &out[i].len);
		lua_pop(L, 1);
	}
}

static void key(lua_State *L, int index, struct text *out)
{
	*out = (struct text){NULL, 0};
	if (lua_getiuservalue(L, index, KEY) == LUA_TSTRING)
		out->at = lua_tolstring(L, -1, &out->len);
	lua_pop(L, 1);
}

static struct text sender(const struct event *ev)
{
	const struct socket_view *view = event_socket(ev);

	return view ? (struct text){view->sid, strlen(view->sid)} : (struct text){NULL, 0};
}

static int push_emitted(lua_State *L, const struct event *ev, const struct emitted *emitted)
{
	char position[POSITION_MAX];

	event_position_format(ev, emitted->seq, position);
	lua_pushstring(L, position);
	lua_pushboolean(L, emitted->duplicate);
	return 2;
}

/* To all children of a parent: how many they are. */
static int emit_to_children(lua_State *L, const struct target *t, struct namespace *nsp, struct emission *e, int first, int last)
{
	namespaces_emit(L, nsp, e);
	e->nsp = nsp->name;
	if (!is_nobody(t))
		outgoing_tell(L, nsp, e, first, last);
	return 1;
}

static int emit(lua_State *L, const struct target *t, struct namespace *nsp, struct emission *e, int first)
{
	struct event *ev = host_event(L, "emit");
	struct encoder args;
	struct emitted emitted;
	int last = lua_gettop(L);

	arguments_check_name(L, first);
	arguments_encode(L, &args, first, 0);
	e->nsp = nsp->name;
	e->direct = t->direct;
	e->is_volatile = t->is_volatile;
	e->args = (struct text){args.out->data, args.out->len};
	e->attachments = args.attachments;
	e->attachments_count = args.attachments_count;
	e->sender = sender(ev);
	if (namespaces_is_parent(nsp))
		return emit_to_children(L, t, nsp, e, first, last);
	if (host_check(L, event_emit(ev, e, &emitted), "emit")) {
		luaL_pushfail(L);
		lua_pushliteral(L, "gone");
		return 2;
	}
	if (!emitted.duplicate && !is_nobody(t))
		outgoing_tell(L, nsp, e, first, last);
	return push_emitted(L, ev, &emitted);
}

struct namespace *target_namespace(lua_State *L, int index)
{
	struct target *t = class_check(L, index, &target_class);
	struct namespace *nsp = t->nsp;

	if (nsp)
		return nsp;
	lua_getiuservalue(L, index, NSP);
	nsp = namespaces_at(L, -1);
	lua_pop(L, 1);
	return nsp;
}

/* Nobody, in terms of rooms: who is in one and not in the same. The room is named twice, since what is emitted to one alone is its history. */
static struct audience nobody(struct namespace *nsp, struct target_names *out)
{
	out->rooms[0] = out->rooms[1] = out->except[0] = (struct text){"", 0};
	return (struct audience){nsp->name, out->rooms, 2, out->except, 1};
}

struct audience target_audience(lua_State *L, int index, struct target_names *out)
{
	const struct target *t = class_check(L, index, &target_class);
	struct namespace *nsp = target_namespace(L, index);

	if (is_nobody(t))
		return nobody(nsp, out);
	names(L, index, FIRST, t->rooms, out->rooms);
	names(L, index, FIRST + t->rooms, t->excepts, out->except);
	return (struct audience){nsp->name, out->rooms, (size_t)t->rooms, out->except, (size_t)t->excepts};
}

static int fill_and_emit(lua_State *L, int index, int first, struct emission e)
{
	const struct target *t = class_check(L, index, &target_class);
	struct target_names buffer;
	struct audience a = target_audience(L, index, &buffer);

	e.rooms = a.rooms;
	e.rooms_count = a.rooms_count;
	e.except = a.except;
	e.except_count = a.except_count;
	key(L, index, &e.key);
	return emit(L, t, target_namespace(L, index), &e, first);
}

int target_send(lua_State *L, int index, int first)
{
	lua_pushliteral(L, "message");
	lua_insert(L, first);
	return target_emit(L, index, first);
}

int target_emit(lua_State *L, int index, int first)
{
	return fill_and_emit(L, index, first, (struct emission){0});
}

int target_timeout(lua_State *L, int index, int arg)
{
	lua_Integer ms = luaL_checkinteger(L, arg);

	luaL_argcheck(L, ms >= 1 && ms <= TIMEOUT_MAX_MS, arg, "a timeout has 1 to 86400000 milliseconds");
	push_wider(L, index, 0, 0);
	((struct target *)lua_touserdata(L, -1))->timeout_ms = ms;
	return 1;
}

int target_emit_with_ack(lua_State *L)
{
	const struct target *t = class_check(L, 1, &target_class);
	struct emission e = {.wants_ack = true, .ack_timeout_ms = t->timeout_ms};

	e.ack_context = asking_context(L, target_namespace(L, 1), t->direct, t->timeout_ms);
	return fill_and_emit(L, 1, 4, e);
}

static int method_to(lua_State *L)
{
	return target_to(L, 1, 2);
}

static int method_except(lua_State *L)
{
	return target_except(L, 1, 2);
}

/* Nothing is compressed on the way to a client as yet, so there is nothing to choose: the same target. */
static int method_compress(lua_State *L)
{
	class_check(L, 1, &target_class);
	luaL_checktype(L, 2, LUA_TBOOLEAN);
	lua_settop(L, 1);
	return 1;
}

static int method_once(lua_State *L)
{
	size_t len;

	luaL_checklstring(L, 2, &len);
	if (len < 1 || len > KEY_MAX_BYTES)
		return luaL_argerror(L, 2, "a key has 1 to 1024 bytes");
	push_wider(L, 1, 0, 0);
	lua_pushvalue(L, 2);
	lua_setiuservalue(L, -2, KEY);
	return 1;
}

static int method_timeout(lua_State *L)
{
	return target_timeout(L, 1, 2);
}

static int method_emit(lua_State *L)
{
	return target_emit(L, 1, 2);
}

/* Properties, as in Socket.IO. */
static int push_property(lua_State *L, const char *name)
{
	const struct target *t = class_check(L, 1, &target_class);

	if (strcmp(name, "volatile") == 0)
		return target_volatile(L, 1);
	if (strcmp(name, "local_") == 0)
		return lua_settop(L, 1), 1;
	if (strcmp(name, "broadcast") == 0 && t->direct)
		return push_others(L, 1), 1;
	return 0;
}

/* Methods stand in the upvalue. */
static int target_index(lua_State *L)
{
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
		return 1;
	return lua_type(L, 2) == LUA_TSTRING ? push_property(L, lua_tostring(L, 2)) : 0;
}

void target_open(lua_State *L)
{
	static const luaL_Reg methods[] = {{"to", method_to},
		{"in_", method_to},
		{"except", method_except},
		{"once", method_once},
		{"timeout", method_timeout},
		{"emit_with_ack", target_emit_with_ack},
		{"compress", method_compress},
		{"emit", method_emit},
		{"fetch_sockets", sockets_fetch},
		{"sockets_join", sockets_join},
		{"sockets_leave", sockets_leave},
		{"disconnect_sockets", sockets_disconnect},
		{NULL, NULL}};

	class_new(L, &target_class, NULL, NULL);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &target_class);
	luaL_newlib(L, methods);
	lua_pushcclosure(L, target_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}
