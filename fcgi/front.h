/*
 * The main of a program that serves FastCGI and CGI: pollux.fcgi with Lua, a test's with an application in C. Everything but the
 * application itself.
 */
#ifndef POLLUX_FCGI_FRONT_H
#define POLLUX_FCGI_FRONT_H

#include "core/handler.h"
#include "core/settings.h"

struct front_app {
	const char *name; /* the program's, for messages */
	const char *about; /* one line for --help */
	const char *default_file; /* --app's default; NULL: none */
	/* Fills settings (which have their defaults) and handler. *out is what unload gets. 0, or an error it has logged. */
	int (*load)(void **out, const char *file, struct settings *settings, struct handler *handler);
	void (*unload)(void *loaded);
};

/* Runs until SIGTERM or SIGINT (or the one request of CGI). The exit status: 0; 1 could not start; 2 wrong usage. */
int front_main(int argc, char **argv, const struct front_app *app);

#endif
