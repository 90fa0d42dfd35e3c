/*
 * pollgen: many Socket.IO clients by HTTP long-polling from one thread, over HTTP/1.1 or straight to a FastCGI socket.
 * Prints one JSON object; exits 1 when a client failed or a delivery was lost, doubled or out of order. Not a benchmark by
 * itself: bench.mjs starts the servers and chooses the runs.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/bench/event.h"
#include "tests/bench/options.h"
#include "tests/bench/poller.h"
#include "tests/bench/report.h"

static struct run run = { .o = OPTIONS_DEFAULT };
static struct pollers pollers;
static struct poller *clients;
static char *body; /* of the POST that is being written */

static bool set_to(const char *value)
{
	return addresses_add(&pollers.net.addresses, value);
}

static bool set_wire(const char *value)
{
	pollers.net.kind = strcmp(value, "fastcgi") == 0 ? WIRE_FASTCGI : WIRE_HTTP;
	return true;
}

static bool set_path(const char *value)
{
	pollers.path = value;
	return true;
}

static const struct option_own own[] = {
	{ "to", false, set_to },
	{ "wire", false, set_wire },
	{ "path", false, set_path },
	{ NULL, false, NULL },
};

static int usage(void)
{
	(void)fputs("usage: pollgen --to unix:PATH|IPV4:PORT [--to …] [--wire http|fastcgi] [--path /socket.io/]\n" OPTIONS_USAGE, stderr);
	return 2;
}

/* What the run wants of its clients. */

static void open_client(void *ctx, unsigned client)
{
	(void)ctx;
	poller_open(&clients[client]);
}

static bool can_send(void *ctx, unsigned client)
{
	(void)ctx;
	return poller_can_post(&clients[client]);
}

/* One POST's payload. */
static void send_batch(void *ctx, unsigned client, const struct run_batch *b)
{
	size_t len = 0, cap = (size_t)b->count * (b->bytes + EVENT_HEAD);

	(void)ctx;
	for (unsigned i = 0; i < b->count; i++) {
		bool last = i + 1 == b->count;
		const struct event e = { i ? "\03642" : "42", "say", b->ack && last, b->sender, b->first + i, b->bytes };

		len += event_write(body + len, cap - len, &e);
	}
	poller_post(&clients[client], body, len);
}

static void turn(void *ctx, uint64_t wait_us)
{
	(void)ctx;
	net_turn(&pollers.net, (int)((wait_us + 999) / 1000));
}

/* What the clients tell the run. */

static void on_connected(void *ctx, struct poller *p)
{
	(void)p;
	run_connected(ctx);
}

static void on_said(void *ctx, struct poller *p, unsigned sender, unsigned number, uint64_t now)
{
	run_said(ctx, p->index, sender, number, now);
}

static void on_acked(void *ctx, struct poller *p, unsigned id, uint64_t now)
{
	run_acked(ctx, p->index, id, now);
}

static void on_posted(void *ctx, struct poller *p)
{
	run_may_send(ctx, p->index);
}

static void on_polled(void *ctx, uint64_t now)
{
	run_replied(ctx, now);
}

static void on_failed(void *ctx, struct poller *p, const char *why)
{
	run_failed(ctx, p->index, (unsigned)p->state, why);
}

static int prepare(void)
{
	if (run_prepare(&run) < 0)
		return -1;
	clients = calloc(run.clients + 1, sizeof(*clients));
	body = malloc((size_t)run.o.batch * (run.o.bytes + EVENT_HEAD) + 1);
	if (!clients || !body)
		return -1;
	for (unsigned i = 0; i < run.clients; i++) {
		poller_init(&clients[i], &pollers, i);
		clients[i].member = run_is_member(&run, i);
		clients[i].keeps_post = run_sender_of(&run, i) < run.o.senders;
	}
	pollers.events = (struct poller_events){ on_connected, on_said, on_acked, on_posted, on_polled, on_failed, &run };
	run.transport = (struct run_transport){ open_client, can_send, send_batch, turn, NULL };
	return 0;
}

static void print(void)
{
	const struct net *n = &pollers.net;
	const struct report_count more[] = {
		{ "pings", pollers.pings },
		{ "connects", n->connects },
		{ "queue_full", n->queue_full },
		{ "resent", n->resent },
	};

	report(&run, more, sizeof(more) / sizeof(*more));
}

static void release(void)
{
	for (unsigned i = 0; i < run.clients; i++)
		poller_deinit(&clients[i]);
	free(clients);
	free(body);
	run_free(&run);
	net_deinit(&pollers.net);
}

int main(int argc, char **argv)
{
	bool exact;

	options_raise_descriptors();
	if (net_init(&pollers.net, WIRE_HTTP) < 0)
		return 1;
	pollers_init(&pollers, "/socket.io/");
	if (!options_read(&run, argc, argv, own) || pollers.net.addresses.count == 0)
		return usage();
	if (prepare() < 0)
		return 1;
	run_whole(&run);
	print();
	exact = run_exact(&run);
	release();
	return exact ? 0 : 1;
}
