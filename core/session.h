/* A client's beginning and end, and its sockets' leaving. Inside the tick's transaction. */
#ifndef POLLUX_SESSION_H
#define POLLUX_SESSION_H

#include "core/state.h"

/* How a session ends for its client. */
enum session_end {
	SESSION_DROP,     /* nothing more to tell: gone, unless a poll waits, which gets the final packet */
	SESSION_LINGER,   /* what is queued, and then the final packet, are still to be fetched within 30 s */
};

/* A handshake: makes the client and sets the open packet as the input's answer. */
int session_open(struct server *s, struct input *in) WARN_UNUSED;
/* Ends it: every socket's disconnect handlers run with that reason; a waiting poll is told. row changes; it may be deleted. */
int session_close(struct server *s, struct client_row *row, const char *reason, char final, enum session_end how) WARN_UNUSED;
/* One socket leaves: with tell its client gets DISCONNECT. NOT_FOUND is no error. */
int session_leave(struct server *s, struct client_row *row, const char *nsp, const char *sid, const char *reason, bool tell) WARN_UNUSED;
/* Disconnects what the handler just run asked for. *closed tells when that was the end of row's own session. */
int session_leave_asked(struct server *s, struct client_row *row, bool *closed) WARN_UNUSED;
/* When it dies without a pong: never by the store where a WebSocket's own process keeps the pings. */
int64_t session_pong_by(const struct server *s, const struct client_row *row);
/* When the session dies unless something comes: the pong, or the CONNECT. */
void session_rearm(const struct server *s, struct client_row *row, int64_t now_ms);
/* Closes clients whose time has come, a batch. */
int session_expire(struct server *s) WARN_UNUSED;
/* Disconnects a batch of those that were disconnected many at a time; s->parting tells that there may be more. */
int session_part(struct server *s) WARN_UNUSED;
/* Closes clients whose poll or WebSocket was held by a process that has died, a batch; s->reaping tells that there are more. */
int session_reap(struct server *s) WARN_UNUSED;

#endif
