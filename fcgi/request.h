/*
 * Reads one whole FastCGI request from a connection, by libfcgi: the parsing is its, the patience and the limits are ours.
 * Blocks; runs on an intake thread. Answers nothing.
 */
#ifndef POLLUX_FCGI_REQUEST_H
#define POLLUX_FCGI_REQUEST_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct conn;

struct request_limits {
	size_t max_body; /* bytes; beyond, the body is thrown away and body_too_big set */
	int64_t read_timeout_ms; /* a silent peer's time; a body must also come at REQUEST_MIN_RATE after it */
};

/* Bytes a second: slower bodies are cut, or a few dribbling clients would hold all intake threads. */
#define REQUEST_MIN_RATE 4096
/* Of a body over the maximum so much is still read, so that the web server gets to read the answer. */
#define REQUEST_DRAIN_MAX (16 * 1024 * 1024)

/* Sets the socket's read timeout, which lasts for all its requests. */
void request_set_timeout(int fd, int64_t timeout_ms);
/* Reads into c: x, text, request_id, keep, unread. 0; POLLUX_GONE (the peer closed or gave up), POLLUX_AGAIN (it was silent or
 * too slow), POLLUX_PROTOCOL, POLLUX_TOO_BIG, POLLUX_NO_MEMORY: nothing can be answered then, the caller frees c. */
int request_read(struct conn *c, const struct request_limits *limits) WARN_UNUSED;

#endif
