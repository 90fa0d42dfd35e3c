/* Housekeeping. */
#include "config.h"
#include "core/housekeeping.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/session.h"
#include "db/namespaces.h"
#include "db/log.h"
#include "db/retention.h"

/* Rows a call of retention: about 2 ms under the lock. */
/* A namespace that a function accepted is remembered so long without sockets: acknowledgements and timers may still come. */
#define NAMESPACE_MS 86400000
#define RETENTION_BATCH 500
#define LAGGING_BATCH 64
/* A busy server may find a connection's end so much later than it was due. */
#define LATE_MS 30000
/* So much the wall clock may drift. */
#define JUMP_MS 1000
/* A cached client without a poll is forgotten after so long. */
#define CACHE_MS 30000

static int close_lagging(struct server *s, int64_t floor)
{
	struct client_row rows[LAGGING_BATCH];
	int n = client_lagging(s->store, floor, rows, LAGGING_BATCH), error = 0;
	bool closed;

	for (int i = 0; i < n && !error; i++) {
		say(SAY_WARN, "core", rows[i].sid, "session closed: it lags over %lld rows behind", (long long)s->settings->lag_limit_rows);
		error = session_close(s, &rows[i], "transport error", '1', SESSION_DROP);
		if (!error)
			error = session_leave_asked(s, &rows[i], &closed);
	}
	return n < 0 ? n : error;
}

/* A suspended machine, or somebody who sets the clock: rows would seem as much older, and be gone before their time. */
static int note_jump(struct server *s)
{
	int64_t ahead_ms = clock_wall_ms() - clock_mono_ms(), jump_ms = s->wall_ahead_ms ? ahead_ms - s->wall_ahead_ms : 0;
	int error = jump_ms > JUMP_MS ? retention_note_silence(s->store, jump_ms) : 0;

	if (!error)
		s->wall_ahead_ms = ahead_ms;
	return error;
}

/* How old what a client was sent may be at most that it has not had when its connection is found broken: the ping before the last that it answered came
 * behind everything older. */
static int64_t in_flight_ms(const struct settings *settings)
{
	return settings->recovery ? settings->ping_interval_ms + 2 * settings->ping_timeout_ms + LATE_MS : 0;
}

int housekeeping_forget(struct server *s)
{
	struct retention r = {
		.history_max_age_ms = s->settings->history_max_age_ms,
		.history_max_rows = s->settings->history_max_rows,
		.recovery_window_ms = s->settings->recovery_window_ms,
		.in_flight_ms = in_flight_ms(s->settings),
		.max_rows = RETENTION_BATCH,
	};
	int64_t last = log_last(s->store), lowest, position;
	int deleted, error;

	if (last < 0)
		return (int)last;
	error = note_jump(s);
	if (!error)
		error = close_lagging(s, last - s->settings->lag_limit_rows);
	if (!error)
		error = client_lowest_cursor(s->store, &lowest);
	if (!error)
		error = processes_lowest_position(s->store, last - s->settings->lag_limit_rows, &position);
	if (error)
		return error;
	r.floor = lowest < last ? lowest : last;
	if (position < r.floor)
		r.floor = position;
	error = retention_run(s->store, &r, clock_wall_ms(), clock_mono_ms(), &deleted);
	s->forgetting = !error && deleted >= RETENTION_BATCH / 2;
	return error;
}

static int note_position(struct server *s)
{
	s->noted_position = s->links.count > 0;
	return processes_note_position(s->processes, s->store, s->links.count ? s->position : -1);
}

int housekeeping_run(struct server *s)
{
	int error = session_reap(s);

	if (!error)
		error = namespace_trim(s->store, clock_wall_ms() - NAMESPACE_MS);
	if (!error)
		error = session_part(s);   /* who began it may have died */
	if (!error && (s->links.count || s->noted_position))
		error = note_position(s);
	return error ? error : housekeeping_forget(s);
}

static void forget_cached(struct server *s, int64_t now)
{
	struct client *c, *next;

	HASH_ITER(hh, s->clients.by_id, c, next)
		if (!client_is_here(c) && !c->ready && now - c->used_ms > CACHE_MS)
			client_forget(&s->clients, c);
}

void housekeeping_look(struct server *s)
{
	int64_t now = clock_mono_ms();

	if (!store_files_unchanged(s->store)) {
		say(SAY_ERROR, "core", NULL, "%s or its side files were replaced or deleted: ending", store_path(s->store));
		exit(71);
	}
	processes_note_service(s->processes, now);
	forget_cached(s, now);
	recent_age(&s->recent);
	s->housekeeping = !s->draining;
}
