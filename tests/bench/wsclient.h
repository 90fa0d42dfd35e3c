/*
 * One Socket.IO client by WebSocket alone, as small as it can be: handshake, open packet, CONNECT, then events both ways, answering
 * pings. Or, raw, a client of a plain WebSocket whose text frames are the events themselves: Nchan's. One thread.
 */
#ifndef BENCH_WSCLIENT_H
#define BENCH_WSCLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "tests/bench/address.h"
#include "tests/bench/run.h"

enum wsclient_state { WSCLIENT_NEW, WSCLIENT_UPGRADING, WSCLIENT_OPENING, WSCLIENT_JOINING, WSCLIENT_CONNECTED };

struct wsclients;

struct wsclient {
	struct wsclients *all;
	int fd; /* -1: closed */
	enum wsclient_state state;
	unsigned index;
	struct buf in, out; /* a frame that has not come whole; what the socket did not take */
	size_t out_sent;
};

/* Zeroed but for the fields that the caller sets. */
struct wsclients {
	struct run *run; /* is told what happens */
	struct addresses addresses;
	const char *target; /* path and query of the handshake */
	bool raw;
	int epoll;
	char *scratch;
	struct wsclient *client; /* run->clients of them */
	struct wsclient *reading; /* what it sends goes out when all it read is looked at */
	uint64_t pings, reads, writes;
};

/* After run_prepare; sets the run's transport. 0, or -1: out of memory or descriptors. */
int wsclients_prepare(struct wsclients *all);
void wsclients_free(struct wsclients *all);

#endif
