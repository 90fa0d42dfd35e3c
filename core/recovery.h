/*
 * Connection state recovery: a socket that left without being told to comes back with its id, rooms and data, and is sent what it missed. All
 * that is needed lies in the store, so any process can do it, after any restart. Inside the tick's transaction.
 */
#ifndef POLLUX_RECOVERY_H
#define POLLUX_RECOVERY_H

#include "core/state.h"
#include "db/sockets.h"
#include "proto/json.h"

/* Beyond so many rows, or max_queue_bytes of them, it is told that it did not recover. */
#define RECOVERY_ROWS_MAX 10000

/* A socket that comes back. */
struct recovery {
	bool found;              /* else it joins as a new one */
	bool too_much;           /* what it missed is over the limits: nothing was gathered */
	struct socket_row row;   /* as it left; text in block */
	void *block;
	int64_t from;            /* rows up to here it has had */
	struct row **missed;     /* the others, with a reference each */
	size_t count, room, bytes;
};

/* Whether somebody who leaves for that reason may come back. */
bool recovery_allowed(const char *reason);
/* Looks whether CONNECT's payload (an object, or empty) names a socket of that namespace that can come back now, with nothing missing. Its predecessor's
 * connection may be half-open: then it loses the socket, and client (whose CONNECT it is) may be closed by handlers of that. */
int recovery_find(struct server *s, struct client_row *client, const char *nsp, struct json_slice auth, struct recovery *r) WARN_UNUSED;
/* Makes it the client's. */
int recovery_restore(struct server *s, const struct client_row *client, struct recovery *r, struct log_text auth) WARN_UNUSED;
/* Reads what it missed up to now, having been restored. TOO_BIG: over the limits. */
int recovery_gather(struct server *s, const struct client_row *client, struct recovery *r) WARN_UNUSED;
/* Sends that, as packets for this client alone, positions and all: behind the reply to CONNECT. */
int recovery_replay(struct server *s, const struct client_row *client, const struct recovery *r) WARN_UNUSED;
void recovery_deinit(struct recovery *r);

#endif
