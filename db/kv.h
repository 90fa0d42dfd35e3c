/* The application's store: text under a key, with expiry. Inside a transaction of the caller. */
#ifndef POLLUX_KV_H
#define POLLUX_KV_H

#include <stdint.h>
#include "db/log.h"
#include "db/store.h"

/* The value, copied for the caller to free. NOT_FOUND (also when expired). */
int kv_get(struct store *s, struct log_text key, char **value, size_t *len) WARN_UNUSED;
/* expires_ms: wall clock, 0 never. */
int kv_set(struct store *s, struct log_text key, struct log_text value, int64_t expires_ms) WARN_UNUSED;
int kv_delete(struct store *s, struct log_text key) WARN_UNUSED;
/* Adds to an integer (absent: 0). PROTOCOL when it is none. */
int kv_add(struct store *s, struct log_text key, int64_t by, int64_t *now) WARN_UNUSED;

#endif
