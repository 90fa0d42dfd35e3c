/*
 * Addresses and ranges of them, as settings and headers write them.
 *   10.0.0.0/8   192.0.2.7   2001:db8::/32   ::1   unix
 * IPv4 counts as IPv6's ::ffff:0:0/96: both spellings of an address are one. "unix" is whoever comes by a Unix socket, whose address
 * is "". Pure.
 */
#ifndef POLLUX_NETWORK_H
#define POLLUX_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

struct network {
	unsigned char bytes[16];
	int bits; /* of them that count, 0 to 128; -1: Unix sockets */
};

/* False: it is none of the above, or has bits set behind its /N. */
bool network_parse(const char *text, struct network *out);
/* Whether the address (no /N) is one of them. Not an address: false. */
bool network_has(const struct network *networks, size_t count, const char *address);

#endif
