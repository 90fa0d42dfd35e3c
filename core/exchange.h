/*
 * One HTTP request and the way to answer it, whatever brought it: FastCGI, CGI
 * or libmicrohttpd each implement it, core names none of them.
 *
 * Life: a front reads a whole request (body up to its maximum), makes an exchange and hands it to
 * server_submit(), on the loop thread. Core answers with exchange_respond(), at once or later; that ends the exchange: the
 * front frees it. Before it waits, core calls exchange_park(): the front may drop method, path,
 * query, headers and body, and from then on watches for the peer's leaving. If the peer leaves first, the front calls
 * `aborted` once (on the loop thread); core still ends the exchange with exchange_respond() (whose bytes go nowhere).
 */
#ifndef POLLUX_EXCHANGE_H
#define POLLUX_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

struct channel;
struct exchange;

/* ctx is the caller's. ch NULL: the client left before it was switched over. */
typedef void exchange_opened(void *ctx, struct channel *ch);

struct exchange_ops {
	/* The value of a request header by its lower-case name ("origin", "content-type", "if-none-match",
	 * "x-forwarded-for"), or NULL. Valid until park or respond. */
	const char *(*header)(const struct exchange *x, const char *name);
	/* Walks all request headers for socket.handshake.headers: index from 0; false at the end. Names are lower case. */
	bool (*header_at)(const struct exchange *x, size_t index, const char **name, const char **value);
	/* Sends the answer and ends the exchange. headers: whole lines with CRLF each, without status and Content-Length ("" for none).
	 * The body pieces are only read during the call; the front copies what the socket does not take at once. */
	void (*respond)(struct exchange *x, int status, const char *headers, const struct iovec *body, int pieces);
	void (*park)(struct exchange *x);
	/* Only where x->websocket: switches to WebSocket (101 with these header lines) and ends the exchange. `opened` is called once, now or
	 * later, with a channel (core/channel.h) whose messages may have max_message bytes: longer ones close it with 1009. NULL in fronts
	 * that can't. */
	void (*upgrade)(struct exchange *x, const char *headers, size_t max_message, exchange_opened *opened, void *ctx);
};

/* Embedded first in a front's own struct. Text is NUL-terminated, owned by the front, valid until park or respond. */
struct exchange {
	const struct exchange_ops *ops;
	const char *method;      /* "GET" */
	const char *path;        /* decoded by nobody: "/socket.io/", without the query */
	const char *path_info;   /* the path behind a script's name, where the web server tells it; "" otherwise */
	const char *query;       /* without ?, "" for none */
	const char *peer;        /* the client's address as the web server tells it: "203.0.113.7" */
	bool secure;             /* https between client and web server */
	bool websocket;          /* asks for a WebSocket, properly: what is wrong with the handshake the front has refused itself */
	bool body_too_big;       /* the body was over the maximum and has been thrown away */
	const char *body;
	size_t body_len;
	void (*aborted)(struct exchange *x);   /* set by core when it parks */
	void *owner;                           /* core's, whatever it likes */
	bool parked;                           /* set by exchange_park */
};

static inline const char *exchange_header(const struct exchange *x, const char *name)
{
	return x->ops->header(x, name);
}

static inline void exchange_respond(struct exchange *x, int status, const char *headers, const struct iovec *body,
				    int pieces)
{
	x->ops->respond(x, status, headers, body, pieces);
}

/* The front's park is called once: later calls do nothing. */
static inline void exchange_park(struct exchange *x)
{
	if (!x->parked)
		x->ops->park(x);
	x->parked = true;
}

static inline void exchange_upgrade(struct exchange *x, const char *headers, size_t max_message, exchange_opened *opened, void *ctx)
{
	x->ops->upgrade(x, headers, max_message, opened, ctx);
}

#endif
