/* See the header. A first line with # is for the shell, and some editors put a byte order mark before everything: lua takes both. */
#include "config.h"
#include "app/source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lauxlib.h>

#include "app/lint.h"
#include "app/state.h"

static int read_all(struct buf *out, int fd)
{
	struct stat st;
	ssize_t n;
	char *at;

	if (fstat(fd, &st) < 0)
		return POLLUX_SYSTEM;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return POLLUX_SYSTEM;
	}
	while ((at = out->len > SOURCE_MAX_BYTES ? NULL : buf_reserve(out, 65536)) && (n = read(fd, at, 65536)) != 0) {
		if (n < 0)
			return POLLUX_SYSTEM;
		buf_commit(out, (size_t)n);
	}
	return at ? 0 : out->error ? out->error : POLLUX_TOO_BIG;
}

int source_read(struct buf *out, int fd)
{
	int error, saved;

	buf_clear(out);
	error = read_all(out, fd);
	saved = errno;
	close(fd);
	errno = saved;
	return error;
}

static void skip_byte_order_mark(const char **text, size_t *len)
{
	if (*len < 3 || memcmp(*text, "\xef\xbb\xbf", 3) != 0)
		return;
	*text += 3;
	*len -= 3;
}

/* The first line's end stays, so that lines keep their numbers. */
static void skip_shebang(const char **text, size_t *len)
{
	const char *end;

	if (*len == 0 || **text != '#')
		return;
	end = memchr(*text, '\n', *len);
	*len -= (size_t)((end ? end : *text + *len) - *text);
	*text = end ? end : "";
}

void source_compile(lua_State *L, const struct buf *source, const char *name)
{
	const char *text = source->data ? source->data : "";
	size_t len = source->len;

	skip_byte_order_mark(&text, &len);
	skip_shebang(&text, &len);
	lua_pushfstring(L, "@%s", name);
	if (luaL_loadbufferx(L, text, len, lua_tostring(L, -1), "t") != LUA_OK)
		lua_error(L);
	lua_remove(L, -2);
	if (host_of(L)->lint)
		lint_scan(L, host_of(L)->lint, name);
}
