/* What the operator asks of a front: command line, then environment, then defaults. Main thread, at start. */
#ifndef POLLUX_FCGI_OPTIONS_H
#define POLLUX_FCGI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/say.h"

struct front_app;

struct options {
	const char *db; /* --db, POLLUX_DB */
	const char *app; /* --app, POLLUX_APP, the program's default */
	const char *client_dir; /* --client, POLLUX_CLIENT, PKGDATADIR/client */
	const char *listen; /* --listen; NULL: descriptor 0, or CGI */
	mode_t mode; /* --mode, of unix:PATH: 0660 */
	int threads; /* 2 */
	int64_t read_timeout_ms; /* 10000 */
	int64_t hold_ms; /* -1: the application's setting */
	int64_t held_polls; /* -1: the application's setting */
	enum say_level log_level;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* help or version was printed: exit 0 */
	OPTIONS_WRONG, /* said why: exit 2 */
};

/* Text points into argv and the environment. */
enum options_result options_parse(struct options *o, int argc, char **argv, const struct front_app *app);

#endif
