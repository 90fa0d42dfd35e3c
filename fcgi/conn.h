/*
 * One connection from the web server and the request on it, as the loop sees it. A small struct that stays while a poll is
 * parked; what the request said lives in one block beside it, dropped at park.
 *
 * An intake thread makes it (conn_new), fills it (request_read) and hands it over; from then on the loop thread owns it until it
 * ends or goes back to intake: never two threads at once. Not the reading (request.h) nor the threads (intake.h).
 */
#ifndef POLLUX_FCGI_CONN_H
#define POLLUX_FCGI_CONN_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/exchange.h"
#include "fcgi/scan.h"

struct server;
struct conns;
struct tail;

struct conn {
	struct exchange x; /* first: core holds a pointer to it */
	ev_io io; /* parked: the peer's leaving; idle: its next request. io.data is the conn */
	struct conn *prev, *next; /* a queue's or the idle list's */
	struct conns *set;
	char *text; /* header lines, method… and body in one block; NULL once parked or answered */
	struct tail *tail; /* what the socket did not take at once, or the lingering close */
	struct scan scan; /* records that arrive while parked */
	int fd;
	uint16_t request_id;
	bool keep; /* FCGI_KEEP_CONN */
	bool unread; /* the peer may still be sending its body: close with care */
	bool gone; /* the peer hung up: the answer goes nowhere */
	bool abandoned; /* FCGI_ABORT_REQUEST: only the end of the request is sent */
};

/* All connections the loop owns. Embedded by the front; loop thread only. */
struct conns {
	struct ev_loop *loop;
	struct server *server;
	struct conn *idle; /* kept, waiting for their next request */
	size_t busy; /* being answered: from conns_submit until the last byte is written */
	bool stopping; /* nothing is kept any more */
	double write_timeout_s; /* a reply that makes no progress for so long is given up */
	void (*readable)(void *ctx, struct conn *c); /* takes a kept connection whose next request has come */
	void *ctx;
};

/* A connection around fd, which it owns; NULL out of memory (fd stays the caller's). Any thread. */
struct conn *conn_new(int fd);
/* Closes fd and frees. NULL is fine. Whichever thread owns it. */
void conn_free(struct conn *c);

/* Takes c, whose request has been read whole, and hands it to core. */
void conns_submit(struct conns *set, struct conn *c);
/* From now on connections are closed after their reply; idle ones at once. */
void conns_stop(struct conns *set);

#endif
