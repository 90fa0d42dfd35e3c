/*
 * The main of a program that serves FastCGI and CGI: pollux.fcgi with Lua, a test's with an application in C. Everything but the
 * application itself.
 */
#ifndef POLLUX_FCGI_FRONT_H
#define POLLUX_FCGI_FRONT_H

#include "front/app.h"

/* Runs until SIGTERM or SIGINT (or the one request of CGI). The exit status: 0; 1 could not start; 2 wrong usage. */
int front_main(int argc, char **argv, const struct front_app *app);

#endif
