/*
 * Checkpoints: one elected process (an OFD lock on byte 1 of the lock file) runs PASSIVE checkpoints on a helper
 * thread with a connection of its own, so that no tick pays for them; the others keep a far higher automatic limit.
 */
#ifndef POLLUX_CHECKPOINT_H
#define POLLUX_CHECKPOINT_H

#include "db/store.h"

struct checkpoint;

int checkpoint_start(struct checkpoint **out, const char *db_path) WARN_UNUSED;
void checkpoint_stop(struct checkpoint *c);

#endif
