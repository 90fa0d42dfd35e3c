/* Life of the host: making the state, loading the file, freezing what it left behind. */
#include "config.h"
#include "app/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "app/ack.h"
#include "app/dispatch.h"
#include "app/lazy.h"
#include "app/module.h"
#include "app/sandbox.h"
#include "app/socket.h"
#include "app/state.h"
#include "app/target.h"
#include "app/values.h"
#include "base/say.h"

#define FILE_MAX_BYTES ((size_t)4 << 20)
#define OUT_MAX_BYTES ((size_t)64 << 20)
/* Loading happens once, and may build tables. */
#define LOADING_TIMES 10

struct file {
	const char *name;
	struct buf text;
};

struct event *host_event(lua_State *L, const char *what)
{
	struct event *ev = host_of(L)->ev;

	if (!ev)
		luaL_error(L, "%s: only in a handler, not while the file loads", what);
	return ev;
}

int host_check(lua_State *L, int error, const char *what)
{
	switch (error) {
	case POLLUX_OK:
	case POLLUX_NOT_FOUND:
	case POLLUX_EXISTS:
	case POLLUX_GONE:
		return error;
	case POLLUX_TOO_BIG:
		return luaL_error(L, "%s: over a limit (too big, or too many)", what);
	case POLLUX_PROTOCOL:
		return luaL_error(L, "%s: refused by the protocol's rules", what);
	default:
		limits_doom(L, 1, error, "%s: %s", what, pollux_strerror(error));
	}
}

static struct namespace *find(struct host *h, const char *name, size_t len)
{
	struct namespace *nsp = h->namespaces;

	while (nsp && (strlen(nsp->name) != len || memcmp(nsp->name, name, len) != 0))
		nsp = nsp->next;
	return nsp;
}

static int new_list(lua_State *L)
{
	lua_newtable(L);
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Finds it; while the file loads, makes it. Raises or NULL when memory is short. */
struct namespace *host_namespace(struct host *h, const char *name, size_t len)
{
	struct namespace *nsp = find(h, name, len);

	if (nsp || !h->settings)
		return nsp;
	nsp = calloc(1, sizeof(*nsp) + len + 1);
	if (!nsp)
		return NULL;
	memcpy(nsp->name, name, len);
	nsp->next = h->namespaces;
	h->namespaces = nsp;
	nsp->events = new_list(h->L);
	nsp->acks = new_list(h->L);
	for (int i = 0; i < LISTS; i++)
		nsp->lists[i] = new_list(h->L);
	return nsp;
}

static int open_all(lua_State *L)
{
	values_open(L);
	lazy_open(L);
	target_open(L);
	socket_open(L);
	ack_open(L);
	sandbox_open(L);
	/* slots that are set in every event exist from now on: clearing them needs no memory */
	socket_forget(L);
	if (!host_namespace(host_of(L), "/", 1))
		return luaL_error(L, "not enough memory");
	module_open(L);
	return 0;
}

/* A first line with # is for the shell; its line end stays, so that lines keep their numbers. */
static void skip_shebang(const char **text, size_t *len)
{
	const char *end;

	if (*len == 0 || **text != '#')
		return;
	end = memchr(*text, '\n', *len);
	*len -= (size_t)((end ? end : *text + *len) - *text);
	*text = end ? end : "";
}

static int run_file(lua_State *L)
{
	struct file *f = lua_touserdata(L, 1);
	const char *text = f->text.data ? f->text.data : "";
	size_t len = f->text.len;

	open_all(L);
	skip_shebang(&text, &len);
	lua_pushfstring(L, "@%s", f->name);
	if (luaL_loadbufferx(L, text, len, lua_tostring(L, -1), "t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 0);
	sandbox_freeze_globals(L);
	return 0;
}

static int read_stream(struct file *f, FILE *stream)
{
	char part[4096];
	size_t n;

	while ((n = fread(part, 1, sizeof(part), stream)) > 0 && !buf_add(&f->text, part, n))
		continue;
	if (f->text.error)
		return f->text.error;
	return ferror(stream) ? POLLUX_SYSTEM : 0;
}

static int read_file(struct file *f)
{
	FILE *stream = fopen(f->name, "re");
	int error;

	if (!stream) {
		say(SAY_ERROR, "app", NULL, "cannot open %s: %s", f->name, strerror(errno));
		return errno == ENOENT ? POLLUX_NOT_FOUND : POLLUX_SYSTEM;
	}
	error = read_stream(f, stream);
	if (error)
		say(SAY_ERROR, "app", NULL, "cannot read %s: %s", f->name,
		    error == POLLUX_SYSTEM ? strerror(errno) : pollux_strerror(error));
	fclose(stream);
	return error;
}

static int load(struct host *h, const char *name)
{
	struct file f = {.name = name};
	int error;

	buf_init(&f.text, FILE_MAX_BYTES);
	error = read_file(&f);
	if (!error) {
		limits_begin(&h->limits, h->L, LOADING_TIMES);
		h->limits.ceiling = h->limits.max_bytes;
		error = dispatch_protected(h, run_file, &f, NULL, "the application cannot be loaded");
		limits_end(&h->limits);
	}
	buf_deinit(&f.text);
	return error;
}

int host_load(struct host **out, const char *file, struct settings *settings, struct handler *handler)
{
	struct host *h = calloc(1, sizeof(*h));
	int error;

	if (!h)
		return POLLUX_NO_MEMORY;
	limits_init(&h->limits);
	h->L = limits_new_state(&h->limits);
	buf_init(&h->out, OUT_MAX_BYTES);
	buf_init(&h->rows, OUT_MAX_BYTES);
	h->settings = settings;
	error = h->L ? load(h, file) : POLLUX_NO_MEMORY;
	h->settings = NULL;
	if (error) {
		host_free(h);
		return error;
	}
	/* well before the watchdog ends the process */
	h->limits.max_cpu_us = settings->tick_limit_ms * 1000 / 2;
	dispatch_fill(handler, h);
	*out = h;
	return 0;
}

void host_free(struct host *h)
{
	struct namespace *nsp;

	if (!h)
		return;
	if (h->L)
		lua_close(h->L);
	while ((nsp = h->namespaces)) {
		h->namespaces = nsp->next;
		free(nsp);
	}
	buf_deinit(&h->out);
	buf_deinit(&h->rows);
	free(h);
}
