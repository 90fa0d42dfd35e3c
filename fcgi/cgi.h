/*
 * Plain CGI: the one request of this process as an exchange over environ, standard input and standard output. Loop thread only.
 */
#ifndef POLLUX_FCGI_CGI_H
#define POLLUX_FCGI_CGI_H

#include <stdbool.h>
#include "base/err.h"
#include "fcgi/request.h"

struct ev_loop;
struct server;
struct cgi;

/* Reads the request; blocks. NULL with *error said. */
int cgi_read(struct cgi **out, struct ev_loop *loop, const struct request_limits *limits) WARN_UNUSED;
/* Hands it to core. When it has been answered the loop is broken. */
void cgi_submit(struct cgi *g, struct server *server);
bool cgi_answered(const struct cgi *g);
/* For what cannot even be handed to core: prints a bare answer. */
void cgi_refuse(int status);
void cgi_free(struct cgi *g);

#endif
