/*
 * What the files of core/ share: a process's server. Not for anybody above.
 * Everything here belongs to the loop thread.
 */
#ifndef POLLUX_STATE_H
#define POLLUX_STATE_H

#include <ev.h>

#include "base/buf.h"
#include "core/client.h"
#include "core/compress.h"
#include "core/frames.h"
#include "core/input.h"
#include "core/link.h"
#include "core/recent.h"
#include "core/server.h"
#include "core/throttle.h"
#include "core/watchdog.h"
#include "db/bell.h"
#include "db/checkpoint.h"
#include "db/processes.h"
#include "db/store.h"
#include "db/writer_lock.h"

struct event_socket;

/* A socket that is to be disconnected once the handler that said so has returned. */
struct leaving {
	char nsp[128], sid[RANDOM_ID_LEN + 1];
	bool close;
};

/* What the transaction going on has done so far beside the store's rows: cut back when an event is undone, applied after COMMIT. */
struct journal {
	struct row **rows;         /* appended in this transaction, in order */
	size_t rows_count, rows_room;
	struct leaving *leaving;
	size_t leaving_count, leaving_room;
	int64_t touched;           /* the client whose control row is the newest of them; 0: none */
};

/* Rows of other processes' server-side events, in order. */
struct heard {
	struct row **rows;
	size_t count, room;
	size_t next;               /* those before it have run in the transaction going on */
};

struct server {
	struct server_options options;
	const struct settings *settings;
	const struct handler *handler;
	struct store *store;
	struct writer_lock *lock;
	struct bell *bell;
	struct processes *processes;
	struct checkpoint *checkpoint;
	struct watchdog *watchdog;
	struct bundle *bundle;
	int64_t process_id;

	struct clients clients;
	struct recent recent;
	int64_t position;          /* rows up to here have been read and routed */
	uint64_t transaction;      /* counts them */
	int64_t newest;            /* and these too, once the transaction going on is committed */

	struct inputs inputs;      /* waiting for the lock */
	struct inputs done;        /* run in this transaction: answered after COMMIT */
	struct inputs waiting;     /* for room on the disk: see waiting.h */
	int64_t try_waiting_at_ms;
	struct input *posts;       /* open POSTs by sid: a second one of a session closes it */
	struct journal journal;
	struct heard heard;
	struct event_socket *own_socket;   /* see event_set_own_socket */
	struct client *ready;      /* polls to be settled: answered or parked */
	struct buf scratch;        /* where an answer is put together */
	struct compressed compressed;   /* the last answer that went out as gzip */
	struct throttle throttle;  /* of handshakes */
	size_t open_exchanges;
	struct links links;
	struct frames frames;      /* where rows become WebSocket frames */

	bool noted_position;       /* our row in the store has one */
	int64_t read_ms;           /* when the log was read last */
	int64_t wall_ahead_ms;     /* by so much the wall clock is ahead of the deadlines' */
	bool look;                 /* the bell rang, or it is time to look at the log anyhow */
	bool expire, housekeeping; /* that is due */
	bool due;                  /* and something of core/duties.h */
	bool undeclared;           /* the handler's list of what repeats has not been compared with the store's */
	bool deadlines_set;        /* the earliest of them may be another one now */
	bool unsure;               /* copies of clients with polls here were read in a transaction that failed */
	bool forgetting;           /* retention has more to delete than a batch */
	bool parting;              /* sockets are left over that the application has disconnected many at a time */
	bool reaping;              /* and dead processes have left more sessions than that */
	int64_t held_polls, held_counted_ms;   /* over all processes, as counted lately */
	bool waiting_for_lock, draining;
	size_t events;             /* run in this transaction: packets, and whatever else came */
	int64_t full_at_us;        /* and begun until then */
	int64_t hold_max_us;       /* so long after a tick's beginning; tests that count ticks take the clock out of it */
	size_t alone;              /* after a failure: so many inputs run one a transaction */
	int failure;               /* why the last tick failed; 0: it did not */
	bool stillborn;            /* the last tick failed before an input could run */
	int64_t retry_at_ms;       /* after a foreign writer or a full disk: not before this */

	ev_prepare before_wait;
	ev_io bell_io, lock_io;
	ev_timer look_timer, house_timer, retry_timer, due_timer;
	ev_idle again;             /* active while inputs are left over: the loop does not sleep */
	void (*on_idle)(void *ctx);
	void *on_idle_ctx;
};

/* The longest a poll is held, by setting; 0: until the ping falls due. */
static inline int64_t server_hold_ms(const struct server *s)
{
	int64_t hold = s->settings->hold_ms;

	return hold && hold < s->settings->ping_interval_ms ? hold : 0;
}

/* What rows show of their position to clients: see row_new. */
static inline const char *server_epoch(const struct server *s)
{
	return s->settings->recovery ? store_epoch(s->store) : NULL;
}

#endif
