/* An ack as text is "id.sid/nsp": "12.Ab3…/chat". Who can write such text can answer for others; it is the script's to keep. */
#include "config.h"
#include "app/ack.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "app/arguments.h"
#include "app/class.h"

static const struct class ack_class = {"ack"};

static bool fill(struct ack *a, const char *nsp, const char *sid, size_t sid_len, int64_t id)
{
	size_t nsp_len = strlen(nsp);

	memset(a, 0, sizeof(*a));
	if (nsp_len >= sizeof(a->nsp) || sid_len >= sizeof(a->sid) || nsp_len == 0 || sid_len == 0)
		return false;
	memcpy(a->nsp, nsp, nsp_len);
	memcpy(a->sid, sid, sid_len);
	a->id = id;
	return true;
}

void ack_push(lua_State *L, const struct socket_view *view, int64_t id)
{
	struct ack *a = class_make(L, &ack_class, sizeof(*a), 0);

	if (!fill(a, view->nsp, view->sid, strlen(view->sid), id))
		luaL_error(L, "the socket's names are too long");
}

int ack_from_reference(lua_State *L)
{
	const char *text = luaL_checkstring(L, 1), *sid, *nsp;
	struct ack *a = class_make(L, &ack_class, sizeof(*a), 0);
	char *end;
	long long id = strtoll(text, &end, 10);

	sid = end + 1;
	nsp = *end == '.' ? strchr(sid, '/') : NULL;
	if (!isdigit((unsigned char)text[0]) || !nsp || !fill(a, nsp, sid, (size_t)(nsp - sid), id))
		return luaL_argerror(L, 1, "no reference of an ack (ack:ref() gives one)");
	return 1;
}

static int ack_reference(lua_State *L)
{
	const struct ack *a = class_check(L, 1, &ack_class);

	lua_pushfstring(L, "%I.%s%s", (LUAI_UACINT)a->id, a->sid, a->nsp);
	return 1;
}

/* ack(…) → true; nil, "answered" or "gone" */
static int ack_call(lua_State *L)
{
	const struct ack *a = class_check(L, 1, &ack_class);
	struct event *ev = host_event(L, "ack");
	struct encoder e;
	int error;

	arguments_encode(L, &e, 2, 1);
	error = host_check(L, event_ack(ev, a, (struct text){e.out->data, e.out->len}, e.attachments, e.attachments_count), "ack");
	if (!error) {
		lua_pushboolean(L, 1);
		return 1;
	}
	luaL_pushfail(L);
	lua_pushstring(L, error == POLLUX_EXISTS ? "answered" : "gone");
	return 2;
}

void ack_open(lua_State *L)
{
	static const luaL_Reg meta[] = {{"__call", ack_call}, {NULL, NULL}};
	static const luaL_Reg methods[] = {{"ref", ack_reference}, {NULL, NULL}};

	class_new(L, &ack_class, meta, methods);
}
