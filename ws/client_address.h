/* Who a request comes from, where proxies that may be believed say so. Pure. */
#ifndef POLLUX_WS_CLIENT_ADDRESS_H
#define POLLUX_WS_CLIENT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct settings;

/*
 * peer, of size bytes: the address of whoever connected ("": by a Unix socket), replaced by the client's where trusted_proxies names
 * it: the rightmost address of X-Forwarded-For that they don't name. *secure likewise, from X-Forwarded-Proto. Headers: NULL for none.
 */
void client_address(const struct settings *s, char *peer, size_t size, bool *secure, const char *forwarded_for, const char *forwarded_proto);

#endif
