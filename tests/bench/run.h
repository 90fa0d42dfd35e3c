/*
 * A run of the load generator: connect everybody, settle, measure the parked processes, send for a while, wait for what is
 * outstanding, account for every delivery. One thread.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "tests/bench/histogram.h"
#include "tests/bench/poller.h"
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
	unsigned batch; /* events in one POST */
	unsigned bytes; /* of padding in each event */
	unsigned ramp; /* handshakes going on at a time */
	unsigned rounds; /* batches a sender sends at most; 0: no limit */
	unsigned gap_ms; /* pause before a sender's next batch */
	unsigned settle_ms; /* between the last connection and the first message */
	unsigned timeout_ms; /* without any reply: given up */
	unsigned warmup_ms; /* sending that is checked, but not measured */
	double seconds; /* sending stops then */
};

enum run_phase { RUN_CONNECT, RUN_SETTLE, RUN_SEND, RUN_DRAIN, RUN_LINGER, RUN_DONE };

struct run_sender {
	struct poller *poller;
	unsigned sent, done; /* events */
	uint64_t next_at; /* not before */
	uint64_t at[RUN_RING]; /* when each was sent */
	unsigned got[RUN_RING]; /* how many have received it */
};

struct run {
	struct run_options o;
	struct pollers pollers;
	struct poller *clients;
	unsigned clients_count, opened, connected;
	struct run_sender *senders;
	unsigned *next; /* [member][sender]: the number it must see next */
	enum run_phase phase;
	uint64_t phase_at, started, ended, last_reply, connect_from, connect_us;
	bool warm;
	uint64_t deliveries, duplicates, out_of_order, polls, late_ring;
	uint64_t uncounted, sent_uncounted; /* deliveries and messages of the warm-up */
	unsigned failures;
	char failure[256]; /* the first one */
	struct histogram latency; /* of each delivery, us */
	struct histogram all; /* until the last member had it, us */
	struct procs groups[RUN_GROUPS];
	unsigned groups_count;
	char *body;
	double machine_cpu_s; /* of everybody on this machine, likewise */
	double own_cpu_s; /* of this process while it measured */
};

/* After o, groups and the addresses are set. 0 or -1 (out of memory). */
int run_prepare(struct run *r);
/* Returns when all is done or given up. */
void run_whole(struct run *r);
void run_free(struct run *r);
/* Deliveries that should have been. */
uint64_t run_expected(const struct run *r);
uint64_t run_sent(const struct run *r);

#endif
