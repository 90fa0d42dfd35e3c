/*
 * One Socket.IO client by HTTP long-polling, as small as it can be: handshake, CONNECT, then a GET that is always out, answering
 * pings; events go out by POST on a second connection. One thread.
 */
#ifndef BENCH_POLLER_H
#define BENCH_POLLER_H

#include <stdbool.h>
#include <stdint.h>
#include "tests/bench/net.h"

struct poller;

/* What the scenario is told. now: CLOCK_MONOTONIC in microseconds. */
struct poller_events {
	void (*connected)(void *ctx, struct poller *p);
	/* The event ["said", sender, number, …]. */
	void (*said)(void *ctx, struct poller *p, unsigned sender, unsigned number, uint64_t now);
	/* The acknowledgement of an event we sent with ack id `id`. */
	void (*acked)(void *ctx, struct poller *p, unsigned id, uint64_t now);
	/* Its POST has been answered: the next may go out. */
	void (*posted)(void *ctx, struct poller *p);
	/* A poll was answered. */
	void (*polled)(void *ctx, uint64_t now);
	void (*failed)(void *ctx, struct poller *p, const char *why);
	void *ctx;
};

struct pollers {
	struct net net;
	const char *path; /* "/socket.io/" */
	struct poller_events events;
	uint64_t pings;
};

enum poller_state { POLLER_NEW, POLLER_OPENING, POLLER_CONNECTING, POLLER_JOINING, POLLER_CONNECTED };

struct poller {
	struct pollers *all;
	struct conn get, post; /* owner is the poller */
	enum poller_state state;
	unsigned index;
	unsigned turn; /* numbers its GETs, for the cache-buster */
	bool member; /* asks to be put into the room */
	bool keeps_post; /* posts often: its second connection stays */
	bool owes_pong;
	char sid[64];
};

/* Connects pollers' net to its callbacks. */
void pollers_init(struct pollers *all, const char *path);
void poller_init(struct poller *p, struct pollers *all, unsigned index);
void poller_deinit(struct poller *p);
/* Begins the handshake. */
void poller_open(struct poller *p);
bool poller_can_post(const struct poller *p);
/* A payload; poller_can_post must be true. */
void poller_post(struct poller *p, const char *body, size_t len);

#endif
