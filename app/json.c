/* What is wrong with a value of the script's own is an error; what is wrong with text, which may come from anywhere, is a result. */
#include "config.h"
#include "app/json.h"

#include <string.h>
#include <lauxlib.h>

#include "app/encode.h"
#include "app/lazy.h"
#include "app/limits.h"
#include "app/sandbox.h"
#include "app/state.h"
#include "proto/json.h"

/* encode(value) → string */
static int json_encode(lua_State *L)
{
	struct buf *out = &host_of(L)->out;
	struct encoder e;

	luaL_checkany(L, 1);
	lua_settop(L, 1);
	buf_clear(out);
	encode_init(&e, out, 0);
	if (encode_value(L, &e, 1, 0))
		return luaL_error(L, "json.encode: value%s: %s", e.path, e.error);
	lua_pushlstring(L, out->data ? out->data : "", out->len);
	return 1;
}

static struct json_slice trimmed(const char *text, size_t len)
{
	size_t before = strspn(text, " \t\r\n");

	while (len > before && strchr(" \t\r\n", text[len - 1]))
		len--;
	return (struct json_slice){text + before, len - before};
}

/* decode(text) → value; nil, what is wrong */
static int json_decode(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	int error;

	lua_settop(L, 1);
	limits_charge(L, (int64_t)len);
	error = json_check(text, len, JSON_MAX_DEPTH);
	if (!error) {
		lazy_push(L, trimmed(text, len), 0, 0);
		return 1;
	}
	luaL_pushfail(L);
	lua_pushstring(L, error == JSON_TOO_DEEP ? "JSON nested too deep" : "malformed JSON");
	return 2;
}

void json_push_module(lua_State *L)
{
	static const luaL_Reg functions[] = {{"encode", json_encode}, {"decode", json_decode}, {NULL, NULL}};

	luaL_newlib(L, functions);
	sandbox_freeze(L, "json");
}
