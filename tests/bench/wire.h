/* Requests and replies on the wire, by HTTP/1.1 or by FastCGI. Pure: no I/O, no allocation. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum wire_kind { WIRE_HTTP, WIRE_FASTCGI };

struct wire_request {
	const char *method, *path, *query;
	const char *body; /* NULL: none */
	size_t body_len;
};

struct wire_reply {
	int status;
	const char *body; /* into the parsed bytes */
	size_t body_len;
	bool close; /* the connection ends with this reply */
};

/* Writes the whole request. Returns its length, 0 when it does not fit. */
size_t wire_format(enum wire_kind kind, const struct wire_request *request, char *out, size_t cap);
/* Returns the bytes of one whole reply, 0 when more are needed, -1 when malformed. Moves bytes within data (FastCGI's records are joined). */
ssize_t wire_parse(enum wire_kind kind, char *data, size_t len, struct wire_reply *out);

#endif
