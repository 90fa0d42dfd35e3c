/* The application's store: text under a key, with expiry. Inside a transaction of the caller. */
#ifndef POLLUX_KV_H
#define POLLUX_KV_H

#include <stdint.h>
#include "db/log.h"
#include "db/store.h"

#define KV_KEY_MAX 512

/* The value, copied for the caller to free. NOT_FOUND (also when expired). */
int kv_get(struct store *s, struct log_text key, char **value, size_t *len) WARN_UNUSED;
/* expires_ms: wall clock, 0 never. */
int kv_set(struct store *s, struct log_text key, struct log_text value, int64_t expires_ms) WARN_UNUSED;
/* The same where the key is absent (or expired). EXISTS. */
int kv_insert(struct store *s, struct log_text key, struct log_text value, int64_t expires_ms) WARN_UNUSED;
/* NOT_FOUND: it was not there, or had expired. */
int kv_delete(struct store *s, struct log_text key) WARN_UNUSED;
/* Likewise. */
int kv_expire(struct store *s, struct log_text key, int64_t expires_ms) WARN_UNUSED;
/* Keys that begin with prefix, of at most KV_KEY_MAX bytes, and stand behind `after` (at NULL: all), in the order of their bytes; at most limit. Returns how many. */
typedef int kv_each(void *ctx, struct log_text key, struct log_text value);
int kv_list(struct store *s, struct log_text prefix, struct log_text after, int limit, kv_each *each, void *ctx) WARN_UNUSED;
/* Adds to an integer (absent: 0), which keeps its expiry. PROTOCOL when it is none, or would be too large. */
int kv_add(struct store *s, struct log_text key, int64_t by, int64_t *now) WARN_UNUSED;

#endif
