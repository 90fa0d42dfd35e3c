/* Handlers stand by the event's name, as clients' do. */
#include "config.h"
#include "app/server_side.h"

#include <lauxlib.h>

#include "app/arguments.h"
#include "app/dispatch.h"
#include "app/lazy.h"
#include "app/namespaces.h"
#include "app/register.h"
#include "app/socket.h"

/* server_side_emit(name, …) */
static int server_side_emit(lua_State *L)
{
	const struct namespace *nsp = namespaces_at(L, lua_upvalueindex(1));
	struct event *ev = host_event(L, "server_side_emit");
	struct encoder e;

	namespaces_check_one(L, nsp, "server_side_emit");
	arguments_check_name(L, 1);
	arguments_encode(L, &e, 1, 0);
	host_check(L, event_server_side(ev, nsp->name, (struct text){e.out->data, e.out->len}, e.attachments, e.attachments_count),
		   "server_side_emit");
	return 0;
}

void server_side_functions(lua_State *L, struct namespace *nsp)
{
	static const luaL_Reg functions[] = {{"server_side_emit", server_side_emit}, {"on_server_side", register_server_side}, {NULL, NULL}};

	namespaces_push(L, nsp);
	luaL_setfuncs(L, functions, 1);
}

static void call_each(lua_State *L, int list, int first, int last)
{
	size_t n = lua_rawlen(L, list);

	for (size_t i = 1; i <= n; i++) {
		luaL_checkstack(L, last - first + 3, "too many arguments");
		lua_rawgeti(L, list, (lua_Integer)i);
		for (int arg = first; arg <= last; arg++)
			lua_pushvalue(L, arg);
		lua_call(L, last - first + 1, 0);
	}
}

/* Stack: in, list, attachments or nothing, arguments… */
static int run(lua_State *L)
{
	const struct incoming *in = lua_touserdata(L, 1);
	struct json_slice name;
	size_t cursor = 0;
	int attachments, first;

	if (!json_array_next(in->payload, &cursor, &name))
		return 0;
	lazy_push(L, name, 0, 1);
	register_push_named(L, host_of(L)->nsp, SERVER_SIDE);
	if (lua_isnil(L, 2))
		return 0;
	attachments = dispatch_push_attachments(L, in);
	first = lua_gettop(L) + 1;
	dispatch_push_arguments(L, in, cursor, attachments);
	call_each(L, 2, first, lua_gettop(L));
	socket_store_data(L);
	return 0;
}

int server_side_run(void *ctx, struct event *ev, const struct incoming *in)
{
	return dispatch_run(ctx, ev, run, (void *)in, "server-side event");
}
