/*
 * The bell: a tiny file beside the database (DB-bell) that a writer writes to after a commit; every process watches it with inotify.
 * Where no inotify is to be had the file descriptor is -1 and one looks every 25-50 ms instead.
 */
#ifndef POLLUX_BELL_H
#define POLLUX_BELL_H

#include <stdbool.h>
#include "db/store.h"

struct bell;

int bell_new(struct bell **out, const char *db_path) WARN_UNUSED;
/* One pwrite. */
void bell_ring(struct bell *b);
/* The inotify descriptor to watch, or -1. */
int bell_fd(const struct bell *b);
/* Drains it. Call before looking at the log, so that no ring is lost. */
void bell_heard(struct bell *b);
void bell_free(struct bell *b);

#endif
