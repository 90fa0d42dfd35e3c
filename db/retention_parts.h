/* The halves of retention.c: what is no row of the log. db/ alone. */
#ifndef POLLUX_RETENTION_PARTS_H
#define POLLUX_RETENTION_PARTS_H

#include "db/retention.h"

/* Left sockets whose window has passed and whose client is past them, with their memberships. */
int retention_sockets(struct store *s, const struct retention *r, int64_t mono_ms, int *deleted) WARN_UNUSED;
/* Closed memberships of which no row is left that anybody could still get. */
int retention_members(struct store *s, const struct retention *r, int *deleted) WARN_UNUSED;
int retention_kv(struct store *s, const struct retention *r, int64_t wall_ms, int *deleted) WARN_UNUSED;
/* How long rows are kept at least. */
static inline int64_t retention_keeps_ms(const struct retention *r)
{
	return r->recovery_window_ms + r->in_flight_ms;
}

/* Silences that only rows up to seq have seen. */
int retention_forget_silence(struct store *s, int64_t seq) WARN_UNUSED;
/* meta's number never falls. */
int retention_raise_meta(struct store *s, const char *name, int64_t value) WARN_UNUSED;

#endif
