/* The phases of a run and what a sender may do when; see run.h. */
#include "config.h"

#include "tests/bench/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINGER_MS 200
#define EVENT_HEAD 64

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

/* One POST's payload: batch events, the last asking for an ack where that is what the sender waits for. */
static size_t batch_body(struct run *r, unsigned sender, unsigned first)
{
	size_t len = 0, cap = (size_t)r->o.batch * (r->o.bytes + EVENT_HEAD);

	for (unsigned i = 0; i < r->o.batch; i++) {
		char id[16] = "";

		if (r->o.until == UNTIL_ACK && i + 1 == r->o.batch)
			(void)snprintf(id, sizeof(id), "%u", first + i);
		len += (size_t)snprintf(r->body + len, cap - len, "%s42%s[\"say\",%u,%u,\"%0*d\"]", i ? "\x1e" : "", id, sender, first + i,
			(int)r->o.bytes, 0);
	}
	return len;
}

static bool may_send(const struct run *r, const struct run_sender *s, uint64_t now)
{
	return r->phase == RUN_SEND && poller_can_post(s->poller) && s->sent - s->done + r->o.batch <= r->o.window * r->o.batch &&
		now >= s->next_at && (r->o.rounds == 0 || s->sent < r->o.rounds * r->o.batch);
}

static void try_send(struct run *r, unsigned index, uint64_t now)
{
	struct run_sender *s = &r->senders[index];
	unsigned first = s->sent;

	if (!may_send(r, s, now))
		return;
	for (unsigned i = 0; i < r->o.batch; i++) {
		s->at[(first + i) % RUN_RING] = now;
		s->got[(first + i) % RUN_RING] = 0;
	}
	s->sent += r->o.batch;
	s->next_at = now + (uint64_t)r->o.gap_ms * 1000;
	poller_post(s->poller, r->body, batch_body(r, index, first));
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

static void on_said(void *ctx, struct poller *p, unsigned sender, unsigned count, uint64_t now)
{
	struct run *r = ctx;
	struct run_sender *s = &r->senders[sender];
	unsigned *next;

	if (sender >= r->o.senders || !p->member || count >= s->sent) {
		r->out_of_order++;
		return;
	}
	next = &r->next[(size_t)p->index * r->o.senders + sender];
	if (count != *next) {
		/* A gap shows as missing at the end. */
		r->duplicates += count < *next;
		r->out_of_order += count > *next;
		if (count < *next)
			return;
	}
	*next = count + 1;
	r->deliveries++;
	if (s->sent - count > RUN_RING) {
		r->late_ring++;
		return;
	}
	histogram_add(&r->latency, now - s->at[count % RUN_RING]);
	if (++s->got[count % RUN_RING] == r->o.members) {
		histogram_add(&r->all, now - s->at[count % RUN_RING]);
		if (r->o.until == UNTIL_ALL)
			done(r, sender, s->done + 1, now);
	}
	if (r->o.until == UNTIL_OWN && s->poller == p)
		done(r, sender, count + 1, now);
}

/* The sender whose client this is; r->o.senders when it is none. Senders come first among the clients or, outside the room, last. */
static unsigned sender_of(const struct run *r, const struct poller *p)
{
	unsigned first = r->o.senders_listen ? 0 : r->o.members;

	return p->index >= first && p->index - first < r->o.senders ? p->index - first : r->o.senders;
}

static void on_acked(void *ctx, struct poller *p, unsigned id, uint64_t now)
{
	struct run *r = ctx;
	unsigned index = sender_of(r, p);

	if (index == r->o.senders || r->o.until != UNTIL_ACK || id >= r->senders[index].sent) {
		r->out_of_order++;
		return;
	}
	histogram_add(&r->all, now - r->senders[index].at[id % RUN_RING]);
	done(r, index, id + 1, now);
}

static void on_posted(void *ctx, struct poller *p)
{
	struct run *r = ctx;
	unsigned index = sender_of(r, p);

	if (index < r->o.senders)
		try_send(r, index, now_us());
}

static void on_polled(void *ctx, struct poller *p)
{
	struct run *r = ctx;

	(void)p;
	r->last_reply = now_us();
	r->polls += r->phase == RUN_SEND || r->phase == RUN_DRAIN;
}

static void open_more(struct run *r)
{
	while (r->opened < r->clients_count && r->opened - r->connected < r->o.ramp)
		poller_open(&r->clients[r->opened++]);
}

static void on_connected(void *ctx, struct poller *p)
{
	struct run *r = ctx;

	(void)p;
	r->connected++;
	open_more(r);
	if (r->connected == r->clients_count) {
		r->connect_us = now_us() - r->connect_from;
		enter(r, RUN_SETTLE);
	}
}

static void on_failed(void *ctx, struct poller *p, const char *why)
{
	struct run *r = ctx;

	if (r->failures++ == 0)
		(void)snprintf(r->failure, sizeof(r->failure), "client %u in state %u: %s", p->index, (unsigned)p->state, why);
	enter(r, RUN_DONE);
}

static int prepare_clients(struct run *r)
{
	for (unsigned i = 0; i < r->clients_count; i++) {
		poller_init(&r->clients[i], &r->pollers, i);
		r->clients[i].member = i < r->o.members;
	}
	for (unsigned i = 0; i < r->o.senders; i++) {
		r->senders[i].poller = &r->clients[(r->o.senders_listen ? 0 : r->o.members) + i];
		r->senders[i].poller->keeps_post = true;
	}
	return 0;
}

int run_prepare(struct run *r)
{
	r->clients_count = r->o.members + (r->o.senders_listen ? 0 : r->o.senders);
	r->clients = calloc(r->clients_count ? r->clients_count : 1, sizeof(*r->clients));
	r->senders = calloc(r->o.senders ? r->o.senders : 1, sizeof(*r->senders));
	r->next = calloc((size_t)r->o.members * r->o.senders + 1, sizeof(*r->next));
	r->body = malloc((size_t)r->o.batch * (r->o.bytes + EVENT_HEAD) + 1);
	if (!r->clients || !r->senders || !r->next || !r->body)
		return -1;
	r->pollers.events = (struct poller_events){ on_connected, on_said, on_acked, on_posted, on_polled, on_failed, r };
	return prepare_clients(r);
}

static bool all_done(const struct run *r)
{
	for (unsigned i = 0; i < r->o.senders; i++) {
		const struct run_sender *s = &r->senders[i];

		if (s->poller->post.busy || (r->o.until == UNTIL_ACK && s->done < s->sent))
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
	r->polls = 0;
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
			r->o.timeout_ms, r->connected, r->clients_count, (unsigned long long)r->deliveries,
			(unsigned long long)run_expected(r));
	enter(r, RUN_DONE);
}

static void step(struct run *r)
{
	uint64_t now = now_us(), here = now - r->phase_at;

	if (r->phase == RUN_SETTLE) {
		if (here >= (uint64_t)r->o.settle_ms * 1000)
			begin_sending(r);
		return;
	}
	for (unsigned i = 0; r->phase == RUN_SEND && i < r->o.senders; i++)
		try_send(r, i, now);
	if (r->phase == RUN_SEND && !r->warm && here >= (uint64_t)r->o.warmup_ms * 1000) {
		r->warm = true;
		begin_measuring(r);
	}
	if (r->phase == RUN_SEND && ((double)here >= r->o.seconds * 1e6 + r->o.warmup_ms * 1e3 || rounds_sent(r)))
		enter(r, RUN_DRAIN);
	if (r->phase == RUN_DRAIN && all_done(r))
		end_measuring(r);
	if (r->phase == RUN_LINGER && here >= LINGER_MS * 1000)
		enter(r, RUN_DONE);
	if ((r->phase == RUN_CONNECT || r->phase == RUN_DRAIN) && now - r->last_reply > (uint64_t)r->o.timeout_ms * 1000 &&
		here > (uint64_t)r->o.timeout_ms * 1000)
		give_up(r);
}

void run_whole(struct run *r)
{
	read_groups(r, offsetof(struct procs, idle));
	r->connect_from = r->last_reply = now_us();
	enter(r, RUN_CONNECT);
	open_more(r);
	while (r->phase != RUN_DONE) {
		bool paced = r->phase == RUN_SEND && r->o.gap_ms > 0;

		net_turn(&r->pollers.net, paced || r->phase == RUN_DRAIN ? 1 : 20);
		step(r);
	}
	if (r->ended == 0)
		end_measuring(r); /* given up: what there is */
}

void run_free(struct run *r)
{
	for (unsigned i = 0; r->clients && i < r->clients_count; i++)
		poller_deinit(&r->clients[i]);
	free(r->clients);
	free(r->senders);
	free(r->next);
	free(r->body);
}
