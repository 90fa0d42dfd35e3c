/* gzip, for clients that take it. Loop thread only. */
#ifndef POLLUX_COMPRESS_H
#define POLLUX_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "core/exchange.h"
#include "core/settings.h"

/* Whether the settings want it and the request's Accept-Encoding allows it. Ask before the exchange is parked. */
bool compress_accepted(const struct settings *s, const struct exchange *x);
/* The bytes as gzip, the caller's reference; NULL: too few to be worth it, or no memory: they go as they are. */
struct bytes *compress_gzip(const struct settings *s, const void *data, size_t len);

#endif
