/*
 * When libmicrohttpd runs (found in 0.9.75's source and relied upon):
 * - its sockets are in an epoll descriptor of its own, which the loop watches; the listening socket is level-triggered there;
 * - its connections' timeouts are looked at with every run: once a second will do, and MHD_get_timeout's other use, "there is more
 *   to do at once" (0), is asked for before each sleep;
 * - a connection is suspended (not watched, without a timeout) while core has its request. MHD_queue_response for a suspended one
 *   keeps the answer, MHD_resume_connection marks it: both only write down, the next MHD_run sends. So core may answer from
 *   wherever it is, also while libmicrohttpd calls us, and MHD_run is called from here alone.
 *
 * Core's tick answers before the loop sleeps, at the default priority; our look before the sleep comes after it, at the lowest. What
 * arrives in that very run wants another turn of the loop, hence the idle watcher.
 *
 * CONNECTION_MEMORY bounds a request's line and headers and the answer's headers together, cookies counting twice (they are copied).
 * It is what a parked poll costs (22 KB with core's part, measured): the price of cookies of 8 KB, which Apache takes. 4096 would
 * make it 6 KB and refuse cookies from 3 KB on; over 32 KB it would be mapped pages, but libmicrohttpd clears it between a kept
 * connection's requests, so nothing is saved.
 */
#include "config.h"
#include "ws/httpd.h"

#include <malloc.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <utlist.h>
#include "base/say.h"
#include "ws/conn.h"
#include "ws/request.h"

#define CONNECTION_MEMORY 20480
/* Longer than a polling client pauses between two requests of its kept connection. */
#define SILENCE_S 60u
/* Descriptors that are not clients': the store's, the loop's, one for a moment at each upgrade. */
#define OTHER_DESCRIPTORS 64
#define RUNS_AT_STOP 500
#define TRIM_SECONDS 5
#define TRIM_REQUESTS 500

static void run(struct httpd *h)
{
	h->wanted = false;
	MHD_run(h->daemon);
}

static void on_ready(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)events;
	run(w->data);
}

/* Handshakes at the same time, 20 KB each, leave holes between what lasts, which malloc keeps: after 10,000 WebSockets, 500 at a time, a third of
 * the process. */
static void trim(struct httpd *h)
{
	if (++h->seconds < TRIM_SECONDS || h->since_trim < TRIM_REQUESTS)
		return;
	malloc_trim(0);
	h->seconds = 0;
	h->since_trim = 0;
}

static void on_second(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	run(w->data);
	trim(w->data);
}

/* Nothing to do but keep the loop from sleeping once. */
static void on_again(struct ev_loop *loop, ev_idle *w, int events)
{
	(void)events;
	ev_idle_stop(loop, w);
}

static void on_before_wait(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct httpd *h = w->data;
	unsigned long long ms = 1;

	(void)events;
	if (h->wanted || (MHD_get_timeout(h->daemon, &ms) == MHD_YES && ms == 0)) {
		run(h);
		ev_idle_start(loop, &h->again);
	}
}

/* ---- what libmicrohttpd calls ---- */

static void *on_target(void *ctx, const char *target, struct MHD_Connection *connection)
{
	(void)connection;
	return request_new(ctx, target);
}

/* NO cuts the connection off. */
static enum MHD_Result on_part(struct request *r, struct MHD_Connection *connection, const char *method, const char *version,
			       const char *data, size_t *len)
{
	if (r->dropped || r->httpd->freeing)
		return MHD_NO;
	if (!r->connection)
		return request_begin(r, connection, method, version) ? MHD_NO : MHD_YES;
	if (*len) {
		bool fine = request_add_body(r, data, *len);

		*len = 0;
		return fine ? MHD_YES : MHD_NO;
	}
	request_submit(r);
	return r->dropped ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
				  const char *data, size_t *len, void **of_request)
{
	struct request *r = *of_request;

	(void)ctx;
	(void)url;
	return r ? on_part(r, connection, method, version, data, len) : MHD_NO;
}

static void on_ended(void *ctx, struct MHD_Connection *connection, void **of_request, enum MHD_RequestTerminationCode how)
{
	(void)ctx;
	(void)connection;
	(void)how;
	if (*of_request)
		request_ended(*of_request);
	*of_request = NULL;
}

/* WebSockets have left libmicrohttpd's count. Without descriptors it would stop accepting until one of its own connections ends. */
static enum MHD_Result on_connect(void *ctx, const struct sockaddr *addr, socklen_t len)
{
	struct httpd *h = ctx;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
	bool full = h->options.conns->count + (info ? info->num_connections : 0) >= h->most;

	(void)addr;
	(void)len;
	if (full && !h->full)
		say(SAY_WARN, "ws", NULL, "%zu connections: no more can be taken (the limit of open files)", h->most);
	h->full = full;
	return full ? MHD_NO : MHD_YES;
}

__attribute__((format(printf, 2, 0))) static void on_log(void *ctx, const char *format, va_list args)
{
	char text[512];

	(void)ctx;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	say(SAY_DEBUG, "ws", NULL, "libmicrohttpd: %s", text);
}

/* ---- */

static void watch(struct httpd *h)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	ev_io_init(&h->io, on_ready, info->epoll_fd, EV_READ);
	ev_timer_init(&h->second, on_second, 1, 1);
	ev_prepare_init(&h->before_wait, on_before_wait);
	ev_idle_init(&h->again, on_again);
	ev_set_priority(&h->before_wait, EV_MINPRI);
	h->io.data = h->second.data = h->before_wait.data = h;
	ev_io_start(h->options.loop, &h->io);
	ev_timer_start(h->options.loop, &h->second);
	ev_prepare_start(h->options.loop, &h->before_wait);
}

static size_t descriptors(void)
{
	struct rlimit r = { .rlim_cur = 1024 };

	(void)getrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur == RLIM_INFINITY || r.rlim_cur > INT32_MAX)
		return INT32_MAX;
	return r.rlim_cur > 2 * OTHER_DESCRIPTORS ? (size_t)r.rlim_cur - OTHER_DESCRIPTORS : OTHER_DESCRIPTORS;
}

int httpd_start(struct httpd *h, const struct httpd_options *options)
{
	memset(h, 0, sizeof(*h));
	h->options = *options;
	h->most = descriptors();
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_UPGRADE | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, on_connect, h,
		on_request, h,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, h,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)options->listen_fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)h->most,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_S,
		MHD_OPTION_NOTIFY_COMPLETED, on_ended, h,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, h,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
		MHD_OPTION_END);
	if (!h->daemon) {
		say(SAY_ERROR, "ws", NULL, "libmicrohttpd does not start");
		return POLLUX_SYSTEM;
	}
	watch(h);
	return 0;
}

/* Who has connected before the end would find the connection reset, though another process might have served it. */
static void take_waiting(struct httpd *h)
{
	struct pollfd p = { .fd = h->options.listen_fd, .events = POLLIN };

	for (int i = 0; i < RUNS_AT_STOP && poll(&p, 1, 0) == 1 && (p.revents & POLLIN); i++)
		run(h);
}

void httpd_stop(struct httpd *h)
{
	if (h->stopping)
		return;
	if (!h->freeing)
		take_waiting(h);
	h->stopping = true;
	MHD_quiesce_daemon(h->daemon);
	/* takes the socket out of its epoll set, which it must find there */
	run(h);
}

static void unwatch(struct httpd *h)
{
	ev_io_stop(h->options.loop, &h->io);
	ev_timer_stop(h->options.loop, &h->second);
	ev_prepare_stop(h->options.loop, &h->before_wait);
	ev_idle_stop(h->options.loop, &h->again);
}

/* A suspended connection must be resumed before the daemon may be stopped. */
void httpd_free(struct httpd *h)
{
	struct request *r;

	if (!h->daemon)
		return;
	h->freeing = true;
	httpd_stop(h);
	DL_FOREACH(h->requests, r)
		request_drop(r);
	run(h);
	unwatch(h);
	MHD_stop_daemon(h->daemon);
	h->daemon = NULL;
}
