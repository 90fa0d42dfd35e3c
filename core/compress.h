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

/* What was compressed last: many polls are answered with the same. */
struct compressed {
	struct bytes *plain, *small;   /* small NULL: it was not worth it */
};

/* The same, but once only for the same bytes again and again. */
struct bytes *compress_again(struct compressed *last, const struct settings *s, const void *data, size_t len);
void compressed_deinit(struct compressed *last);

#endif
