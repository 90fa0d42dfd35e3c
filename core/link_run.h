/* What a WebSocket's messages and its end do, inside the tick's transaction, and what follows after COMMIT. Loop thread only. */
#ifndef POLLUX_LINK_RUN_H
#define POLLUX_LINK_RUN_H

#include "core/link.h"
#include "core/state.h"

/* A WebSocket handshake that names a session: claims its upgrade. */
int link_run_claim(struct server *s, struct input *in) WARN_UNUSED;
/* Messages, in order: the probe, the switch, packets. */
int link_run_messages(struct server *s, struct input *in) WARN_UNUSED;
/* The connection has ended: so does its session, or its upgrade alone. */
int link_run_left(struct server *s, struct input *in) WARN_UNUSED;
/* After COMMIT of one of the above, or of a direct session's handshake. Frees the input. */
void link_finish(struct server *s, struct input *in);
/* The input was refused for good (no room on the disk): its client is told by the end of the connection. Not for its own end. Frees the input. */
void link_refuse(struct server *s, struct input *in);

#endif
