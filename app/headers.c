/* See the header. What frames the answer, or is the WebSocket's own, is not the script's to say. */
#include "config.h"
#include "app/headers.h"

#include <string.h>
#include <strings.h>
#include <lauxlib.h>

#include "proto/header.h"

bool headers_is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z') && !(text[i] >= '0' && text[i] <= '9') && (!text[i] || !strchr("!#$%&'*+-.^_`|~", text[i])))
			return false;
	return len > 0;
}

static bool is_ours(const char *name)
{
	static const char *const ours[] = {"Connection", "Content-Encoding", "Content-Length", "Content-Type", "Date", "Keep-Alive", "Status", "Trailer",
		"Transfer-Encoding", "Upgrade", NULL};

	for (const char *const *o = ours; *o; o++)
		if (strcasecmp(*o, name) == 0)
			return true;
	return strncasecmp(name, "Sec-WebSocket-", 14) == 0;
}

/* Of the value on the top. */
static void write_line(lua_State *L, const char *what, const char *name, struct buf *out)
{
	size_t len = 0;
	const char *value = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

	if (!value || strlen(value) != len || !header_value_ok(value, len))
		luaL_error(L, "%s: the value of %s must be a string without control characters, or a list of such", what, name);
	if (buf_addf(out, "%s: %s\r\n", name, value))
		luaL_error(L, "%s: too many headers, or too long ones", what);
}

/* Of the name and the value on the top. */
static void write_field(lua_State *L, const char *what, struct buf *out)
{
	size_t len = 0, n;
	const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : "";

	if (!headers_is_token(name, len))
		luaL_error(L, "%s: '%s' can be no header's name", what, name);
	if (is_ours(name))
		luaL_error(L, "%s: %s is the server's to say", what, name);
	if (!lua_istable(L, -1)) {
		write_line(L, what, name, out);
		return;
	}
	n = lua_rawlen(L, -1);
	for (size_t i = 1; i <= n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i);
		write_line(L, what, name, out);
		lua_pop(L, 1);
	}
}

void headers_write(lua_State *L, int index, const char *what, struct buf *out)
{
	index = lua_absindex(L, index);
	if (!lua_istable(L, index))
		luaL_error(L, "%s must be a table: { [\"Name\"] = \"value\" }, not a %s", what, luaL_typename(L, index));
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
		write_field(L, what, out);
}
