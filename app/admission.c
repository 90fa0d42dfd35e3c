/* They run before there is a session or a socket, in no event: what an event can do, emitting above all, they cannot. */
#include "config.h"
#include "app/admission.h"

#include <lauxlib.h>

#include "app/dispatch.h"
#include "app/headers.h"
#include "app/lazy.h"
#include "proto/json.h"

struct call {
	struct text request;
	struct buf *refusal, *headers;
	bool refused;
};

static void write_message(lua_State *L, int index, struct buf *out)
{
	size_t len;
	const char *message = luaL_optlstring(L, index, "Forbidden", &len);
	size_t need = json_string_encode(message, len, NULL, 0);
	char *at = buf_reserve(out, need);

	if (!at)
		luaL_error(L, "allow_request: the message is too long");
	buf_commit(out, json_string_encode(message, len, at, need));
}

/* request at index 2. Nothing returned is consent; nil or false, with or without a message, is none. */
static bool is_allowed(lua_State *L, const struct host *h, struct call *call)
{
	bool allowed;

	lua_rawgeti(L, LUA_REGISTRYINDEX, h->allow_request);
	lua_pushvalue(L, 2);
	lua_call(L, 1, LUA_MULTRET);
	allowed = lua_gettop(L) == 2 || lua_toboolean(L, 3);
	if (!allowed)
		write_message(L, 4, call->refusal);
	lua_settop(L, 2);
	return allowed;
}

/* The function fills the table it is given, or returns another. */
static void ask_headers(lua_State *L, const struct host *h, struct buf *out)
{
	lua_newtable(L);
	lua_rawgeti(L, LUA_REGISTRYINDEX, h->initial_headers);
	lua_pushvalue(L, 3);
	lua_pushvalue(L, 2);
	lua_call(L, 2, 1);
	headers_write(L, lua_isnil(L, -1) ? 3 : 4, "initial_headers", out);
}

static int run(lua_State *L)
{
	struct call *call = lua_touserdata(L, 1);
	const struct host *h = host_of(L);

	lazy_push(L, (struct json_slice){call->request.at, call->request.len}, 0, 0);
	call->refused = h->allow_request && !is_allowed(L, h, call);
	if (!call->refused && h->initial_headers)
		ask_headers(L, h, call->headers);
	return 0;
}

static int handshake(void *ctx, struct text request, struct buf *refusal, struct buf *headers)
{
	struct call call = {.request = request, .refusal = refusal, .headers = headers};
	struct host *h = ctx;
	int error;

	limits_begin(&h->limits, h->L, 1);
	error = dispatch_protected(h, run, &call, NULL, "handshake");
	limits_end(&h->limits);
	/* REFUSED has a meaning of its own here */
	if (error)
		return error == POLLUX_REFUSED ? POLLUX_PROTOCOL : error;
	return call.refused ? POLLUX_REFUSED : 0;
}

int (*admission_handshake(const struct host *h))(void *ctx, struct text request, struct buf *refusal, struct buf *headers)
{
	return h->allow_request || h->initial_headers ? handshake : NULL;
}
