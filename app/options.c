/* The table of settings. Times are milliseconds, sizes bytes, as in Socket.IO. */
#include "config.h"
#include "app/options.h"

#include <limits.h>
#include <string.h>
#include <lauxlib.h>

#include "app/options_web.h"
#include "app/state.h"

#define NAME_MAX_BYTES 64
#define DAY_MS INT64_C(86400000)

struct option {
	const char *name;
	enum { INTEGER, INT, BOOLEAN, PATH, ROOMS_PATH, WORK, EVENT_BYTES, ALL_BYTES } kind;
	size_t offset;    /* in struct settings */
	int64_t min, max;
};

#define AT(field) offsetof(struct settings, field)

static const struct option options[] = {
	{"path", PATH, 0, 0, 0},
	{"rooms_path", ROOMS_PATH, 0, 0, 0},
	{"ping_interval", INTEGER, AT(ping_interval_ms), 10, DAY_MS},
	{"ping_timeout", INTEGER, AT(ping_timeout_ms), 10, DAY_MS},
	{"connect_timeout", INTEGER, AT(connect_timeout_ms), 10, DAY_MS},
	{"upgrade_timeout", INTEGER, AT(upgrade_timeout_ms), 10, DAY_MS},
	{"max_http_buffer_size", INTEGER, AT(max_http_buffer_size), 128, 64 << 20},
	{"serve_client", BOOLEAN, AT(serve_client), 0, 0},
	{"allow_upgrades", BOOLEAN, AT(allow_upgrades), 0, 0},
	{"hold_ms", INTEGER, AT(hold_ms), 0, DAY_MS},
	{"held_polls", INTEGER, AT(held_polls), 0, 10000000},
	{"history_max_age_ms", INTEGER, AT(history_max_age_ms), 0, 36500 * DAY_MS},
	{"history_max_rows", INTEGER, AT(history_max_rows), 0, INT64_C(1000000000)},
	{"lag_limit_rows", INTEGER, AT(lag_limit_rows), 100, INT64_C(1000000000)},
	{"tick_limit_ms", INTEGER, AT(tick_limit_ms), 100, 600000},
	{"max_sockets", INT, AT(max_sockets), 1, 100000},
	{"max_rooms", INT, AT(max_rooms), 1, 1000000},
	{"max_queue_bytes", INTEGER, AT(max_queue_bytes), 0, INT64_C(1) << 30},
	{"handshakes_per_minute", INTEGER, AT(handshakes_per_minute), 0, 100000000},
	{"sync_full", BOOLEAN, AT(sync_full), 0, 0},
	{"handler_instructions", WORK, 0, 100000, INT64_C(1000000000000)},
	{"handler_memory", EVENT_BYTES, 0, 1 << 20, INT64_C(1) << 34},
	{"process_memory", ALL_BYTES, 0, 8 << 20, INT64_C(1) << 36},
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* Those whose values are more than a number or a path. */
static const struct {
	const char *name;
	void (*in_settings)(lua_State *L, struct settings *s);
	void (*in_host)(lua_State *L, struct host *h);
} others[] = {
	{"cors", options_set_cors, NULL},
	{"cookie", options_set_cookie, NULL},
	{"transports", options_set_transports, NULL},
	{"http_compression", options_set_compression, NULL},
	{"headers", options_set_headers, NULL},
	{"initial_headers", NULL, options_set_initial_headers},
	{"allow_request", NULL, options_set_allow_request},
	{"trusted_proxies", options_set_trusted, NULL},
	{"connection_state_recovery", options_set_recovery, NULL},
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

static int min_of(int a, int b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance; names over NAME_MAX_BYTES are far from everything. */
static int distance(const char *a, const char *b)
{
	int row[NAME_MAX_BYTES + 1], n = (int)strnlen(b, NAME_MAX_BYTES + 1);

	if (n > NAME_MAX_BYTES)
		return INT_MAX;
	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 0; a[i]; i++) {
		int diagonal = row[0];

		row[0] = i + 1;
		for (int j = 1; j <= n; j++) {
			int here = min_of(min_of(row[j], row[j - 1]) + 1, diagonal + (a[i] != b[j - 1]));

			diagonal = row[j];
			row[j] = here;
		}
	}
	return row[n];
}

static int refuse_unknown(lua_State *L, const char *name)
{
	const char *nearest = NULL;
	int least = 1 + (int)strlen(name) / 3;

	for (size_t i = 0; i < OPTIONS + OTHERS; i++) {
		const char *known = i < OPTIONS ? options[i].name : others[i - OPTIONS].name;
		int d = distance(known, name);

		if (d <= least) {
			least = d;
			nearest = known;
		}
	}
	if (nearest)
		return luaL_error(L, "io.set: unknown setting '%s' (did you mean '%s'?)", name, nearest);
	return luaL_error(L, "io.set: unknown setting '%s'", name);
}

static const struct option *find(const char *name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static int64_t check_integer(lua_State *L, const struct option *o)
{
	int is_integer;
	int64_t n = lua_tointegerx(L, -1, &is_integer);

	if (lua_type(L, -1) != LUA_TNUMBER)
		luaL_error(L, "io.set: %s must be an integer, not a %s", o->name, luaL_typename(L, -1));
	if (!is_integer)
		luaL_error(L, "io.set: %s must be an integer, not %s", o->name, luaL_tolstring(L, -1, NULL));
	if (n < o->min || n > o->max)
		luaL_error(L, "io.set: %s must be from %I to %I, not %I", o->name, (LUAI_UACINT)o->min, (LUAI_UACINT)o->max, (LUAI_UACINT)n);
	return n;
}

static bool check_boolean(lua_State *L, const char *name)
{
	if (!lua_isboolean(L, -1))
		luaL_error(L, "io.set: %s must be true or false, not a %s", name, luaL_typename(L, -1));
	return lua_toboolean(L, -1);
}

static void set_path(lua_State *L, struct settings *s, const char *name, int (*set)(struct settings *s, const char *path))
{
	size_t len;
	const char *path = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

	if (!path || strlen(path) != len || set(s, path))
		luaL_error(L, "io.set: %s must be a string like \"/%s/\", without ?, # and spaces", name,
			   strcmp(name, "path") == 0 ? "socket.io" : "rooms");
}

static void set_one(lua_State *L, struct host *h, const struct option *o)
{
	char *field = (char *)h->settings + o->offset;

	switch (o->kind) {
	case INTEGER: *(int64_t *)(void *)field = check_integer(L, o); break;
	case INT: *(int *)(void *)field = (int)check_integer(L, o); break;
	case BOOLEAN: *(bool *)field = check_boolean(L, o->name); break;
	case PATH: set_path(L, h->settings, o->name, settings_set_path); break;
	case ROOMS_PATH: set_path(L, h->settings, o->name, settings_set_rooms_path); break;
	case WORK: h->limits.max_work = check_integer(L, o); break;
	case EVENT_BYTES: h->limits.max_event_bytes = (size_t)check_integer(L, o); break;
	case ALL_BYTES: h->limits.max_bytes = (size_t)check_integer(L, o); break;
	}
}

static bool set_other(lua_State *L, struct host *h, const char *name)
{
	for (size_t i = 0; i < OTHERS; i++) {
		if (strcmp(others[i].name, name) != 0)
			continue;
		if (others[i].in_host)
			others[i].in_host(L, h);
		else
			others[i].in_settings(L, h->settings);
		return true;
	}
	return false;
}

int options_set(lua_State *L)
{
	struct host *h = host_of(L);

	if (!h->settings)
		return luaL_error(L, "io.set: settings are made while the file loads, not in a handler");
	luaL_checktype(L, 1, LUA_TTABLE);
	if (!lua_isnoneornil(L, 2))
		return luaL_error(L, "io.set: one table of settings (it is called with a dot)");
	lua_settop(L, 1);
	for (lua_pushnil(L); lua_next(L, 1); lua_settop(L, 2)) {
		const struct option *o;

		if (lua_type(L, -2) != LUA_TSTRING)
			return luaL_error(L, "io.set: a setting has a name, this is item %s", luaL_tolstring(L, -2, NULL));
		if (set_other(L, h, lua_tostring(L, -2)))
			continue;
		o = find(lua_tostring(L, -2));
		if (!o)
			return refuse_unknown(L, lua_tostring(L, -2));
		set_one(L, h, o);
	}
	return 0;
}
