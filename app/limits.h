/*
 * What one event may use of instructions, time and memory. A limit that was passed dooms the event: from then on every
 * instruction fails, so that no pcall of the script can go on. Loop thread only.
 *
 * Three meters, since none suffices alone: Lua's count hook sees instructions but nothing inside C; the allocator sees
 * whatever makes strings and tables grow; CPU time, looked at by the hook, sees the rest. Functions that work long without
 * allocating (pattern matching, table.move…) charge for it themselves.
 */
#ifndef POLLUX_APP_LIMITS_H
#define POLLUX_APP_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <lua.h>

struct limits {
	int64_t max_work;         /* instructions an event may take */
	int64_t max_cpu_us;       /* CPU time it may take */
	size_t max_event_bytes;   /* memory it may add */
	size_t max_bytes;         /* memory all of Lua may have */
	/* Of the running event. */
	int64_t work, left;       /* instructions it may take, and those that are left */
	size_t used, ceiling;     /* bytes */
	size_t unpaid;            /* bytes allocated since the last look */
	int64_t cpu_limit_us, cpu_from_us;   /* from: -1, not looked at yet */
	lua_State *running;       /* the coroutine that runs; its hook is called early when much was allocated */
	bool short_of_memory;     /* an allocation was refused */
	int doomed;               /* 0 or the pollux_error that ends the event */
	char why[160];
};

/* Instructions between two calls of the hook; what starting a coroutine costs at least. */
#define LIMITS_STEP 1000

void limits_init(struct limits *m);
/* A new state whose memory is counted, whose hook counts, and whose extra space (and that of all its coroutines) points to m. */
lua_State *limits_new_state(struct limits *m);
/* The limits of a state: they stand first in struct host. */
static inline struct limits *limits_of(lua_State *L)
{
	return *(struct limits **)lua_getextraspace(L);
}
/* A new event: all meters at zero. times: ten times as much, say, while the file loads. */
void limits_begin(struct limits *m, lua_State *L, int times);
/* Nothing is counted between events but the total of memory. */
void limits_end(struct limits *m);
/* Pays for n instructions' worth of work in C; raises when there is no more. */
void limits_charge(lua_State *L, int64_t n);
/* Ends the event with that error: raises now, and again for whoever catches it. level: whose line to name, as luaL_where. */
_Noreturn void limits_doom(lua_State *L, int level, int error, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* After whatever may have caught an error (status: of lua_pcall, lua_resume…): raises again what must not be caught. */
void limits_caught(lua_State *L, int status);

#endif
