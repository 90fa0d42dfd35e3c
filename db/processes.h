/*
 * Who serves: each process has a row and holds an OFD lock on its byte (100 + id) of the lock file as long as it lives; the kernel
 * frees it on any death. No heartbeats. The file's second line (offset 64) keeps the deadline clock of the last moment
 * anybody served, so that the first process after a silence can shift all deadlines by the downtime.
 */
#ifndef POLLUX_PROCESSES_H
#define POLLUX_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include "db/store.h"

struct processes;

/* Opens the lock file. */
int processes_new(struct processes **out, const char *db_path) WARN_UNUSED;
/* In a write transaction: inserts the row and takes the lock. *id is never reused. When nobody else lives and not cgi: shifts all
 * deadlines (clients, left sockets, acknowledgements) by the time since the last moment of service, and over a reboot the timers. */
int processes_register(struct processes *p, struct store *s, const char *kind, bool cgi, int64_t now_ms, int64_t *id) WARN_UNUSED;
/* Tries the other's lock (cheap: one fcntl). Our own id is alive. */
bool processes_alive(const struct processes *p, int64_t id);
/* Whether a process of this kind lives (our own, too). One query and a lock's test each of them; negative: error. */
int processes_live(struct processes *p, struct store *s, const char *kind) WARN_UNUSED;
/* Notes (write transaction) how far our WebSockets have got the log; -1: there are none. */
int processes_note_position(struct processes *p, struct store *s, int64_t position) WARN_UNUSED;
/* The lowest position above floor that any process has noted; INT64_MAX: none has. */
int processes_lowest_position(struct store *s, int64_t floor, int64_t *out) WARN_UNUSED;
/* Ids that have a row but no life, up to limit; rows of dead processes that hold no client are deleted on the way (write transaction). */
int processes_dead(struct processes *p, struct store *s, int64_t *ids, int limit) WARN_UNUSED;
/* Notes that somebody serves at this moment: about once a second. No database write. */
void processes_note_service(struct processes *p, int64_t now_ms);
/* Deletes our row (write transaction), lets the lock go. */
int processes_unregister(struct processes *p, struct store *s) WARN_UNUSED;
void processes_free(struct processes *p);

#endif
