/* What is done once a second: forgetting, reaping, looking whether the files are still the same. Loop thread only. */
#ifndef POLLUX_HOUSEKEEPING_H
#define POLLUX_HOUSEKEEPING_H

#include "core/state.h"

/* Inside the tick's transaction: retention, processes that died, clients that lag. */
int housekeeping_run(struct server *s) WARN_UNUSED;
/* Inside the tick's transaction: a batch of retention alone; s->forgetting tells that there is more. */
int housekeeping_forget(struct server *s) WARN_UNUSED;
/* Outside: what needs no writing. Ends the process when the database's files were replaced. */
void housekeeping_look(struct server *s);

#endif
