/*
 * The main of a program that serves WebSockets, and with --standalone all the rest: pollux-ws with Lua, a test's with an application
 * in C. Everything but the application itself.
 */
#ifndef POLLUX_WS_FRONT_H
#define POLLUX_WS_FRONT_H

#include "front/app.h"

/* Runs until SIGTERM or SIGINT. The exit status: 0, also when it runs already (a process of this kind on this database has the
 * address); 1 could not start; 2 wrong usage. */
int ws_main(int argc, char **argv, const struct front_app *app);

#endif
