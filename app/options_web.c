/* See the header. */
#include "config.h"
#include "app/options_web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <lauxlib.h>

#include "app/headers.h"
#include "proto/header.h"

#define LINES_MAX_BYTES 8192
#define RECOVERY_MAX_MS (INT64_C(365) * 86400000)

static bool check_boolean(lua_State *L, const char *name)
{
	if (!lua_isboolean(L, -1))
		luaL_error(L, "io.set: %s must be true or false, not a %s", name, luaL_typename(L, -1));
	return lua_toboolean(L, -1);
}

/* Of a setting that a table turns on as true does. */
static bool check_switch(lua_State *L, const char *name, const char *kinds)
{
	if (!lua_isboolean(L, -1) && !lua_istable(L, -1))
		luaL_error(L, "io.set: %s must be %s, not a %s", name, kinds, luaL_typename(L, -1));
	return lua_toboolean(L, -1);
}

static int64_t check_integer(lua_State *L, const char *name, int64_t min, int64_t max)
{
	if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < min || lua_tointeger(L, -1) > max)
		luaL_error(L, "io.set: %s must be an integer from %I to %I", name, (LUAI_UACINT)min, (LUAI_UACINT)max);
	return lua_tointeger(L, -1);
}

/* Puts a copy in the place of what was there. NULL: nothing. */
static void replace(lua_State *L, char **field, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		luaL_error(L, "not enough memory");
	free(*field);
	*field = copy;
}

/* The name of the field on the stack's top pair. */
static const char *field_name(lua_State *L)
{
	return lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
}

/* ---- cors ---- */

static void add_origin(lua_State *L, struct settings *s)
{
	const char *origin = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;

	if (!origin || !strstr(origin, "://") || strpbrk(origin, " \t\r\n,") || origin[strlen(origin) - 1] == '/')
		luaL_error(L, "io.set: cors.origin must be \"*\", true, an origin like \"https://example.org\" (no slash at the end) or a list of such");
	if (settings_add_origin(s, origin))
		luaL_error(L, "not enough memory");
}

static void set_origin(lua_State *L, struct settings *s)
{
	settings_clear_origins(s);
	if (lua_isboolean(L, -1)) {
		s->cors.mode = lua_toboolean(L, -1) ? CORS_REFLECT : CORS_OFF;
	} else if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "*") == 0) {
		s->cors.mode = CORS_ANY;
	} else if (lua_istable(L, -1)) {
		for (lua_Integer i = 1, n = luaL_len(L, -1); i <= n; i++) {
			lua_geti(L, -1, i);
			add_origin(L, s);
			lua_pop(L, 1);
		}
	} else {
		add_origin(L, s);
	}
}

/* A header's value: a string, or a list of them, joined with commas. */
static void set_list(lua_State *L, const char *name, char **field)
{
	if (lua_type(L, -1) == LUA_TSTRING) {
		lua_pushvalue(L, -1);
	} else {
		luaL_Buffer b;
		lua_Integer n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
		int list = lua_gettop(L);

		if (n == 0)
			luaL_error(L, "io.set: %s must be a string or a list of strings", name);
		luaL_buffinit(L, &b);
		for (lua_Integer i = 1; i <= n; i++) {
			if (i > 1)
				luaL_addchar(&b, ',');
			if (lua_rawgeti(L, list, i) != LUA_TSTRING)
				luaL_error(L, "io.set: %s must be a string or a list of strings", name);
			luaL_addvalue(&b);
		}
		luaL_pushresult(&b);
	}
	if (strlen(lua_tostring(L, -1)) != lua_rawlen(L, -1) || lua_rawlen(L, -1) > LINES_MAX_BYTES / 4 || !header_value_ok(lua_tostring(L, -1), lua_rawlen(L, -1)))
		luaL_error(L, "io.set: %s has what no header can have", name);
	replace(L, field, lua_tostring(L, -1));
	lua_pop(L, 1);
}

static void set_cors_field(lua_State *L, struct settings *s, const char *name)
{
	if (strcmp(name, "origin") == 0)
		set_origin(L, s);
	else if (strcmp(name, "credentials") == 0)
		s->cors.credentials = check_boolean(L, "cors.credentials");
	else if (strcmp(name, "methods") == 0)
		set_list(L, "cors.methods", &s->cors.methods);
	else if (strcmp(name, "allowed_headers") == 0)
		set_list(L, "cors.allowed_headers", &s->cors.allowed_headers);
	else if (strcmp(name, "exposed_headers") == 0)
		set_list(L, "cors.exposed_headers", &s->cors.exposed_headers);
	else if (strcmp(name, "max_age") == 0)
		s->cors.max_age_s = check_integer(L, "cors.max_age", 0, INT32_MAX);
	else
		luaL_error(L, "io.set: unknown setting 'cors.%s' (there are cors.origin, credentials, methods, allowed_headers, exposed_headers and max_age)", name);
}

void options_set_cors(lua_State *L, struct settings *s)
{
	if (!lua_istable(L, -1))
		luaL_error(L, "io.set: cors must be a table: { origin = …, credentials = … }");
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		set_cors_field(L, s, field_name(L));
}

/* ---- cookie ---- */

/* A cookie as it is being described; texts live as long as the table. */
struct cookie {
	const char *name, *path, *domain, *same_site, *priority;
	int64_t max_age_s;   /* -1: the session's */
	bool http_only, secure, partitioned;
};

static const char *check_text(lua_State *L, const char *name)
{
	size_t len = 0;
	const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

	if (!text || !len || strlen(text) != len || !header_value_ok(text, len) || strchr(text, ';'))
		luaL_error(L, "io.set: %s must be a string that a cookie can have", name);
	return text;
}

/* The word's spelling in the header. */
static const char *check_word(lua_State *L, const char *name, const char *const *words)
{
	const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?";

	for (; *words; words++)
		if (strcasecmp(*words, text) == 0)
			return *words;
	luaL_error(L, "io.set: %s cannot be %s", name, text);
	return NULL;
}

static const char *check_same_site(lua_State *L)
{
	static const char *const words[] = {"Strict", "Lax", "None", NULL};

	if (lua_isboolean(L, -1))
		return lua_toboolean(L, -1) ? "Strict" : NULL;
	return check_word(L, "cookie.same_site", words);
}

static void set_cookie_field(lua_State *L, struct cookie *c, const char *name)
{
	static const char *const priorities[] = {"Low", "Medium", "High", NULL};

	if (strcmp(name, "name") == 0)
		c->name = check_text(L, "cookie.name");
	else if (strcmp(name, "path") == 0)
		c->path = lua_isboolean(L, -1) && !lua_toboolean(L, -1) ? NULL : check_text(L, "cookie.path");
	else if (strcmp(name, "domain") == 0)
		c->domain = check_text(L, "cookie.domain");
	else if (strcmp(name, "max_age") == 0)
		c->max_age_s = check_integer(L, "cookie.max_age", 0, INT32_MAX);
	else if (strcmp(name, "http_only") == 0)
		c->http_only = check_boolean(L, "cookie.http_only");
	else if (strcmp(name, "secure") == 0)
		c->secure = check_boolean(L, "cookie.secure");
	else if (strcmp(name, "partitioned") == 0)
		c->partitioned = check_boolean(L, "cookie.partitioned");
	else if (strcmp(name, "same_site") == 0)
		c->same_site = check_same_site(L);
	else if (strcmp(name, "priority") == 0)
		c->priority = check_word(L, "cookie.priority", priorities);
	else
		luaL_error(L, "io.set: unknown setting 'cookie.%s' (there are cookie.name, path, domain, max_age, http_only, secure, same_site, partitioned and priority)",
			   name);
}

static void add_attribute(struct buf *out, const char *name, const char *value)
{
	if (value)
		buf_addf(out, "; %s=%s", name, value);
}

static void write_attributes(struct buf *out, const struct cookie *c)
{
	if (c->max_age_s >= 0)
		buf_addf(out, "; Max-Age=%lld", (long long)c->max_age_s);
	add_attribute(out, "Domain", c->domain);
	add_attribute(out, "Path", c->path);
	if (c->http_only)
		buf_add_str(out, "; HttpOnly");
	if (c->secure)
		buf_add_str(out, "; Secure");
	if (c->partitioned)
		buf_add_str(out, "; Partitioned");
	add_attribute(out, "Priority", c->priority);
	add_attribute(out, "SameSite", c->same_site);
}

static void keep_cookie(lua_State *L, struct settings *s, const struct cookie *c)
{
	struct buf attributes;
	char *name;

	if (!headers_is_token(c->name, strlen(c->name)))
		luaL_error(L, "io.set: '%s' can be no cookie's name", c->name);
	buf_init(&attributes, LINES_MAX_BYTES / 4);
	write_attributes(&attributes, c);
	name = attributes.error ? NULL : strdup(c->name);
	if (!name) {
		buf_deinit(&attributes);
		luaL_error(L, "io.set: the cookie is too long");
	}
	free(s->cookie_name);
	free(s->cookie_attributes);
	s->cookie_name = name;
	s->cookie_attributes = attributes.len ? buf_steal(&attributes) : NULL;
}

void options_set_cookie(lua_State *L, struct settings *s)
{
	struct cookie c = {.name = "io", .path = "/", .same_site = "Lax", .max_age_s = -1, .http_only = true};

	if (lua_istable(L, -1)) {
		for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
			set_cookie_field(L, &c, field_name(L));
	} else if (lua_type(L, -1) == LUA_TSTRING) {
		c.name = check_text(L, "cookie");
	} else if (!check_switch(L, "cookie", "true, false, a name or a table")) {
		replace(L, &s->cookie_name, NULL);
		return;
	}
	keep_cookie(L, s, &c);
}

/* ---- recovery ---- */

static void set_recovery_field(lua_State *L, struct settings *s, const char *name)
{
	if (strcmp(name, "max_disconnection_duration") == 0)
		s->recovery_window_ms = check_integer(L, "connection_state_recovery.max_disconnection_duration", 0, RECOVERY_MAX_MS);
	else if (strcmp(name, "skip_middlewares") == 0)
		s->recovery_skip_middlewares = check_boolean(L, "connection_state_recovery.skip_middlewares");
	else
		luaL_error(L, "io.set: unknown setting 'connection_state_recovery.%s' (there are "
			   "max_disconnection_duration and skip_middlewares)", name);
}

/* A table turns it on, also an empty one. */
void options_set_recovery(lua_State *L, struct settings *s)
{
	s->recovery = check_switch(L, "connection_state_recovery", "true, false or a table");
	if (lua_istable(L, -1))
		for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
			set_recovery_field(L, s, field_name(L));
}

/* ---- transports, compression, proxies ---- */

void options_set_transports(lua_State *L, struct settings *s)
{
	unsigned chosen = 0;
	lua_Integer n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;

	for (lua_Integer i = 1; i <= n; i++) {
		const char *name = lua_rawgeti(L, -1, i) == LUA_TSTRING ? lua_tostring(L, -1) : "?";

		if (strcmp(name, "polling") == 0)
			chosen |= TRANSPORT_POLLING;
		else if (strcmp(name, "websocket") == 0)
			chosen |= TRANSPORT_WEBSOCKET;
		else
			luaL_error(L, "io.set: there is no transport '%s', only \"polling\" and \"websocket\"", name);
		lua_pop(L, 1);
	}
	if (!chosen)
		luaL_error(L, "io.set: transports must be a list of \"polling\", \"websocket\" or both");
	s->transports = chosen;
}

static void set_compression_field(lua_State *L, struct settings *s, const char *name)
{
	if (strcmp(name, "threshold") == 0)
		s->compress_threshold = check_integer(L, "http_compression.threshold", 0, INT32_MAX);
	else if (strcmp(name, "level") == 0)
		s->compress_level = (int)check_integer(L, "http_compression.level", 1, 9);
	else
		luaL_error(L, "io.set: unknown setting 'http_compression.%s' (there are http_compression.threshold and level)", name);
}

void options_set_compression(lua_State *L, struct settings *s)
{
	bool on = check_switch(L, "http_compression", "true, false or a table");

	s->compress_threshold = on ? COMPRESS_THRESHOLD : -1;
	s->compress_level = COMPRESS_LEVEL;
	if (!lua_istable(L, -1))
		return;
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		set_compression_field(L, s, field_name(L));
}

static void add_trusted(lua_State *L, struct settings *s)
{
	int error = lua_type(L, -1) == LUA_TSTRING ? settings_add_trusted(s, lua_tostring(L, -1)) : POLLUX_PROTOCOL;

	if (error == POLLUX_PROTOCOL)
		luaL_error(L, "io.set: trusted_proxies must be an address, a range like \"10.0.0.0/8\", \"unix\", or a list of such");
	if (error)
		luaL_error(L, "not enough memory");
}

/* Again called, it replaces what was set before. */
void options_set_trusted(lua_State *L, struct settings *s)
{
	s->trusted_count = 0;
	if (!lua_istable(L, -1)) {
		add_trusted(L, s);
		return;
	}
	for (lua_Integer i = 1, n = luaL_len(L, -1); i <= n; i++) {
		lua_geti(L, -1, i);
		add_trusted(L, s);
		lua_pop(L, 1);
	}
}

/* ---- headers, handshakes ---- */

static void keep_lines(lua_State *L, const char *what, char **field)
{
	struct buf *lines = &host_of(L)->out;   /* whose memory is nobody's to lose when this raises */

	buf_clear(lines);
	headers_write(L, -1, what, lines);
	if (lines->len > LINES_MAX_BYTES)
		luaL_error(L, "%s: more than %d bytes", what, LINES_MAX_BYTES);
	replace(L, field, lines->len ? lines->data : NULL);
}

void options_set_headers(lua_State *L, struct settings *s)
{
	keep_lines(L, "io.set: headers", &s->headers);
}

/* Keeps the function on the top in *reference; 0: none. */
static void keep_function(lua_State *L, int *reference)
{
	if (*reference)
		luaL_unref(L, LUA_REGISTRYINDEX, *reference);
	lua_pushvalue(L, -1);
	*reference = luaL_ref(L, LUA_REGISTRYINDEX);
}

void options_set_initial_headers(lua_State *L, struct host *h)
{
	if (lua_isfunction(L, -1))
		keep_function(L, &h->initial_headers);
	else
		keep_lines(L, "io.set: initial_headers", &h->settings->initial_headers);
}

void options_set_allow_request(lua_State *L, struct host *h)
{
	if (!lua_isfunction(L, -1))
		luaL_error(L, "io.set: allow_request must be a function, not a %s", luaL_typename(L, -1));
	keep_function(L, &h->allow_request);
}
