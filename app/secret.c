/*
 * A secret is the first line's worth of a file that nobody else may read: the server's user (or root) owns it, its group may read at most.
 * Lua gets no string but a userdata, which prints as "secret": whatever is logged, emitted or concatenated by
 * mistake, the bytes are not in it. Its uses are named: io.jwt's key, and comparing.
 */
#include "config.h"
#include "app/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <lauxlib.h>

#include "app/class.h"
#include "app/state.h"

#define SECRET_MAX_BYTES 4096

struct secret {
	size_t len;
	char data[];
};

static const struct class secret_class = {"secret"};

bool secret_get(lua_State *L, int index, struct text *out)
{
	const struct secret *s = class_test(L, index, &secret_class);

	if (s)
		*out = (struct text){s->data, s->len};
	return s;
}

/* NULL: it may be used. */
static const char *objection(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "it is no regular file";
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return "another user owns it";
	if (st->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
		return "others may read it, or its group may write it (chmod 600, or 640)";
	return NULL;
}

static const char *read_secret(int fd, char out[SECRET_MAX_BYTES + 2], size_t *len)
{
	struct stat st;
	const char *wrong = fstat(fd, &st) < 0 ? strerror(errno) : objection(&st);
	ssize_t n;

	if (wrong)
		return wrong;
	n = read(fd, out, SECRET_MAX_BYTES + 2);
	if (n < 0)
		return strerror(errno);
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\r'))
		n--;
	*len = (size_t)n;
	return n == 0 ? "it is empty" : n > SECRET_MAX_BYTES ? "it has more than 4096 bytes" : NULL;
}

/* secret(file): beside the application, or an absolute path */
int secret_read(lua_State *L)
{
	struct host *h = host_of(L);
	const char *name = luaL_checkstring(L, 1), *wrong;
	char text[SECRET_MAX_BYTES + 2];
	struct secret *s;
	size_t len = 0;
	int fd;

	if (!h->settings)
		return luaL_error(L, "io.secret: secrets are read while the file loads, not in a handler");
	fd = openat(h->folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return luaL_error(L, "io.secret: cannot open %s: %s", name, strerror(errno));
	wrong = read_secret(fd, text, &len);
	close(fd);
	if (wrong)
		return luaL_error(L, "io.secret: %s cannot be a secret: %s", name, wrong);
	s = class_make(L, &secret_class, sizeof(*s) + len, 0);
	s->len = len;
	memcpy(s->data, text, len);
	OPENSSL_cleanse(text, sizeof(text));
	return 1;
}

/* secret:equals(string): in a time that does not tell where they differ */
static int secret_equals(lua_State *L)
{
	const struct secret *s = class_check(L, 1, &secret_class);
	size_t len;
	const char *text = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &len) : NULL;

	lua_pushboolean(L, text && len == s->len && CRYPTO_memcmp(text, s->data, len) == 0);
	return 1;
}

static int secret_tostring(lua_State *L)
{
	lua_pushliteral(L, "secret");
	return 1;
}

void secret_open(lua_State *L)
{
	static const luaL_Reg meta[] = {{"__tostring", secret_tostring}, {NULL, NULL}};
	static const luaL_Reg methods[] = {{"equals", secret_equals}, {NULL, NULL}};

	class_new(L, &secret_class, meta, methods);
}
