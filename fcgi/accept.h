/* Taking a web server's connection. Any thread. */
#ifndef POLLUX_FCGI_ACCEPT_H
#define POLLUX_FCGI_ACCEPT_H

struct listener;

/* A connection (close-on-exec, blocking) or -1 and errno; EAGAIN when there is none, EACCES when it was not let in. */
int fcgi_accept(const struct listener *l);

#endif
