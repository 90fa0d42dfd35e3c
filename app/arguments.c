/* Encoding arguments. Those that came with the event and are unchanged go out as they came. */
#include "config.h"
#include "app/arguments.h"

#include <string.h>
#include <lauxlib.h>

#define BYTES_AN_INSTRUCTION 16

void arguments_note(lua_State *L, struct json_slice text)
{
	struct host *h = host_of(L);
	struct scalar *s = &h->scalars[h->scalars_count];

	if (h->scalars_count == SCALARS)
		return;
	s->type = lua_type(L, -1);
	s->text = text;
	s->is_integer = lua_isinteger(L, -1);
	if (s->type == LUA_TSTRING)
		s->value.string = lua_tolstring(L, -1, &s->len);
	else if (s->is_integer)
		s->value.integer = lua_tointeger(L, -1);
	else if (s->type == LUA_TNUMBER)
		s->value.number = lua_tonumber(L, -1);
	else
		return;
	h->scalars_count++;
}

static bool is_scalar(lua_State *L, int index, const struct scalar *s)
{
	size_t len;

	if (s->type == LUA_TSTRING) /* the same string, not an equal one: it is still alive, so the address tells */
		return lua_tolstring(L, index, &len) == s->value.string && len == s->len;
	if (s->is_integer != lua_isinteger(L, index))
		return false;
	return s->is_integer ? lua_tointeger(L, index) == s->value.integer : lua_tonumber(L, index) == s->value.number;
}

/* *from: where to look first, behind the last one found: equal arguments in their order each keep their own text. */
static bool encode_as_it_came(lua_State *L, struct encoder *e, int index, int *from)
{
	const struct host *h = host_of(L);
	int type = lua_type(L, index);

	if (type != LUA_TSTRING && type != LUA_TNUMBER)
		return false;
	for (int i = 0; i < h->scalars_count; i++) {
		int at = (*from + i) % h->scalars_count;
		const struct scalar *s = &h->scalars[at];

		if (s->type == type && is_scalar(L, index, s)) {
			*from = at + 1;
			return buf_add(e->out, s->text.at, s->text.len) == 0;
		}
	}
	return false;
}

/* Encoding and what core does with the bytes is work, also when it fails. */
static void pay(lua_State *L, const struct buf *out)
{
	limits_charge(L, 100 + (int64_t)out->len / BYTES_AN_INSTRUCTION);
}

static void raise(lua_State *L, const struct encoder *e, int number)
{
	pay(L, e->out);
	if (number > 0)
		luaL_error(L, "argument %d%s: %s", number, e->path, e->error);
	luaL_error(L, "event name: %s", e->error);
}

void arguments_encode(lua_State *L, struct encoder *e, int first, int number)
{
	struct host *h = host_of(L);
	int last = lua_gettop(L), from = 0;

	buf_clear(&h->out);
	encode_init(e, &h->out, SIO_MAX_ATTACHMENTS);
	buf_add_char(&h->out, '[');
	for (int i = first; i <= last; i++, number++) {
		if (i > first)
			buf_add_char(&h->out, ',');
		if (!encode_as_it_came(L, e, i, &from) && encode_value(L, e, i, 1))
			raise(L, e, number);
	}
	if (buf_add_char(&h->out, ']'))
		luaL_error(L, "more than %d bytes", (int)h->out.max);
	pay(L, &h->out);
}

void arguments_check_name(lua_State *L, int index)
{
	static const char *const reserved[] = {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
	const char *name;

	if (lua_type(L, index) != LUA_TSTRING)
		luaL_error(L, "emit: the event's name must be a string, not a %s%s", luaL_typename(L, index),
			   lua_istable(L, index) ? " (io.emit is called with a dot, socket:emit and to(…):emit with a colon)" : "");
	name = lua_tostring(L, index);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(name, reserved[i]) == 0)
			luaL_error(L, "emit: '%s' is a reserved event name", name);
}

bool arguments_optional_boolean(lua_State *L, int index)
{
	if (!lua_isnoneornil(L, index))
		luaL_checktype(L, index, LUA_TBOOLEAN);
	return lua_toboolean(L, index);
}

/* "a, b and c" */
static const char *push_list(lua_State *L, const char *const *names)
{
	lua_pushstring(L, names[0]);
	for (size_t i = 1; names[i]; i++) {
		lua_pushstring(L, names[i + 1] ? ", " : " and ");
		lua_pushstring(L, names[i]);
		lua_concat(L, 3);
	}
	return lua_tostring(L, -1);
}

void arguments_check_options(lua_State *L, int index, const char *what, const char *const *names)
{
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2);
		size_t i = 0;

		while (names[i] && strcmp(names[i], name) != 0)
			i++;
		if (!names[i])
			luaL_error(L, "%s: unknown option '%s' (there are %s)", what, name, push_list(L, names));
	}
}
