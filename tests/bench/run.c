/* The phases of a run and what a sender may do when; see run.h. */
#include "config.h"

#include "tests/bench/run.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINGER_MS 200
#define TURN_US 20000

uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static double own_cpu(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

uint64_t run_sent(const struct run *r)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < r->o.senders; i++)
		sum += r->senders[i].sent;
	return sum;
}

uint64_t run_expected(const struct run *r)
{
	return run_sent(r) * r->o.members;
}

bool run_exact(const struct run *r)
{
	return r->failures == 0 && r->duplicates == 0 && r->out_of_order == 0 && r->deliveries == run_expected(r);
}

bool run_is_member(const struct run *r, unsigned client)
{
	return client < r->o.members;
}

/* Senders come first among the clients or, outside the room, last. */
static unsigned first_sender(const struct run *r)
{
	return r->o.senders_listen ? 0 : r->o.members;
}

unsigned run_sender_of(const struct run *r, unsigned client)
{
	unsigned first = first_sender(r);

	return client >= first && client - first < r->o.senders ? client - first : r->o.senders;
}

static void read_groups(struct run *r, size_t offset)
{
	for (unsigned i = 0; i < r->groups_count; i++)
		procs_read(&r->groups[i], (struct procs_sample *)(void *)((char *)&r->groups[i] + offset));
}

static void enter(struct run *r, enum run_phase phase)
{
	r->phase = phase;
	r->phase_at = now_us();
}

static bool may_send(const struct run *r, const struct run_sender *s, uint64_t now)
{
	return r->phase == RUN_SEND && s->sent - s->done + r->o.batch <= r->o.window * r->o.batch && now >= s->next_at &&
		(r->o.rounds == 0 || s->sent < r->o.rounds * r->o.batch) && r->transport.can_send(r->transport.ctx, s->client);
}

/* at: when the batch counts as sent. */
static void send_batch(struct run *r, unsigned index, uint64_t at)
{
	struct run_sender *s = &r->senders[index];
	struct run_batch batch = { index, s->sent, r->o.batch, r->o.bytes, r->o.until == UNTIL_ACK };

	for (unsigned i = 0; i < r->o.batch; i++) {
		s->at[(s->sent + i) % RUN_RING] = at;
		s->got[(s->sent + i) % RUN_RING] = 0;
	}
	s->sent += r->o.batch;
	s->next_at = at + (uint64_t)r->o.gap_ms * 1000;
	r->transport.send(r->transport.ctx, s->client, &batch);
}

static void try_send(struct run *r, unsigned index, uint64_t now)
{
	while (r->o.rate == 0 && may_send(r, &r->senders[index], now))
		send_batch(r, index, now);
}

/* When the next event of an open loop is due. */
static uint64_t due_at(const struct run *r)
{
	return r->phase_at + r->paced * 1000000 / r->o.rate;
}

/* What is due goes out and counts from when it was due: a stall of the server or of ours is in the latencies. */
static void send_due(struct run *r, uint64_t now)
{
	while (due_at(r) <= now) {
		unsigned index = (unsigned)(r->paced % r->o.senders);

		if (!r->transport.can_send(r->transport.ctx, r->senders[index].client))
			return;
		send_batch(r, index, due_at(r));
		r->paced++;
	}
}

/* All events of the sender up to `count` of them are done. */
static void done(struct run *r, unsigned index, unsigned count, uint64_t now)
{
	struct run_sender *s = &r->senders[index];

	s->done = count;
	if (s->next_at < now + (uint64_t)r->o.gap_ms * 1000)
		s->next_at = now + (uint64_t)r->o.gap_ms * 1000;
	try_send(r, index, now);
}

/* False: it came before, or something before it has not come (a gap shows as missing at the end). */
static bool in_order(struct run *r, unsigned *next, unsigned number)
{
	r->duplicates += number < *next;
	r->out_of_order += number > *next;
	if (number < *next)
		return false;
	*next = number + 1;
	return true;
}

void run_said(struct run *r, unsigned client, unsigned sender, unsigned number, uint64_t now)
{
	unsigned slot = number % RUN_RING;
	struct run_sender *s;

	if (sender >= r->o.senders || !run_is_member(r, client) || number >= r->senders[sender].sent) {
		r->out_of_order++;
		return;
	}
	s = &r->senders[sender];
	if (!in_order(r, &r->next[(size_t)client * r->o.senders + sender], number))
		return;
	r->deliveries++;
	if (s->sent - number > RUN_RING) {
		r->late_ring++;
		return;
	}
	histogram_add(&r->latency, now - s->at[slot]);
	if (++s->got[slot] == r->o.members) {
		histogram_add(&r->all, now - s->at[slot]);
		if (r->o.until == UNTIL_ALL)
			done(r, sender, s->done + 1, now);
	}
	if (r->o.until == UNTIL_OWN && s->client == client)
		done(r, sender, number + 1, now);
}

void run_acked(struct run *r, unsigned client, unsigned id, uint64_t now)
{
	unsigned index = run_sender_of(r, client);

	/* Only the last event of a batch is acked. */
	if (index == r->o.senders || r->o.until != UNTIL_ACK || id >= r->senders[index].sent ||
		id + 1 != r->senders[index].done + r->o.batch) {
		r->out_of_order++;
		return;
	}
	histogram_add(&r->all, now - r->senders[index].at[id % RUN_RING]);
	done(r, index, id + 1, now);
}

void run_may_send(struct run *r, unsigned client)
{
	unsigned index = run_sender_of(r, client);

	if (index < r->o.senders)
		try_send(r, index, now_us());
}

void run_replied(struct run *r, uint64_t now)
{
	r->last_reply = now;
	r->replies += r->phase == RUN_SEND || r->phase == RUN_DRAIN;
}

static void open_more(struct run *r)
{
	while (r->opened < r->clients && r->opened - r->connected < r->o.ramp && r->phase == RUN_CONNECT)
		r->transport.open(r->transport.ctx, r->opened++);
}

void run_connected(struct run *r)
{
	r->connected++;
	open_more(r);
	if (r->connected == r->clients) {
		r->connect_us = now_us() - r->connect_from;
		enter(r, RUN_SETTLE);
	}
}

void run_failed(struct run *r, unsigned client, unsigned state, const char *why)
{
	if (r->failures++ == 0)
		(void)snprintf(r->failure, sizeof(r->failure), "client %u in state %u: %s", client, state, why);
	enter(r, RUN_DONE);
}

int run_prepare(struct run *r)
{
	r->clients = r->o.members + (r->o.senders_listen ? 0 : r->o.senders);
	r->senders = calloc(r->o.senders ? r->o.senders : 1, sizeof(*r->senders));
	r->next = calloc((size_t)r->o.members * r->o.senders + 1, sizeof(*r->next));
	if (!r->senders || !r->next)
		return -1;
	for (unsigned i = 0; i < r->o.senders; i++)
		r->senders[i].client = first_sender(r) + i;
	return 0;
}

static bool all_done(const struct run *r)
{
	for (unsigned i = 0; i < r->o.senders; i++) {
		const struct run_sender *s = &r->senders[i];

		if (!r->transport.can_send(r->transport.ctx, s->client) || (r->o.until == UNTIL_ACK && s->done < s->sent))
			return false;
	}
	return r->deliveries >= run_expected(r);
}

static bool rounds_sent(const struct run *r)
{
	for (unsigned i = 0; i < r->o.senders; i++) {
		if (r->o.rounds == 0 || r->senders[i].sent < r->o.rounds * r->o.batch)
			return false;
	}
	return true;
}

/* From here on everything counts; called again when the warm-up is over. */
static void begin_measuring(struct run *r)
{
	r->started = now_us();
	r->own_cpu_s = own_cpu();
	r->machine_cpu_s = procs_machine_s();
	r->replies = 0;
	r->uncounted = r->deliveries;
	r->sent_uncounted = run_sent(r);
	memset(&r->latency, 0, sizeof(r->latency));
	memset(&r->all, 0, sizeof(r->all));
	read_groups(r, offsetof(struct procs, begin));
}

static void begin_sending(struct run *r)
{
	read_groups(r, offsetof(struct procs, parked));
	enter(r, RUN_SEND);
	r->warm = r->o.warmup_ms == 0;
	begin_measuring(r);
}

static void end_measuring(struct run *r)
{
	r->ended = now_us();
	r->own_cpu_s = own_cpu() - r->own_cpu_s;
	r->machine_cpu_s = procs_machine_s() - r->machine_cpu_s;
	read_groups(r, offsetof(struct procs, end));
	enter(r, RUN_LINGER);
}

static void give_up(struct run *r)
{
	if (r->failures++ == 0)
		(void)snprintf(r->failure, sizeof(r->failure), "no reply for %u ms: %u of %u connected, %llu of %llu delivered",
			r->o.timeout_ms, r->connected, r->clients, (unsigned long long)r->deliveries, (unsigned long long)run_expected(r));
	enter(r, RUN_DONE);
}

static void send_more(struct run *r, uint64_t now)
{
	if (r->o.rate > 0 && r->o.senders > 0) {
		send_due(r, now);
		return;
	}
	for (unsigned i = 0; i < r->o.senders; i++)
		try_send(r, i, now);
}

static void step_send(struct run *r, uint64_t now)
{
	double here = (double)(now - r->phase_at);

	send_more(r, now);
	if (!r->warm && here >= r->o.warmup_ms * 1e3) {
		r->warm = true;
		begin_measuring(r);
	}
	if (here >= r->o.seconds * 1e6 + r->o.warmup_ms * 1e3 || rounds_sent(r))
		enter(r, RUN_DRAIN);
}

static void look_for_silence(struct run *r, uint64_t now, uint64_t here)
{
	uint64_t timeout = (uint64_t)r->o.timeout_ms * 1000;

	if (here > timeout && now - r->last_reply > timeout)
		give_up(r);
}

static void step(struct run *r)
{
	uint64_t now = now_us(), here = now - r->phase_at;

	switch (r->phase) {
	case RUN_SETTLE:
		if (here >= (uint64_t)r->o.settle_ms * 1000)
			begin_sending(r);
		break;
	case RUN_SEND:
		step_send(r, now);
		break;
	case RUN_DRAIN:
		if (all_done(r))
			end_measuring(r);
		else
			look_for_silence(r, now, here);
		break;
	case RUN_CONNECT:
		look_for_silence(r, now, here);
		break;
	case RUN_LINGER:
		if (here >= LINGER_MS * 1000)
			enter(r, RUN_DONE);
		break;
	case RUN_DONE:
		break;
	}
}

/* How long to wait for the server before we have something to do of our own. */
static uint64_t wait_us(const struct run *r)
{
	uint64_t now;

	if (r->phase == RUN_DRAIN || (r->phase == RUN_SEND && r->o.gap_ms > 0))
		return 1000;
	if (r->phase != RUN_SEND || r->o.rate == 0)
		return TURN_US;
	now = now_us();
	return due_at(r) > now ? due_at(r) - now : 0;
}

void run_whole(struct run *r)
{
	read_groups(r, offsetof(struct procs, idle));
	r->connect_from = r->last_reply = now_us();
	enter(r, RUN_CONNECT);
	open_more(r);
	while (r->phase != RUN_DONE) {
		r->transport.turn(r->transport.ctx, wait_us(r));
		step(r);
	}
	if (r->ended == 0)
		end_measuring(r); /* given up: what there is */
}

void run_free(struct run *r)
{
	free(r->senders);
	free(r->next);
}
