/*
 * The records a web server sends on a connection whose request is parked:
 * normally none. Finds FCGI_ABORT_REQUEST however the bytes are cut. Pure; the caller embeds the state.
 *   01 02 00 01 00 00 00 00    version 1, type 2 (abort), request 1, no content, no padding
 */
#ifndef POLLUX_FCGI_SCAN_H
#define POLLUX_FCGI_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum scan_result {
	SCAN_NOTHING, /* nothing that matters */
	SCAN_ABORT, /* the web server gave this request up */
	SCAN_VIOLATION, /* not FastCGI, or a second request on a connection that takes one at a time */
};

struct scan {
	uint32_t skip; /* content and padding of the current record still to come */
	uint8_t have; /* bytes of header collected */
	uint8_t header[8];
};

/* Feeds n bytes; the first result that matters is returned and the rest ignored. A zeroed struct is the start. */
enum scan_result scan_feed(struct scan *s, uint16_t request_id, const unsigned char *data, size_t n);

#endif
