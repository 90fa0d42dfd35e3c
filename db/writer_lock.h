/*
 * The writer lock: one side file (DB-lock), byte 0, taken with F_OFD_SETLKW around BEGIN IMMEDIATE…COMMIT. It shares
 * evenly where SQLite's busy handler starves. The loop never waits: a helper thread does, and wakes it by an eventfd.
 * The file's first line names the holder's process for people to read. O_CLOEXEC; taken after the last fork.
 */
#ifndef POLLUX_WRITER_LOCK_H
#define POLLUX_WRITER_LOCK_H

#include "db/store.h"

struct writer_lock;

/* Starts the helper thread. The lock file takes the database's owner, group and mode. */
int writer_lock_new(struct writer_lock **out, const char *db_path) WARN_UNUSED;
/* Without waiting: 0 when it is ours now, BUSY. */
int writer_lock_try(struct writer_lock *l) WARN_UNUSED;
/* Asks the helper thread to wait for it. Once it is ours the eventfd becomes readable. Asking again while asking is fine. */
void writer_lock_request(struct writer_lock *l);
/* The eventfd; after it was readable: true when the lock is ours (drains it). */
int writer_lock_fd(const struct writer_lock *l);
bool writer_lock_granted(struct writer_lock *l);
void writer_lock_release(struct writer_lock *l);
void writer_lock_free(struct writer_lock *l);

#endif
