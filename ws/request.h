/*
 * One HTTP request in libmicrohttpd's hands, as core's exchange. Loop thread only.
 *
 * Made when the request line has come; freed when libmicrohttpd is done with the request (request_ended), never by respond.
 */
#ifndef POLLUX_WS_REQUEST_H
#define POLLUX_WS_REQUEST_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "core/exchange.h"
#include "ws/handshake.h"

struct MHD_Connection;
struct httpd;

/* Text of addresses: IPv6 and a NUL. */
#define REQUEST_PEER_MAX 46

struct request {
	struct exchange x; /* first: core holds a pointer to it */
	struct httpd *httpd;
	struct MHD_Connection *connection; /* NULL until the headers have come */
	struct request *prev, *next; /* httpd's */
	ev_io io; /* parked: the peer's leaving. io.data is the request */
	char *target; /* path and query, each with a NUL; NULL once parked */
	struct buf headers, body;
	exchange_opened *opened; /* upgrade: not called yet */
	void *opened_ctx;
	size_t max_message;
	char peer[REQUEST_PEER_MAX];
	bool whole; /* has been handed over */
	bool answered;
	bool suspended;
	bool dropped; /* cut off */
	size_t drained; /* bytes of a body that is too big */
	enum handshake handshake;
	const char *why; /* what is wrong with it; static */
};

/* For the request line's target, as it was sent. NULL: out of memory. */
struct request *request_new(struct httpd *h, const char *target);
/* The headers are there. 0, or an error: cut it off. */
int request_begin(struct request *r, struct MHD_Connection *connection, const char *method, const char *version) WARN_UNUSED;
/* Some of the body. False: far too much, cut it off. */
bool request_add_body(struct request *r, const char *data, size_t len);
/* It is whole: hands it over. */
void request_submit(struct request *r);
/* Answers with a file and ends the exchange. Takes fd. */
void request_respond_file(struct request *r, int status, const char *headers, int fd, uint64_t size);
/* Core's answer won't come: the connection is cut off the next time libmicrohttpd runs. */
void request_drop(struct request *r);
/* libmicrohttpd is done with it; frees. */
void request_ended(struct request *r);

#endif
