/*
 * libmicrohttpd in the loop, without a thread of its own: its connections and requests (ws/request.h), and when it runs. Loop thread
 * only.
 */
#ifndef POLLUX_WS_HTTPD_H
#define POLLUX_WS_HTTPD_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

struct MHD_Daemon;
struct conns;
struct request;
struct settings;

struct httpd_options {
	struct ev_loop *loop;
	int listen_fd; /* borrowed: it is the caller's to close, after httpd_stop */
	const struct settings *settings; /* borrowed: the largest body, trusted proxies */
	struct conns *conns; /* borrowed: who becomes a WebSocket goes there */
	/* Takes a whole request: its exchange is answered at once or later. */
	void (*submit)(void *ctx, struct request *r);
	void *ctx;
};

struct httpd {
	struct httpd_options options;
	struct MHD_Daemon *daemon;
	struct request *requests; /* all that are being read, answered or written */
	size_t count; /* of them */
	size_t reading; /* of these: not whole yet */
	size_t most; /* connections, WebSockets included */
	size_t since_trim; /* requests */
	int seconds; /* since then */
	bool wanted; /* something was answered: libmicrohttpd must run before the loop sleeps */
	bool stopping, freeing;
	bool full; /* said already */
	ev_io io;
	ev_timer second;
	ev_prepare before_wait;
	ev_idle again;
};

/* Begins to accept. 0 or an error that has been logged. */
int httpd_start(struct httpd *h, const struct httpd_options *options) WARN_UNUSED;
/* Takes in who waits already, and then accepts nobody any more; each connection ends with its request's answer. */
void httpd_stop(struct httpd *h);
/* After server_free: ends all connections; what core has not answered is cut off, and core told nothing. A zeroed struct is fine. */
void httpd_free(struct httpd *h);

#endif
