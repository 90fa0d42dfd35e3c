/*
 * The watchdog's thread. It looks four times within the limit, and reads only atomics, the loop thread's CPU clock and the note.
 * Time is what the event itself has had: a process that was stopped, or got no CPU on a busy host, has not hung. One that waits (for a disk that
 * does not answer) is told by the looks that it lasted: a stopped process does not look either.
 */
#include "config.h"
#include "core/watchdog.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/say.h"

/* So many looks within one event: ten times the limit. */
#define LOOKS_MAX 40

struct watchdog {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	clockid_t loop_clock;
	int64_t limit_ms;
	int64_t seen_ms, cpu_from_ms;  /* the event seen at the last look, and what the loop thread had used then */
	int looks;                     /* at that event */
	bool stop;
	_Atomic int64_t since_ms;      /* when the event began, or the tick; 0: in no tick */
	char sid[32], event[64];
};

static void watchdog_bite(const struct watchdog *w)
{
	say(SAY_ERROR, "watchdog", w->sid[0] ? w->sid : NULL, "a tick took over %lld ms, in event %s: ending the process",
	    (long long)w->limit_ms, w->event[0] ? w->event : "(none)");
	_exit(70);
}

static int64_t loop_cpu_ms(const struct watchdog *w)
{
	struct timespec t;

	return clock_gettime(w->loop_clock, &t) == 0 ? (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 : 0;
}

static bool hangs(struct watchdog *w)
{
	int64_t since = atomic_load(&w->since_ms), used = loop_cpu_ms(w);

	if (!since || since != w->seen_ms) {
		w->seen_ms = since;
		w->cpu_from_ms = used;
		w->looks = 0;
		return false;
	}
	return used - w->cpu_from_ms >= w->limit_ms || ++w->looks > LOOKS_MAX;
}

static void *watchdog_run(void *ctx)
{
	struct watchdog *w = ctx;
	struct timespec until;

	pthread_mutex_lock(&w->mutex);
	while (!w->stop) {
		if (hangs(w))
			watchdog_bite(w);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += w->limit_ms % 4000 * 250000;
		until.tv_sec += w->limit_ms / 4000 + until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&w->wake, &w->mutex, &until);
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

int watchdog_start(struct watchdog **out, int64_t limit_ms)
{
	pthread_condattr_t attr;
	struct watchdog *w;

	*out = NULL;
	if (!limit_ms)
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w)
		return POLLUX_NO_MEMORY;
	w->limit_ms = limit_ms;
	pthread_getcpuclockid(pthread_self(), &w->loop_clock);
	pthread_mutex_init(&w->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&w->thread, NULL, watchdog_run, w) != 0) {
		free(w);
		return POLLUX_SYSTEM;
	}
	*out = w;
	return 0;
}

void watchdog_set_limit(struct watchdog *w, int64_t limit_ms)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->mutex);
	w->limit_ms = limit_ms;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->mutex);
}

void watchdog_stop(struct watchdog *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->mutex);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

void watchdog_enter(struct watchdog *w)
{
	if (w)
		atomic_store(&w->since_ms, clock_mono_ms());
}

/* Every event comes by here: no formatting. */
static void note(char *to, size_t cap, const char *text, size_t len)
{
	if (len >= cap)
		len = cap - 1;
	memcpy(to, text, len);
	to[len] = 0;
}

/* Each event has the whole limit: a tick of many that are slow, as when a client with many sockets goes, is no hang; ending the process would only have
 * the next one do the same. Racing with a bite only garbles a name in the last line of a process. */
void watchdog_note(struct watchdog *w, const char *sid, const char *event, int event_len)
{
	if (!w)
		return;
	if (atomic_load(&w->since_ms))
		watchdog_enter(w);
	note(w->sid, sizeof(w->sid), sid, strlen(sid));
	note(w->event, sizeof(w->event), event, (size_t)event_len);
}

void watchdog_leave(struct watchdog *w)
{
	if (!w)
		return;
	atomic_store(&w->since_ms, 0);
	w->sid[0] = w->event[0] = 0;
}
