/* A target names sockets as well as it names recipients. */
#include "config.h"
#include "app/sockets.h"

#include <lauxlib.h>

#include "app/arguments.h"
#include "app/lists.h"
#include "app/namespaces.h"
#include "app/rooms.h"
#include "app/target.h"

static struct namespace *one_namespace(lua_State *L)
{
	struct namespace *nsp = target_namespace(L, 1);

	namespaces_check_one(L, nsp, "sockets by rooms");
	return nsp;
}

/* fetch_sockets({ limit = }) → array of sockets */
int sockets_fetch(lua_State *L)
{
	struct target_names names;
	struct audience a = target_audience(L, 1, &names);

	lua_settop(L, 2);
	return lists_sockets(L, one_namespace(L), &a);
}

/* sockets_join(room or rooms), and sockets_leave */
int sockets_join(lua_State *L)
{
	struct target_names names;
	struct audience a = target_audience(L, 1, &names);

	host_event(L, "sockets_join");
	lua_settop(L, 2);
	rooms_join_all(L, one_namespace(L), &a, 2);
	return 0;
}

int sockets_leave(lua_State *L)
{
	struct target_names names;
	struct audience a = target_audience(L, 1, &names);

	host_event(L, "sockets_leave");
	lua_settop(L, 2);
	rooms_leave_all(L, one_namespace(L), &a, 2);
	return 0;
}

/* disconnect_sockets(close) */
int sockets_disconnect(lua_State *L)
{
	struct target_names names;
	struct audience a = target_audience(L, 1, &names);
	struct event *ev = host_event(L, "disconnect_sockets");

	one_namespace(L);
	host_check(L, event_disconnect_all(ev, &a, arguments_optional_boolean(L, 2)), "disconnect_sockets");
	return 0;
}
