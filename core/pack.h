/* Attachments as they lie in the store: see proto/attachments.h. */
#ifndef POLLUX_PACK_H
#define POLLUX_PACK_H

#include "base/buf.h"
#include "core/event.h"

/* The longest row. */
#define ROW_MAX_BYTES ((size_t)64 << 20)

/* Appends them. TOO_BIG: too many, or longer than out may be. */
int pack_attachments(struct buf *out, const struct text *attachments, int count) WARN_UNUSED;

#endif
