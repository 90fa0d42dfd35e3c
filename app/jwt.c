/*
 * JSON Web Tokens (RFC 7519) by HMAC, over libjwt. libjwt decodes and checks the signature; what it leaves to its caller is done here: which
 * algorithms count (a token that names its own, or none, chooses nothing), the dates, issuer and audience, critical headers, and
 * that a token is base64url to the letter.
 *
 * A verdict on a token is a result, never an error: tokens come from clients. Wrong options are errors. libjwt's objects live only between two
 * calls of Lua that cannot raise.
 */
#include "config.h"
#include "app/jwt.h"

#include <stdlib.h>
#include <string.h>
#include <jwt.h>
#include <lauxlib.h>

#include "app/arguments.h"
#include "app/encode.h"
#include "app/lazy.h"
#include "app/limits.h"
#include "app/sandbox.h"
#include "app/secret.h"
#include "app/state.h"
#include "base/clock.h"
#include "proto/json.h"

#define TOKEN_MAX_BYTES 16384
/* What decoding twice and hashing cost, in instructions. */
#define WORK 20000

static const struct {
	const char *name;
	jwt_alg_t alg;
} algorithms[] = {{"HS256", JWT_ALG_HS256}, {"HS384", JWT_ALG_HS384}, {"HS512", JWT_ALG_HS512}};
#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

struct rules {
	const unsigned char *key;
	int key_len;
	bool allowed[ALGORITHMS];
	const char *issuer, *audience;
	int64_t leeway_s;
};

/* ---- options ---- */

/* The bytes live as long as the table in argument 2. */
static void read_key(lua_State *L, const char *what, const unsigned char **key, int *len)
{
	struct text bytes;

	lua_getfield(L, 2, "key");
	if (lua_type(L, -1) == LUA_TSTRING)
		bytes.at = lua_tolstring(L, -1, &bytes.len);
	else if (!secret_get(L, -1, &bytes))
		luaL_error(L, "%s: key must be a string or io.secret(file)", what);
	if (bytes.len == 0 || bytes.len > TOKEN_MAX_BYTES)
		luaL_error(L, "%s: key must have from 1 to %d bytes", what, TOKEN_MAX_BYTES);
	*key = (const unsigned char *)bytes.at;
	*len = (int)bytes.len;
	lua_pop(L, 1);
}

/* The algorithm named by the value on the top. */
static size_t check_algorithm(lua_State *L, const char *what)
{
	const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?";

	for (size_t i = 0; i < ALGORITHMS; i++)
		if (strcmp(algorithms[i].name, name) == 0)
			return i;
	luaL_error(L, "%s: there is no algorithm '%s', only HS256, HS384 and HS512", what, name);
	return 0;
}

static void read_algorithms(lua_State *L, struct rules *r)
{
	if (lua_getfield(L, 2, "algorithms") == LUA_TNIL)
		r->allowed[0] = true;
	else if (!lua_istable(L, -1) || lua_rawlen(L, -1) == 0)
		luaL_error(L, "io.jwt.verify: algorithms must be a list like {\"HS256\"}");
	for (size_t i = 1; lua_istable(L, -1) && i <= lua_rawlen(L, -1); i++) {
		lua_rawgeti(L, -1, (lua_Integer)i);
		r->allowed[check_algorithm(L, "io.jwt.verify")] = true;
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* A string of the table in argument 2, as long as that lives; NULL: none. */
static const char *string_option(lua_State *L, const char *name)
{
	const char *value = NULL;

	if (lua_getfield(L, 2, name) == LUA_TSTRING)
		value = lua_tostring(L, -1);
	else if (!lua_isnil(L, -1))
		luaL_error(L, "io.jwt.verify: %s must be a string, not a %s", name, luaL_typename(L, -1));
	lua_pop(L, 1);
	return value;
}

static int64_t seconds_option(lua_State *L, const char *what, const char *name)
{
	int64_t seconds = 0;

	if (lua_getfield(L, 2, name) != LUA_TNIL) {
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 0 || lua_tointeger(L, -1) > INT32_MAX)
			luaL_error(L, "%s: %s must be whole seconds", what, name);
		seconds = lua_tointeger(L, -1);
	}
	lua_pop(L, 1);
	return seconds;
}

/* ---- verifying ---- */

/* Three parts of base64url and nothing else: libjwt's decoder would skip what it does not know. */
static bool has_shape(const char *token, size_t len)
{
	int dots = 0;

	for (size_t i = 0; i < len; i++) {
		char c = token[i];

		dots += c == '.';
		if (c != '.' && c != '-' && c != '_' && !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z'))
			return false;
	}
	return len <= TOKEN_MAX_BYTES && dots == 2;
}

/* Without the key: what the token says of itself. */
static const char *check_header(const char *token, const struct rules *r)
{
	const char *wrong = "algorithm not allowed", *alg;   /* jwt_get_alg says none where there was no key */
	char *critical;
	jwt_t *jwt;

	if (jwt_decode(&jwt, token, NULL, 0) != 0)
		return "malformed token";
	alg = jwt_get_header(jwt, "alg");
	for (size_t i = 0; alg && i < ALGORITHMS; i++)
		if (r->allowed[i] && strcmp(alg, algorithms[i].name) == 0)
			wrong = NULL;
	critical = jwt_get_headers_json(jwt, "crit");
	if (critical)
		wrong = "critical header not understood";
	free(critical);
	jwt_free(jwt);
	return wrong;
}

static bool is_allowed(jwt_alg_t alg, const struct rules *r)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (algorithms[i].alg == alg)
			return r->allowed[i];
	return false;
}

/* With the key; the claims, as JSON, become *out's text. */
static const char *check_signature(const char *token, const struct rules *r, struct buf *out)
{
	char *claims;
	jwt_t *jwt;

	buf_clear(out);
	if (jwt_decode(&jwt, token, r->key, r->key_len) != 0)
		return "wrong signature";
	claims = is_allowed(jwt_get_alg(jwt), r) ? jwt_get_grants_json(jwt, NULL) : NULL;
	if (claims)
		buf_add_str(out, claims);
	free(claims);
	jwt_free(jwt);
	return !out->error && out->len && json_check(out->data, out->len, JSON_MAX_DEPTH) == 0 ? NULL : "malformed token";
}

/* false: there, and no number. *seconds stays as it is where it is missing. */
static bool read_date(struct json_slice claims, const char *name, double *seconds)
{
	struct json_slice value;

	if (!json_object_find(claims, name, &value))
		return true;
	*seconds = strtod(value.at, NULL);
	return json_kind(value) == JSON_NUMBER;
}

static const char *check_dates(struct json_slice claims, int64_t leeway_s)
{
	double now = (double)(clock_wall_ms() / 1000), expires = now + 1, begins = now;

	if (!read_date(claims, "exp", &expires) || !read_date(claims, "nbf", &begins))
		return "malformed token";
	if (now >= expires + (double)leeway_s)
		return "expired";
	return now < begins - (double)leeway_s ? "not valid yet" : NULL;
}

static bool says(struct json_slice value, const char *text, size_t len)
{
	char decoded[1024];

	return json_kind(value) == JSON_STRING && len <= sizeof(decoded) && json_string_decode(value, decoded, sizeof(decoded)) == len &&
	       memcmp(decoded, text, len) == 0;
}

/* Whether a claim is that string, or an array that has it. */
static bool is_or_has(struct json_slice claims, const char *name, const char *text)
{
	struct json_slice value, item;
	size_t cursor = 0, len = strlen(text);

	if (!json_object_find(claims, name, &value))
		return false;
	while (json_kind(value) == JSON_ARRAY && json_array_next(value, &cursor, &item))
		if (says(item, text, len))
			return true;
	return says(value, text, len);
}

static const char *check_claims(struct json_slice claims, const struct rules *r)
{
	const char *wrong = json_kind(claims) == JSON_OBJECT ? check_dates(claims, r->leeway_s) : "malformed token";

	if (!wrong && r->issuer && !is_or_has(claims, "iss", r->issuer))
		wrong = "wrong issuer";
	if (!wrong && r->audience && !is_or_has(claims, "aud", r->audience))
		wrong = "wrong audience";
	return wrong;
}

/* verify(token, options) → claims; nil, why not */
static int jwt_verify(lua_State *L)
{
	static const char *const names[] = {"key", "algorithms", "issuer", "audience", "leeway", NULL};
	struct buf *out = &host_of(L)->out;
	struct rules r = {0};
	const char *token, *wrong;
	size_t len = 0;

	lua_settop(L, 2);
	luaL_checktype(L, 2, LUA_TTABLE);
	arguments_check_options(L, 2, "io.jwt.verify", names);
	read_key(L, "io.jwt.verify", &r.key, &r.key_len);
	read_algorithms(L, &r);
	r.issuer = string_option(L, "issuer");
	r.audience = string_option(L, "audience");
	r.leeway_s = seconds_option(L, "io.jwt.verify", "leeway");
	token = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : NULL;
	limits_charge(L, WORK);
	wrong = token && has_shape(token, len) ? check_header(token, &r) : "malformed token";
	if (!wrong)
		wrong = check_signature(token, &r, out);
	if (!wrong)
		wrong = check_claims((struct json_slice){out->data, out->len}, &r);
	if (!wrong) {
		lazy_push(L, (struct json_slice){out->data, out->len}, 0, 0);
		return 1;
	}
	luaL_pushfail(L);
	lua_pushstring(L, wrong);
	return 2;
}

/* ---- signing ---- */

/* A date of ours, where the claims have none: now + seconds. */
static int add_date(jwt_t *jwt, struct json_slice claims, const char *name, int64_t seconds)
{
	struct json_slice own;

	return json_object_find(claims, name, &own) ? 0 : jwt_add_grant_int(jwt, name, (long)(clock_wall_ms() / 1000 + seconds));
}

/* The token replaces the claims in *out. False: libjwt would not. */
static bool sign(struct buf *out, jwt_alg_t alg, const unsigned char *key, int key_len, int64_t expires_in_s)
{
	struct json_slice claims = {out->data, out->len};
	char *token = NULL;
	jwt_t *jwt;

	if (jwt_new(&jwt) != 0)
		return false;
	if (jwt_add_grants_json(jwt, out->data) == 0 && add_date(jwt, claims, "iat", 0) == 0 &&
	    (!expires_in_s || add_date(jwt, claims, "exp", expires_in_s) == 0) && jwt_set_alg(jwt, alg, key, key_len) == 0)
		token = jwt_encode_str(jwt);
	jwt_free(jwt);
	buf_clear(out);
	if (token)
		buf_add_str(out, token);
	free(token);
	return token && !out->error;
}

/* sign(claims, options) → token */
static int jwt_sign(lua_State *L)
{
	static const char *const names[] = {"key", "algorithm", "expires_in", NULL};
	struct buf *out = &host_of(L)->out;
	const unsigned char *key;
	struct encoder e;
	int64_t expires_in_s;
	size_t alg = 0;
	int key_len;

	lua_settop(L, 2);
	luaL_checktype(L, 2, LUA_TTABLE);
	arguments_check_options(L, 2, "io.jwt.sign", names);
	read_key(L, "io.jwt.sign", &key, &key_len);
	expires_in_s = seconds_option(L, "io.jwt.sign", "expires_in");
	if (lua_getfield(L, 2, "algorithm") != LUA_TNIL)
		alg = check_algorithm(L, "io.jwt.sign");
	limits_charge(L, WORK);
	buf_clear(out);
	encode_init(&e, out, 0);
	if (encode_value(L, &e, 1, 0))
		return luaL_error(L, "io.jwt.sign: claims%s: %s", e.path, e.error);
	if (*out->data != '{')
		return luaL_error(L, "io.jwt.sign: claims must be a table with names");
	if (!sign(out, algorithms[alg].alg, key, key_len, expires_in_s))
		return luaL_error(L, "io.jwt.sign: the claims cannot be signed");
	lua_pushlstring(L, out->data, out->len);
	return 1;
}

void jwt_push_module(lua_State *L)
{
	static const luaL_Reg functions[] = {{"verify", jwt_verify}, {"sign", jwt_sign}, {NULL, NULL}};

	luaL_newlib(L, functions);
	sandbox_freeze(L, "io.jwt");
}
