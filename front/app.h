/*
 * What a front serves, seen from the front: a program's main names its application and calls the front's main (fcgi/front.h,
 * ws/front.h), be it Lua (front/lua.h) or a test's in C.
 */
#ifndef POLLUX_FRONT_APP_H
#define POLLUX_FRONT_APP_H

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

#endif
