/*
 * "chat.rooms" is chat/rooms.lua in the application's folder. A module is run once, while the application loads, in the same world as
 * its file: any process may load it, and which event would be the first to want it is left to chance.
 */
#include "config.h"
#include "app/modules.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <lauxlib.h>

#include "app/json.h"
#include "app/source.h"
#include "app/state.h"
#include "base/beneath.h"

#define NAME_MAX_BYTES 128

/* Registry: name → what the module returned, or this address while it runs. */
static const char loaded_key;

/* A name is words with dots in between. */
static bool is_name(const char *name, size_t len)
{
	bool starts = true;

	for (size_t i = 0; i < len; i++) {
		char c = name[i], letter = (char)(c | 32);
		bool word = c == '_' || c == '-' || (c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'z');

		if (!word && (c != '.' || starts))
			return false;
		starts = !word;
	}
	return len && !starts && len <= NAME_MAX_BYTES;
}

/* Pushes its path as errors show it and returns the part below the application's folder. */
static const char *push_path(lua_State *L, const char *name)
{
	const char *file = host_of(L)->file, *slash = strrchr(file, '/');
	size_t folder = slash ? (size_t)(slash + 1 - file) : 0;

	luaL_gsub(L, name, ".", "/");
	lua_pushlstring(L, file, folder);
	lua_pushfstring(L, "%s%s.lua", lua_tostring(L, -1), lua_tostring(L, -2));
	lua_replace(L, -3);
	lua_pop(L, 1);
	return lua_tostring(L, -1) + folder;
}

static int not_found(lua_State *L, const char *name, const char *path)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return luaL_error(L, "module '%s' not found: there is no file %s", name, path);
	if (errno == EXDEV || errno == ELOOP)
		return luaL_error(L, "module '%s': %s leads out of the application's folder", name, path);
	return luaL_error(L, "module '%s': cannot open %s: %s", name, path, strerror(errno));
}

/* Pushes the compiled file. */
static void compile(lua_State *L, const char *name)
{
	struct host *h = host_of(L);
	const char *below = push_path(L, name), *path = lua_tostring(L, -1);
	int fd = beneath_open(h->folder, below), error;

	if (fd < 0)
		not_found(L, name, path);
	error = source_read(&h->out, fd);
	if (error)
		luaL_error(L, "module '%s': cannot read %s: %s", name, path, error == POLLUX_SYSTEM ? strerror(errno) : pollux_strerror(error));
	source_compile(L, &h->out, path);
	lua_remove(L, -2);
}

static void note(lua_State *L, const char *name, int value)
{
	lua_pushvalue(L, value);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key);
	lua_insert(L, -2);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

/* Runs the module and pushes what it returns; nothing counts as true. */
static void run(lua_State *L, const char *name)
{
	lua_pushlightuserdata(L, (void *)&loaded_key);
	note(L, name, lua_gettop(L));
	compile(L, name);
	lua_pushstring(L, name);
	lua_call(L, 1, 1);
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		lua_pushboolean(L, 1);
	}
	note(L, name, lua_gettop(L));
}

/* require(name) */
static int modules_require(lua_State *L)
{
	size_t len;
	const char *name = luaL_checklstring(L, 1, &len);

	lua_settop(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key);
	lua_pushvalue(L, 1);
	if (lua_rawget(L, 2) == LUA_TLIGHTUSERDATA)
		return luaL_error(L, "module '%s' requires itself, perhaps by way of others", name);
	if (!lua_isnil(L, -1))
		return 1;
	if (!is_name(name, len))
		return luaL_error(L, "module '%s' not found: a name is words with dots in between, \"chat.rooms\" for chat/rooms.lua", name);
	if (!host_of(L)->settings)
		return luaL_error(L, "module '%s' not found: modules are loaded while the file loads, not in a handler", name);
	run(L, name);
	return 1;
}

void modules_open(lua_State *L)
{
	lua_newtable(L);
	lua_insert(L, -2);
	lua_setfield(L, -2, "pollux");
	json_push_module(L);
	lua_setfield(L, -2, "json");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &loaded_key);
	lua_register(L, "require", modules_require);
}
