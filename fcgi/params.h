/*
 * What a web server says about a request in CGI's variables, turned into an exchange's fields: one block of memory holds header
 * lines, method, path, query, peer and then the body. For FastCGI and CGI alike. Pure but for the
 * block. Any thread.
 *   block: "origin\0http://x\0accept\0…\0" "\0" "GET\0" "/socket.io/\0" "EIO=4\0" "\0" "203.0.113.7\0" body "\0"
 */
#ifndef POLLUX_FCGI_PARAMS_H
#define POLLUX_FCGI_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "core/exchange.h"

struct params {
	struct buf block; /* headers and text first; the reader appends the body */
	size_t method, path, path_info, query, peer, body; /* offsets in the block, which may move */
	bool secure;
	long long content_length; /* -1: not said */
};

/* Fills the block's text from "NAME=value" strings (a NULL ends them), with room for a body of max_body in its maximum.
 * 0, POLLUX_TOO_BIG (variables over 1 MB) or POLLUX_NO_MEMORY. deinit in any case. */
int params_init(struct params *p, char *const *vars, size_t max_body) WARN_UNUSED;
/* Points x at the block's parts and hands the block to the caller, who frees it; p is empty then. NULL: out of memory. */
char *params_finish(struct params *p, struct exchange *x);
void params_deinit(struct params *p);

/* The two look-ups of exchange_ops over a finished block. text NULL: no headers. */
const char *params_header(const char *text, const char *name);
bool params_header_at(const char *text, size_t index, const char **name, const char **value);

#endif
