/*
 * A process's server: the loop's state, the tick and all that hangs on it. Loop thread only,
 * but for server_submit_later.
 */
#ifndef POLLUX_SERVER_H
#define POLLUX_SERVER_H

#include <stdbool.h>
#include "base/err.h"
#include "core/exchange.h"
#include "core/handler.h"
#include "core/settings.h"

struct ev_loop;
struct server;

/* The kind of process that takes WebSockets: while one lives the others offer the upgrade. */
#define SERVER_KIND_WS "ws"

struct server_options {
	struct ev_loop *loop;               /* borrowed */
	const char *db_path;
	const struct settings *settings;    /* borrowed for the server's life */
	const struct handler *handler;      /* borrowed likewise */
	const char *client_dir;             /* where the client bundle's files lie; NULL: not served */
	const char *kind;                   /* "fcgi", "cgi" or SERVER_KIND_WS: shown to the operator */
	bool cgi;                           /* one request, then the end: no checkpoints, no shifting of deadlines */
};

/* Opens the store, registers the process, starts its watchers. On failure says why to the log. 0 or an error. */
int server_new(struct server **out, const struct server_options *options) WARN_UNUSED;
/* Takes the exchange; it is answered at once or later. */
void server_submit(struct server *s, struct exchange *x);
/* Settings and handler, which were lent, have changed: between two calls of the loop, never inside one of the handler's. */
void server_reloaded(struct server *s);
/* Answers parked polls with a noop and holds none from now on; on_idle is called once, when nothing is open. */
void server_drain(struct server *s, void (*on_idle)(void *ctx), void *ctx);
/* Exchanges that are open still are not answered: the front ends them. */
void server_free(struct server *s);

#endif
