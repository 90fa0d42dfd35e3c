/*
 * Rooms' handlers run behind the change, in the same event. Many changes are noted first, as a flat table of rooms' numbers and ids:
 * handlers may change rooms themselves.
 */
#include "config.h"
#include "app/rooms.h"

#include <string.h>
#include <lauxlib.h>

#include "app/lazy.h"

/* What core does for one socket and room, in instructions. */
#define CHANGE_COST 50

struct names {
	struct text room[ROOMS_MAX];
	int count;
};

static bool is_many(lua_State *L, int arg)
{
	return lua_istable(L, arg) || lazy_is(L, arg);
}

/* What has no items is an empty array, or no array: `{"a":1}` of a client, or io itself where a colon stands for a dot. */
static bool is_empty_array(lua_State *L, int arg)
{
	bool named;

	if (lazy_is(L, arg))
		return lazy_is_array(L, arg);
	if (luaL_getmetafield(L, arg, "__index") != LUA_TNIL) {
		lua_pop(L, 1);
		return false;
	}
	lua_pushnil(L);
	named = lua_next(L, arg);
	lua_pop(L, named ? 2 : 0);
	return !named;
}

int rooms_count_names(lua_State *L, int arg)
{
	lua_Integer n = is_many(L, arg) ? luaL_len(L, arg) : 1;

	if (n == 0 && !is_empty_array(L, arg))
		luaL_error(L, "rooms are named by a string or an array of strings, this table is no array (functions of io are called with a dot)");
	if (n < 0 || n > ROOMS_MAX)
		luaL_error(L, "more than %d rooms", ROOMS_MAX);
	return (int)n;
}

void rooms_push_name(lua_State *L, int arg, int i)
{
	if (is_many(L, arg))
		lua_geti(L, arg, i + 1);
	else
		lua_pushvalue(L, arg);
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "a room's name must be a string, not a %s", luaL_typename(L, -1));
}

/* Names stay on the stack: they are borrowed. */
static void read_names(lua_State *L, int arg, struct names *out)
{
	out->count = rooms_count_names(L, arg);
	luaL_checkstack(L, out->count + 4, "too many rooms");
	for (int i = 0; i < out->count; i++) {
		rooms_push_name(L, arg, i);
		out->room[i].at = lua_tolstring(L, -1, &out->room[i].len);
	}
}

/* Calls the list's functions with the room, and the id unless it is NULL. */
static void tell(lua_State *L, const struct namespace *nsp, enum handlers list, struct text room, const char *sid)
{
	int at = lua_gettop(L) + 1;

	if (!nsp->has[list])
		return;
	luaL_checkstack(L, 4, "too many rooms");
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp->lists[list]);
	for (size_t i = 1; i <= lua_rawlen(L, at); i++) {
		lua_rawgeti(L, at, (lua_Integer)i);
		lua_pushlstring(L, room.at, room.len);
		if (sid)
			lua_pushstring(L, sid);
		lua_call(L, sid ? 2 : 1, 0);
	}
	lua_settop(L, at - 1);
}

/* Whether so many sockets, or fewer, are in the room. */
static bool has_at_most(lua_State *L, const struct namespace *nsp, struct text room, int64_t count)
{
	int64_t size;

	host_check(L, event_room_size(host_of(L)->ev, nsp->name, room, count + 1, &size), "on_room");
	return size <= count;
}

void rooms_tell_joined(lua_State *L, struct namespace *nsp, const char *sid, struct text room)
{
	if (nsp->has[ON_CREATE_ROOM] && has_at_most(L, nsp, room, 1))
		tell(L, nsp, ON_CREATE_ROOM, room, NULL);
	tell(L, nsp, ON_JOIN_ROOM, room, sid);
}

/* remaining: how many are in it when it is empty but for this one. */
static void tell_left(lua_State *L, struct namespace *nsp, const char *sid, struct text room, int64_t remaining)
{
	bool last = nsp->has[ON_DELETE_ROOM] && has_at_most(L, nsp, room, remaining);

	tell(L, nsp, ON_LEAVE_ROOM, room, sid);
	if (last)
		tell(L, nsp, ON_DELETE_ROOM, room, NULL);
}

int rooms_join(lua_State *L, struct namespace *nsp, const char *sid, int arg)
{
	struct names names;
	bool changed;
	int error = 0;

	read_names(L, arg, &names);
	for (int i = 0; i < names.count && !error; i++) {
		error = host_check(L, event_join(host_of(L)->ev, nsp->name, sid, names.room[i], &changed), "join");
		if (!error && changed)
			rooms_tell_joined(L, nsp, sid, names.room[i]);
	}
	return error;
}

int rooms_leave(lua_State *L, struct namespace *nsp, const char *sid, int arg)
{
	struct names names;
	bool changed;
	int error = 0;

	read_names(L, arg, &names);
	for (int i = 0; i < names.count && !error; i++) {
		error = host_check(L, event_leave(host_of(L)->ev, nsp->name, sid, names.room[i], &changed), "leave");
		if (!error && changed)
			tell_left(L, nsp, sid, names.room[i], 0);
	}
	return error;
}

/* Rows in host.rows: the room's number, the id with its NUL. */
static int note_change(void *ctx, size_t room, struct text sid)
{
	struct host *h = ctx;

	buf_add(&h->rows, &room, sizeof(room));
	buf_add(&h->rows, sid.at, sid.len);
	return buf_add_char(&h->rows, '\0');
}

/* Pushes the changes as a table: number, id, number, id, … */
static void push_changes(lua_State *L)
{
	const struct buf *rows = &host_of(L)->rows;
	lua_Integer n = 0;
	size_t room;

	lua_newtable(L);
	for (size_t at = 0; at < rows->len; at += strlen(rows->data + at) + 1) {
		memcpy(&room, rows->data + at, sizeof(room));
		at += sizeof(room);
		lua_pushinteger(L, (lua_Integer)room);
		lua_rawseti(L, -2, ++n);
		lua_pushstring(L, rows->data + at);
		lua_rawseti(L, -2, ++n);
	}
}

/* Room and id of a change; the id stays on the stack as long as the caller likes. */
static size_t change_at(lua_State *L, int changes, lua_Integer i, const char **sid)
{
	size_t room;

	lua_rawgeti(L, changes, i);
	room = (size_t)lua_tointeger(L, -1);
	lua_rawgeti(L, changes, i + 1);
	*sid = lua_tostring(L, -1);
	return room;
}

static bool is_told(const struct namespace *nsp, enum handlers one, enum handlers other)
{
	return nsp->has[one] || nsp->has[other];
}

/* What was done to a room last decides: as many as have joined now, and no others, are in one that is new. */
static void tell_all_joined(lua_State *L, struct namespace *nsp, const struct names *names, const bool *was_empty)
{
	int changes = lua_gettop(L);
	size_t before = SIZE_MAX;
	const char *sid;

	for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, changes); i += 2) {
		size_t room = change_at(L, changes, i, &sid);

		if (room != before && was_empty[room])
			tell(L, nsp, ON_CREATE_ROOM, names->room[room], NULL);
		before = room;
		tell(L, nsp, ON_JOIN_ROOM, names->room[room], sid);
		lua_settop(L, changes);
	}
}

static void tell_all_left(lua_State *L, struct namespace *nsp, const struct names *names, const bool *is_empty)
{
	int changes = lua_gettop(L);
	lua_Integer n = (lua_Integer)lua_rawlen(L, changes);
	const char *sid;

	for (lua_Integer i = 1; i <= n; i += 2) {
		size_t room = change_at(L, changes, i, &sid), next;

		tell(L, nsp, ON_LEAVE_ROOM, names->room[room], sid);
		next = i + 2 <= n ? change_at(L, changes, i + 2, &sid) : SIZE_MAX;
		if (next != room && is_empty[room])
			tell(L, nsp, ON_DELETE_ROOM, names->room[room], NULL);
		lua_settop(L, changes);
	}
}

static void look_which_are_empty(lua_State *L, const struct namespace *nsp, enum handlers list, const struct names *names, bool *empty)
{
	for (int i = 0; i < names->count; i++)
		empty[i] = nsp->has[list] && has_at_most(L, nsp, names->room[i], 0);
}

void rooms_join_all(lua_State *L, struct namespace *nsp, const struct audience *a, int arg)
{
	struct host *h = host_of(L);
	struct names names;
	bool told = is_told(nsp, ON_CREATE_ROOM, ON_JOIN_ROOM), was_empty[ROOMS_MAX];

	read_names(L, arg, &names);
	look_which_are_empty(L, nsp, ON_CREATE_ROOM, &names, was_empty);
	buf_clear(&h->rows);
	host_check(L, event_join_all(h->ev, a, names.room, (size_t)names.count, told ? note_change : NULL, h), "sockets_join");
	limits_charge(L, CHANGE_COST * (1 + names.count));
	if (!told)
		return;
	push_changes(L);
	tell_all_joined(L, nsp, &names, was_empty);
}

void rooms_leave_all(lua_State *L, struct namespace *nsp, const struct audience *a, int arg)
{
	struct host *h = host_of(L);
	struct names names;
	bool told = is_told(nsp, ON_LEAVE_ROOM, ON_DELETE_ROOM), is_empty[ROOMS_MAX];

	read_names(L, arg, &names);
	buf_clear(&h->rows);
	host_check(L, event_leave_all(h->ev, a, names.room, (size_t)names.count, told ? note_change : NULL, h), "sockets_leave");
	limits_charge(L, CHANGE_COST * (1 + names.count));
	if (!told)
		return;
	look_which_are_empty(L, nsp, ON_DELETE_ROOM, &names, is_empty);
	push_changes(L);
	tell_all_left(L, nsp, &names, is_empty);
}

static int note_room(void *ctx, struct text room, int64_t sockets)
{
	struct host *h = ctx;

	(void)sockets;
	buf_add(&h->rows, &room.len, sizeof(room.len));
	return buf_add(&h->rows, room.at, room.len);
}

static void push_rooms(lua_State *L)
{
	const struct buf *rows = &host_of(L)->rows;
	lua_Integer n = 0;
	size_t len;

	lua_newtable(L);
	for (size_t at = 0; at < rows->len; at += len) {
		memcpy(&len, rows->data + at, sizeof(len));
		at += sizeof(len);
		lua_pushlstring(L, rows->data + at, len);
		lua_rawseti(L, -2, ++n);
	}
}

/* Tells of each room the socket is in. While it leaves they are there until the event is over, so who is alone in one is the last. */
static void tell_of_all(lua_State *L, struct namespace *nsp, const char *sid, bool leaves)
{
	struct host *h = host_of(L);
	struct text room;
	int rooms;

	buf_clear(&h->rows);
	host_check(L, event_rooms_of(h->ev, nsp->name, sid, note_room, h), "on_room");
	push_rooms(L);
	rooms = lua_gettop(L);
	for (size_t i = 1; i <= lua_rawlen(L, rooms); i++) {
		lua_rawgeti(L, rooms, (lua_Integer)i);
		room.at = lua_tolstring(L, -1, &room.len);
		if (leaves)
			tell_left(L, nsp, sid, room, 1);
		else
			rooms_tell_joined(L, nsp, sid, room);
		lua_settop(L, rooms);
	}
	lua_pop(L, 1);
}

void rooms_tell_left(lua_State *L, struct namespace *nsp, const char *sid)
{
	if (is_told(nsp, ON_LEAVE_ROOM, ON_DELETE_ROOM))
		tell_of_all(L, nsp, sid, true);
}

void rooms_tell_back(lua_State *L, struct namespace *nsp, const char *sid)
{
	if (is_told(nsp, ON_CREATE_ROOM, ON_JOIN_ROOM))
		tell_of_all(L, nsp, sid, false);
}
