/*
 * The application that a process serves, with its settings: loaded at start, and again on SIGHUP. Core is lent settings and handler for its life; a new
 * version takes their place between two events. Main thread, the loop's.
 */
#ifndef POLLUX_FRONT_APPLICATION_H
#define POLLUX_FRONT_APPLICATION_H

#include "front/app.h"

struct front_options;

struct application {
	const struct front_app *app;             /* borrowed, as the options */
	const struct front_options *options;
	struct settings settings;
	struct handler handler;
	void *loaded;                            /* the application's own; NULL: none */
};

/* Loads it. 0, or an error that has been logged. */
int application_load(struct application *a) WARN_UNUSED;
/* Loads it anew. When that fails the old one goes on, and the log says why; settings that no process can change while it serves
 * stay, and the log names them. True: the new one is served; server_reloaded is due. */
bool application_reload(struct application *a) WARN_UNUSED;
void application_unload(struct application *a);

#endif
