/* Once an emit, not once a recipient as in Socket.IO: who they are is known only where the log is read, by any process. */
#include "config.h"
#include "app/outgoing.h"

#include <lauxlib.h>

#include "app/values.h"

static void set_names(lua_State *L, const char *field, const struct text *names, size_t n)
{
	lua_createtable(L, (int)n, 0);
	values_mark_array(L);
	for (size_t i = 0; i < n; i++) {
		lua_pushlstring(L, names[i].at, names[i].len);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, field);
}

/* { nsp =, rooms =, except =, volatile =, id = of the one socket } */
static void push_target(lua_State *L, const struct emission *e)
{
	lua_createtable(L, 0, 5);
	lua_pushstring(L, e->nsp);
	lua_setfield(L, -2, "nsp");
	lua_pushboolean(L, e->is_volatile);
	lua_setfield(L, -2, "volatile");
	set_names(L, "rooms", e->rooms, e->direct ? 0 : e->rooms_count);
	set_names(L, "except", e->except, e->except_count);
	if (!e->direct)
		return;
	lua_pushlstring(L, e->rooms[0].at, e->rooms[0].len);
	lua_setfield(L, -2, "id");
}

void outgoing_tell(lua_State *L, const struct namespace *nsp, const struct emission *e, int first, int last)
{
	struct host *h = host_of(L);
	int list;
	size_t n;

	if (!nsp->has[ON_ANY_OUTGOING] || h->telling)
		return;
	h->telling = true;
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp->lists[ON_ANY_OUTGOING]);
	list = lua_gettop(L);
	push_target(L, e);
	n = lua_rawlen(L, list);
	for (size_t i = 1; i <= n; i++) {
		luaL_checkstack(L, last - first + 4, "too many arguments");
		lua_rawgeti(L, list, (lua_Integer)i);
		lua_pushvalue(L, list + 1);
		for (int arg = first; arg <= last; arg++)
			lua_pushvalue(L, arg);
		lua_call(L, last - first + 2, 0);
	}
	lua_settop(L, list - 1);
	h->telling = false;
}
