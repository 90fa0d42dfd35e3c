/*
 * The intake threads: they accept connections, read whole requests (request.h) and hand them to the loop; kept connections come
 * back to them when their next request arrives. The two queues between are the only state shared by threads.
 *
 * Bounded: when INTAKE_QUEUE_MAX requests wait for the loop, the threads stop taking new ones until it has caught up; connections
 * then wait in the kernel's backlog.
 */
#ifndef POLLUX_FCGI_INTAKE_H
#define POLLUX_FCGI_INTAKE_H

#include <ev.h>
#include <stdbool.h>
#include "base/err.h"
#include "fcgi/request.h"

#define INTAKE_QUEUE_MAX 128
#define INTAKE_THREADS_MAX 64

struct conn;
struct intake;
struct listener;

struct intake_options {
	struct ev_loop *loop; /* borrowed */
	const struct listener *listener; /* borrowed */
	int threads;
	struct request_limits limits;
	/* On the loop thread; takes the connection with its request. */
	void (*arrived)(void *ctx, struct conn *c);
	void *ctx;
};

/* Starts the threads. 0, POLLUX_NO_MEMORY or POLLUX_SYSTEM. Loop thread, like all below. */
int intake_start(struct intake **out, const struct intake_options *options) WARN_UNUSED;
/* Takes a kept connection whose next request has begun to arrive. */
void intake_return(struct intake *in, struct conn *c);
/* No new requests; those being read are finished. Returns at once; intake_running() tells when the threads have ended. */
void intake_stop(struct intake *in);
/* Whether threads run or requests still wait for the loop. */
bool intake_running(struct intake *in);
/* Cuts off what is being read still. */
void intake_cut(struct intake *in);
/* Stops, cuts, waits for the threads, frees. NULL is fine. */
void intake_free(struct intake *in);

#endif
