/*
 * A run of a load generator: connect everybody, settle, measure the parked processes, send for a while, wait for what is
 * outstanding, account for every delivery. How clients talk is the transport's business. One thread.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "tests/bench/histogram.h"
#include "tests/bench/procs.h"

#define RUN_GROUPS 4
#define RUN_RING 8192 /* messages of one sender that may be on their way */

/* When a sender's message counts as done, so that it may send the next. */
enum run_until { UNTIL_ALL, UNTIL_OWN, UNTIL_ACK };

struct run_options {
	unsigned members; /* clients in the room */
	unsigned senders; /* clients that send */
	bool senders_listen; /* the first members are the senders; otherwise they are clients of their own, outside the room */
	enum run_until until;
	unsigned window; /* batches a sender has out at most */
	unsigned batch; /* events sent at once */
	unsigned bytes; /* of padding in each event */
	unsigned ramp; /* handshakes going on at a time */
	unsigned rounds; /* batches a sender sends at most; 0: no limit */
	unsigned gap_ms; /* pause before a sender's next batch */
	unsigned rate; /* events a second of all senders in turn, whatever is outstanding; 0: as the window allows */
	unsigned settle_ms; /* between the last connection and the first message */
	unsigned timeout_ms; /* without any reply: given up */
	unsigned warmup_ms; /* sending that is checked, but not measured */
	double seconds; /* sending stops then */
};

enum run_phase { RUN_CONNECT, RUN_SETTLE, RUN_SEND, RUN_DRAIN, RUN_LINGER, RUN_DONE };

/* Events `first` and following of a sender, sent at once; the last one asks for an ack where `ack` is set. */
struct run_batch {
	unsigned sender, first, count, bytes;
	bool ack;
};

/* What carries the clients, which are numbered from 0. It tells what happens by run_connected and the others below. */
struct run_transport {
	void (*open)(void *ctx, unsigned client);
	bool (*can_send)(void *ctx, unsigned client);
	void (*send)(void *ctx, unsigned client, const struct run_batch *batch);
	/* Waits at most wait_us for something to happen and handles it. */
	void (*turn)(void *ctx, uint64_t wait_us);
	void *ctx;
};

struct run_sender {
	unsigned client;
	unsigned sent, done; /* events */
	uint64_t next_at; /* not before */
	uint64_t at[RUN_RING]; /* when each was sent */
	unsigned got[RUN_RING]; /* how many have received it */
};

struct run {
	struct run_options o;
	struct run_transport transport;
	unsigned clients, opened, connected;
	struct run_sender *senders;
	unsigned *next; /* [member][sender]: the number it must see next */
	enum run_phase phase;
	uint64_t phase_at, started, ended, last_reply, connect_from, connect_us;
	bool warm;
	uint64_t deliveries, duplicates, out_of_order, replies, late_ring;
	uint64_t paced; /* events sent by rate */
	uint64_t uncounted, sent_uncounted; /* deliveries and messages of the warm-up */
	unsigned failures;
	char failure[256]; /* the first one */
	struct histogram latency; /* of each delivery, us */
	struct histogram all; /* until the last member had it, or the ack was there, us */
	struct procs groups[RUN_GROUPS];
	unsigned groups_count;
	double machine_cpu_s; /* of everybody on this machine while it measured */
	double own_cpu_s; /* of this process, likewise */
};

/* After o and groups are set; sets `clients`. 0 or -1 (out of memory). */
int run_prepare(struct run *r);
/* After the transport is set. Returns when all is done or given up. */
void run_whole(struct run *r);
void run_free(struct run *r);
/* Deliveries that should have been. */
uint64_t run_expected(const struct run *r);
uint64_t run_sent(const struct run *r);
/* Nothing failed, and everything arrived once and in order. */
bool run_exact(const struct run *r);
bool run_is_member(const struct run *r, unsigned client);
/* The sender whose client this is; o.senders when it is none. */
unsigned run_sender_of(const struct run *r, unsigned client);

/* From the transport. now: CLOCK_MONOTONIC in microseconds. */
void run_connected(struct run *r);
/* A client received event `number` of a sender. */
void run_said(struct run *r, unsigned client, unsigned sender, unsigned number, uint64_t now);
/* The ack of event `id` of a sender's came. */
void run_acked(struct run *r, unsigned client, unsigned id, uint64_t now);
/* A client that could not send before may be able to now. */
void run_may_send(struct run *r, unsigned client);
/* Something came from the server: a poll's answer, bytes on a WebSocket. */
void run_replied(struct run *r, uint64_t now);
void run_failed(struct run *r, unsigned client, unsigned state, const char *why);

uint64_t now_us(void);

#endif
