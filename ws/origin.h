/* Which pages may open a WebSocket: browsers send its handshake anywhere, with cookies, and only say in Origin who asks. Pure. */
#ifndef POLLUX_WS_ORIGIN_H
#define POLLUX_WS_ORIGIN_H

#include <stdbool.h>

struct cors;

/*
 * Whether a page of this origin may: cors allows it, or it was served by this very host. forwarded_host: X-Forwarded-Host, where a
 * proxy that changes Host keeps the original; anybody may send it, but no page can make a browser send it with a WebSocket handshake,
 * and programs can send any Origin they like. host, forwarded_host: NULL for none.
 */
bool origin_allowed(const struct cors *cors, const char *origin, const char *host, const char *forwarded_host);

#endif
