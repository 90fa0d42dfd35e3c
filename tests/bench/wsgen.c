/*
 * wsgen: many Socket.IO clients by WebSocket from one thread; with --raw clients of a plain WebSocket that passes on what it is sent
 * (Nchan's). Prints one JSON object; exits 1 when a client failed or a delivery was lost, doubled or out of order. What pollgen is for
 * long-polling: bench.mjs starts the servers and chooses the runs. Without senders it connects, settles and ends.
 */
#include "config.h"

#include <stdio.h>
#include "tests/bench/options.h"
#include "tests/bench/report.h"
#include "tests/bench/wsclient.h"

/* A frame has at most 65535 bytes here. */
#define MAX_BYTES 60000

static struct run run = { .o = OPTIONS_DEFAULT };
static struct wsclients clients = { .run = &run, .target = "/socket.io/?EIO=4&transport=websocket" };

static bool set_to(const char *value)
{
	return addresses_add(&clients.addresses, value);
}

static bool set_target(const char *value)
{
	clients.target = value;
	return true;
}

static bool set_raw(const char *value)
{
	(void)value;
	clients.raw = true;
	return true;
}

static const struct option_own own[] = {
	{ "to", false, set_to },
	{ "target", false, set_target },
	{ "raw", true, set_raw },
	{ NULL, false, NULL },
};

static int usage(void)
{
	(void)fputs("usage: wsgen --to unix:PATH|IPV4:PORT [--to …] [--target PATH?QUERY] [--raw]\n" OPTIONS_USAGE, stderr);
	return 2;
}

static void print(void)
{
	const struct report_count more[] = {
		{ "pings", clients.pings },
		{ "reads", clients.reads },
		{ "writes", clients.writes },
	};

	report(&run, more, sizeof(more) / sizeof(*more));
}

int main(int argc, char **argv)
{
	bool exact;

	options_raise_descriptors();
	if (!options_read(&run, argc, argv, own) || clients.addresses.count == 0 || run.o.bytes > MAX_BYTES)
		return usage();
	if (run_prepare(&run) < 0 || wsclients_prepare(&clients) < 0)
		return 1;
	run_whole(&run);
	print();
	exact = run_exact(&run);
	wsclients_free(&clients);
	run_free(&run);
	return exact ? 0 : 1;
}
