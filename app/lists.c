/* Rows go through host.rows: a header struct, then the bytes it counts. */
#include "config.h"
#include "app/lists.h"

#include <string.h>
#include <lauxlib.h>

#include "app/arguments.h"
#include "app/lazy.h"
#include "app/socket.h"
#include "app/values.h"
#include "proto/attachments.h"
#include "proto/sio.h"

#define HISTORY_DEFAULT 50
#define HISTORY_MAX 1000
#define LIST_MAX 1000000
#define BYTES_AN_INSTRUCTION 4

struct row {
	int64_t seq, at_ms;           /* or the number of sockets */
	size_t text, more, sender;    /* bytes that follow: args; attachments; sender. Or room's name. Or data, sid. */
};

static int add_row(struct host *h, const struct row *r, const char *text, const char *more, const char *sender)
{
	buf_add(&h->rows, r, sizeof(*r));
	buf_add(&h->rows, text, r->text);
	buf_add(&h->rows, more, r->more);
	return buf_add(&h->rows, sender, r->sender);
}

/* Looks at what core returned, and pays for its work. */
static int check_rows(lua_State *L, int error, const char *what)
{
	limits_charge(L, 100 + (int64_t)host_of(L)->rows.len / BYTES_AN_INSTRUCTION);
	return host_check(L, error, what);
}

/* Walks the rows: *at starts as 0. The row's bytes stand at *bytes. */
static bool next_row(const struct host *h, size_t *at, struct row *r, const char **bytes)
{
	if (*at >= h->rows.len)
		return false;
	memcpy(r, h->rows.data + *at, sizeof(*r));
	*bytes = h->rows.data + *at + sizeof(*r);
	*at += sizeof(*r) + r->text + r->more + r->sender;
	return true;
}

static int history_row(void *ctx, const struct history_row *row)
{
	struct row r = {row->seq, row->at_ms, row->args.len, row->attachments.len, row->sender.len};

	return add_row(ctx, &r, row->args.at, row->attachments.at, row->sender.at);
}

static int room_row(void *ctx, struct text room, int64_t sockets)
{
	struct row r = {.seq = sockets, .text = room.len};

	return add_row(ctx, &r, room.at, NULL, NULL);
}

static int socket_row(void *ctx, const struct socket_view *view)
{
	struct row r = {.text = view->data.at ? view->data.len : 0, .more = strlen(view->sid) + 1};

	return add_row(ctx, &r, view->data.at, view->sid, NULL);
}

static int64_t check_position(lua_State *L, const char *field, bool *gone)
{
	struct text t;
	int64_t seq = 0;
	int error;

	if (lua_type(L, 2) != LUA_TTABLE || lua_getfield(L, 2, field) == LUA_TNIL)
		return 0;
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "history: %s must be a position, as a row or emit gives it", field);
	t.at = lua_tolstring(L, -1, &t.len);
	error = event_position_parse(host_of(L)->ev, t, &seq);
	if (error == POLLUX_GONE)
		*gone = true;
	else if (error)
		luaL_error(L, "history: %s is no position", field);
	return seq;
}

/* The argument's field `limit`, or what is meant without. */
static int check_limit(lua_State *L, int arg, const char *what, int otherwise, int most)
{
	lua_Integer n;
	int is_integer;

	if (lua_type(L, arg) != LUA_TTABLE || lua_getfield(L, arg, "limit") == LUA_TNIL)
		return otherwise;
	n = lua_tointegerx(L, -1, &is_integer);
	if (!is_integer || n < 1 || n > most)
		luaL_error(L, "%s: limit must be an integer from 1 to %d", what, most);
	return (int)n;
}

/* Options as the script or a client wrote them. */
static void check_options(lua_State *L, int arg, const char *what, const char *const *names)
{
	if (lazy_table(L, arg))
		lua_replace(L, arg);
	if (lua_isnoneornil(L, arg))
		return;
	luaL_checktype(L, arg, LUA_TTABLE);
	arguments_check_options(L, arg, what, names);
}

int lists_push_attachments(lua_State *L, const char *packed, size_t len)
{
	const char *data;
	size_t cursor = 0, data_len;
	lua_Integer i = 0;

	if (!len)
		return 0;
	lua_newtable(L);
	while (attachment_next(packed, len, &cursor, &data, &data_len)) {
		values_push_binary(L, data, data_len);
		lua_rawseti(L, -2, ++i);
	}
	return lua_gettop(L);
}

/* Sets event and args of the row's table, which is on the top. */
static void set_args(lua_State *L, struct json_slice args, const char *packed, size_t packed_len)
{
	int row = lua_gettop(L), attachments = lists_push_attachments(L, packed, packed_len);
	struct json_slice value;
	size_t cursor = 0;
	lua_Integer i = 0;

	lua_newtable(L);
	values_mark_array(L);
	while (json_array_next(args, &cursor, &value)) {
		lazy_push(L, value, attachments, 1);
		if (i++ == 0)
			lua_setfield(L, row, "event");
		else
			lua_rawseti(L, -2, i - 1);
	}
	lua_setfield(L, row, "args");
	lua_settop(L, row);
}

static void push_history_row(lua_State *L, const struct row *r, const char *bytes)
{
	char position[POSITION_MAX];

	lua_createtable(L, 0, 5);
	event_position_format(host_of(L)->ev, r->seq, position);
	lua_pushstring(L, position);
	lua_setfield(L, -2, "position");
	lua_pushinteger(L, r->at_ms);
	lua_setfield(L, -2, "at");
	if (r->sender) {
		lua_pushlstring(L, bytes + r->text + r->more, r->sender);
		lua_setfield(L, -2, "sender");
	}
	set_args(L, (struct json_slice){bytes, r->text}, bytes + r->text, r->more);
}

int lists_history(lua_State *L, struct namespace *nsp)
{
	struct host *h = host_of(L);
	struct event *ev = host_event(L, "io.history");
	struct text room;
	int64_t after, before;
	bool gone = false;
	struct row r;
	const char *bytes;
	size_t at = 0;
	int limit;

	luaL_checktype(L, 1, LUA_TSTRING);
	check_options(L, 2, "io.history", (const char *const[]){"after", "before", "limit", NULL});
	room.at = lua_tolstring(L, 1, &room.len);
	after = check_position(L, "after", &gone);
	before = check_position(L, "before", &gone);
	limit = check_limit(L, 2, "history", HISTORY_DEFAULT, HISTORY_MAX);
	if (gone) {
		luaL_pushfail(L);
		lua_pushliteral(L, "gone");
		return 2;
	}
	buf_clear(&h->rows);
	check_rows(L, event_history(ev, nsp->name, room, after, before, limit, history_row, h), "io.history");
	lua_newtable(L);
	values_mark_array(L);
	for (lua_Integer i = 1; next_row(h, &at, &r, &bytes); i++) {
		push_history_row(L, &r, bytes);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

/* The field `after` of the options: stays on the stack. */
static struct text check_after(lua_State *L, int arg)
{
	struct text after = {NULL, 0};

	if (lua_type(L, arg) != LUA_TTABLE || lua_getfield(L, arg, "after") == LUA_TNIL)
		return after;
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "rooms: after must be a room's name");
	after.at = lua_tolstring(L, -1, &after.len);
	return after;
}

int lists_rooms(lua_State *L, struct namespace *nsp)
{
	struct host *h = host_of(L);
	struct event *ev = host_event(L, "io.rooms");
	struct text after;
	struct row r;
	const char *bytes;
	size_t at = 0;
	int limit;

	check_options(L, 1, "io.rooms", (const char *const[]){"after", "limit", NULL});
	after = check_after(L, 1);
	limit = check_limit(L, 1, "rooms", 0, LIST_MAX);
	buf_clear(&h->rows);
	check_rows(L, event_rooms(ev, nsp->name, after, limit, room_row, h), "io.rooms");
	lua_newtable(L);
	values_mark_array(L);
	for (lua_Integer i = 1; next_row(h, &at, &r, &bytes); i++) {
		lua_createtable(L, 0, 2);
		lua_pushlstring(L, bytes, r.text);
		lua_setfield(L, -2, "name");
		lua_pushinteger(L, r.seq);
		lua_setfield(L, -2, "here");
		lua_rawseti(L, -2, i);
	}
	return 1;
}

int lists_sockets(lua_State *L, struct namespace *nsp, const struct audience *a)
{
	struct host *h = host_of(L);
	struct event *ev = host_event(L, "fetch_sockets");
	struct row r;
	const char *bytes;
	size_t at = 0;
	int limit;

	check_options(L, 2, "fetch_sockets", (const char *const[]){"limit", NULL});
	limit = check_limit(L, 2, "fetch_sockets", 0, LIST_MAX);
	buf_clear(&h->rows);
	check_rows(L, event_fetch(ev, a, limit, socket_row, h), "fetch_sockets");
	lua_newtable(L);
	values_mark_array(L);
	for (lua_Integer i = 1; next_row(h, &at, &r, &bytes); i++) {
		struct text data = {r.text ? bytes : NULL, r.text};

		socket_push(L, nsp, bytes + r.text, data);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

int lists_rooms_of(lua_State *L, const char *nsp, const char *sid)
{
	struct host *h = host_of(L);
	struct row r;
	const char *bytes;
	size_t at = 0;

	buf_clear(&h->rows);
	check_rows(L, event_rooms_of(host_event(L, "socket.rooms"), nsp, sid, room_row, h), "socket.rooms");
	lua_newtable(L);
	values_mark_array(L);
	for (lua_Integer i = 1; next_row(h, &at, &r, &bytes); i++) {
		lua_pushlstring(L, bytes, r.text);
		lua_rawseti(L, -2, i);
	}
	return 1;
}
