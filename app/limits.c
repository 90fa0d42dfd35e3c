/* The meters: allocator, count hook, CPU clock. Nothing here knows of events or sockets. */
#include "config.h"
#include "app/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <lauxlib.h>

#include "base/err.h"

/* After that many allocated bytes the hook is called at the next instruction. */
#define LOOK_EVERY_BYTES ((size_t)1 << 20)
/* Bytes allocated (and mostly written) that cost as much as an instruction. */
#define BYTES_AN_INSTRUCTION 16
/* For the message and the traceback of an event that is over. */
#define LAST_WORDS_BYTES ((size_t)64 << 10)

static void on_count(lua_State *L, lua_Debug *ar);

void limits_init(struct limits *m)
{
	*m = (struct limits){
		.max_work = 10 * 1000 * 1000,
		.max_cpu_us = 1000 * 1000,
		.max_event_bytes = (size_t)32 << 20,
		.max_bytes = (size_t)128 << 20,
		.cpu_from_us = -1,
	};
	m->ceiling = m->max_bytes;
}

/* lua_sethook may be called at any time: it is what signal handlers do. */
static void look_soon(struct limits *m)
{
	m->left -= (int64_t)(m->unpaid / BYTES_AN_INSTRUCTION);
	m->unpaid = 0;
	if (m->running)
		lua_sethook(m->running, on_count, LUA_MASKCOUNT, 1);
}

static bool may_grow(struct limits *m, size_t more)
{
	if (m->used > m->ceiling || more > m->ceiling - m->used) {
		m->short_of_memory = true;
		m->unpaid += m->used; /* Lua collects everything now and tries again: that is work too */
		return false;
	}
	m->unpaid += more;
	if (m->unpaid >= LOOK_EVERY_BYTES)
		look_soon(m);
	return true;
}

static void *allocate(void *ud, void *block, size_t had, size_t size)
{
	struct limits *m = ud;
	void *made;

	if (!block)
		had = 0; /* Lua passes the kind of object instead */
	if (size == 0) {
		free(block);
		m->used -= had;
		return NULL;
	}
	if (size > had && !may_grow(m, size - had))
		return NULL;
	made = realloc(block, size);
	if (made)
		m->used += size - had;
	else
		m->short_of_memory = true;
	return made;
}

lua_State *limits_new_state(struct limits *m)
{
	lua_State *L = lua_newstate(allocate, m);

	if (!L)
		return NULL;
	*(struct limits **)lua_getextraspace(L) = m;
	lua_sethook(L, on_count, LUA_MASKCOUNT, LIMITS_STEP);
	return L;
}

void limits_begin(struct limits *m, lua_State *L, int times)
{
	size_t room = m->max_bytes > m->used ? m->max_bytes - m->used : 0;

	m->work = m->left = m->max_work * times;
	m->ceiling = m->used + (room < m->max_event_bytes ? room : m->max_event_bytes);
	m->unpaid = 0;
	m->cpu_from_us = -1;
	m->cpu_limit_us = m->max_cpu_us * times;
	m->short_of_memory = false;
	m->doomed = 0;
	m->running = L;
	if (lua_gethookcount(L) != LIMITS_STEP)
		lua_sethook(L, on_count, LUA_MASKCOUNT, LIMITS_STEP);
}

void limits_end(struct limits *m)
{
	m->running = NULL;
	m->ceiling = m->max_bytes;
}

static _Noreturn void raise_again(lua_State *L, int level)
{
	lua_sethook(L, on_count, LUA_MASKCOUNT, 1); /* so that __close and what runs on the way out fails as well */
	luaL_where(L, level);
	lua_pushstring(L, limits_of(L)->why);
	lua_concat(L, 2);
	lua_error(L);
	abort(); /* lua_error does not return */
}

void limits_doom(lua_State *L, int level, int error, const char *format, ...)
{
	struct limits *m = limits_of(L);
	va_list args;

	if (!m->doomed) {
		m->doomed = error;
		m->ceiling += LAST_WORDS_BYTES;
		va_start(args, format);
		vsnprintf(m->why, sizeof(m->why), format, args);
		va_end(args);
	}
	raise_again(L, level);
}

void limits_charge(lua_State *L, int64_t n)
{
	struct limits *m = limits_of(L);

	if (n > 0)
		m->left -= n;
	if (m->left < 0)
		limits_doom(L, 1, POLLUX_TOO_BIG, "took more than %lld instructions", (long long)m->work);
}

static int64_t cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* CPU time rather than the wall's: an account that was throttled is not the script's fault. Counted from the first look. */
static bool too_long(struct limits *m)
{
	int64_t now = cpu_us();

	if (m->cpu_from_us < 0)
		m->cpu_from_us = now;
	return now - m->cpu_from_us > m->cpu_limit_us;
}

static void on_count(lua_State *L, lua_Debug *ar)
{
	struct limits *m = limits_of(L);

	(void)ar;
	if (m->doomed)
		raise_again(L, 0);
	if (lua_gethookcount(L) != LIMITS_STEP)
		lua_sethook(L, on_count, LUA_MASKCOUNT, LIMITS_STEP);
	m->left -= LIMITS_STEP;
	if (m->left < 0)
		limits_doom(L, 0, POLLUX_TOO_BIG, "took more than %lld instructions", (long long)m->work);
	if (too_long(m))
		limits_doom(L, 0, POLLUX_TOO_BIG, "took more than %lld ms", (long long)(m->cpu_limit_us / 1000));
}

/* Lua's buffers report an allocation that failed as an ordinary error, and __close may put its own error in the place of a memory
 * error; so once memory was short, no error of this event is taken for anything else. */
void limits_caught(lua_State *L, int status)
{
	struct limits *m = limits_of(L);

	if (m->doomed)
		raise_again(L, 1);
	if (status == LUA_OK || status == LUA_YIELD)
		return;
	if (status == LUA_ERRMEM || m->short_of_memory)
		limits_doom(L, 1, POLLUX_TOO_BIG, "needs more than %zu bytes of memory", m->max_event_bytes);
}
