/* Namespaces: those with sockets, and whose children the dynamic ones are. Inside a transaction of the caller. */
#ifndef POLLUX_DB_NAMESPACES_H
#define POLLUX_DB_NAMESPACES_H

#include <stdint.h>
#include "db/log.h"
#include "db/store.h"

/* Whose child it was when a client connected last: the application's word, at most cap - 1 bytes. NOT_FOUND. */
int namespace_parent(struct store *s, const char *name, char *out, size_t cap) WARN_UNUSED;
/* parent NULL: it is nobody's. Writes only what is news, or an hour old. */
int namespace_set_parent(struct store *s, const char *name, const char *parent, int64_t now_ms) WARN_UNUSED;
/* Forgets some of those that nobody has connected to since before_ms and that have no sockets. */
int namespace_trim(struct store *s, int64_t before_ms) WARN_UNUSED;
/* Those that have connected sockets, in the order of their names. each must not ask the store. */
typedef int namespace_each(void *ctx, const char *name);
int namespaces_with_sockets(struct store *s, namespace_each *each, void *ctx) WARN_UNUSED;

#endif
