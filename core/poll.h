/*
 * The polling transport's GET: a poll comes, is answered or parked, falls due, is broken off. A poll that came is settled at the
 * end of its tick; its claim, or its release and the new cursor, are committed before a byte leaves. Loop thread only.
 */
#ifndef POLLUX_POLL_H
#define POLLUX_POLL_H

#include "core/state.h"

/* A GET with a sid, inside the transaction: refuses it, or gives it to its client to be settled. */
int poll_arrive(struct server *s, struct input *in) WARN_UNUSED;
/* The peer of a parked poll has left, inside the transaction: the session is over. */
int poll_abort(struct server *s, struct input *in) WARN_UNUSED;
/* Settles every ready client inside the transaction: writes who is answered and who is parked. */
int poll_settle(struct server *s) WARN_UNUSED;
/* After COMMIT: sends the answers, parks the others. */
void poll_send(struct server *s);
/* After reading alone: sends WebSockets what came for them, for which nothing is to be written. */
void poll_send_links(struct server *s);
/* After a rollback: everybody is as before. */
void poll_revert(struct server *s);
/* The client's row has been deleted: a poll that waits here is answered with the end. */
void poll_gone(struct server *s, int64_t id);
/* The client's transport is a WebSocket from now on: a poll that waits here is refused. Inside the transaction. */
void poll_evict(struct server *s, int64_t id);
/* Puts the client on the list of those to be settled. */
void poll_ready(struct server *s, struct client *c);
/* Makes every parked poll ready: the server drains. */
void poll_ready_all(struct server *s);
/* Before the clients are freed: nothing of them stays in the loop. Their exchanges are left to the front. */
void poll_stop_all(struct server *s);

#endif
