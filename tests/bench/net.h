/*
 * Non-blocking connections of the load generator: one request at a time on each,
 * kept alive where the wire allows it. One thread.
 */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tests/bench/address.h"
#include "tests/bench/wire.h"

struct conn;

struct net {
	int epoll;
	enum wire_kind kind;
	struct addresses addresses;
	struct conn *last_waiting;
	struct conn *waiting; /* the listener's queue was full: tried again every millisecond */
	char *scratch; /* what a connection reads into first */
	uint64_t connects, queue_full, resent;
	/* A whole reply came; the connection is free for the next request. */
	void (*replied)(void *ctx, struct conn *c, const struct wire_reply *reply);
	/* A connection failed in the middle of a request, or the reply is malformed. */
	void (*failed)(void *ctx, struct conn *c, const char *why);
	void *ctx;
};

struct conn {
	int fd; /* -1: closed */
	bool busy; /* a request is out */
	bool answered; /* this fd has been answered before: the peer may close it just as we write */
	bool wants_out, waits;
	void *owner;
	struct conn *next_waiting;
	char *out, *in; /* the request (kept until its answer), the reply's first part */
	size_t out_len, out_sent, out_cap, in_len, in_cap;
};

/* 0, or -1 and errno. */
int net_init(struct net *n, enum wire_kind kind);
void net_deinit(struct net *n);
/* Waits at most wait_ms for events and handles them. */
void net_turn(struct net *n, int wait_ms);
void conn_init(struct conn *c, void *owner);
void conn_close(struct conn *c);
/* Closes and frees its buffers. */
void conn_deinit(struct conn *c);
/* Sends a request on an idle connection, connecting when needed. */
void conn_request(struct net *n, struct conn *c, const struct wire_request *request);

#endif
