/* The socket that is listened on: inherited as descriptor 0, or our own. Main thread; the getters on any. */
#ifndef POLLUX_FRONT_LISTEN_H
#define POLLUX_FRONT_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/err.h"

struct listener;

/* Opens "unix:PATH" (with this mode) or "HOST:PORT" ("*", "" or no host: all addresses; "[::1]:9000"). A socket file nobody
 * answers on is replaced. reuse_port: others that ask for it too may listen on the same port. 0; POLLUX_EXISTS: another process
 * listens there, which the caller tells; or an error that has been logged. */
int listener_open(struct listener **out, const char *where, mode_t mode, bool reuse_port) WARN_UNUSED;
/* Takes over a listening socket that the web server opened. */
int listener_inherit(struct listener **out, int fd) WARN_UNUSED;
int listener_fd(const struct listener *l);
bool listener_is_tcp(const struct listener *l);
/* Refuses new connections from now on, unless the socket was inherited: then others may share it. Those that wait can still be accepted. */
void listener_stop(struct listener *l);
/* False when it was inherited. */
bool listener_is_ours(const struct listener *l);
/* Closes; removes the socket file if it is still ours. NULL is fine. */
void listener_free(struct listener *l);

#endif
