/* What the operator asks of a front: command line, then environment, then defaults. Main thread, at start. */
#ifndef POLLUX_FRONT_OPTIONS_H
#define POLLUX_FRONT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/say.h"

struct front_app;
struct settings;

/* What every front asks. */
struct front_options {
	const char *db; /* --db, POLLUX_DB */
	const char *app; /* --app, POLLUX_APP, the program's default */
	const char *client_dir; /* --client, POLLUX_CLIENT, PKGDATADIR/client */
	const char *listen; /* --listen; NULL: descriptor 0 */
	mode_t mode; /* --mode, of unix:PATH: 0660 */
	int64_t hold_ms; /* -1: the application's setting */
	int64_t held_polls; /* -1: the application's setting */
	enum say_level log_level;
	bool print_path, print_rooms_path;
};

/* An option in a table; a row without a name ends it. */
struct front_option {
	const char *name;
	const char *argument; /* what --help calls it: "FILE"; NULL: takes none */
	const char *help;
	bool (*take)(void *into, const char *value); /* false: the value makes no sense */
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* what was asked for was printed: exit 0 */
	OPTIONS_WRONG, /* said why: exit 2 */
};

/* own: the program's own options, taken into `into`. Text points into argv and the environment. */
enum options_result options_parse(struct front_options *o, const struct front_option *own, void *into, int argc, char **argv,
				  const struct front_app *app);
/* What goes before the application's settings. */
void options_override(const struct front_options *o, struct settings *settings);

/* For takes. Each reads the whole text, within 0 (seconds: 0.001 to 3600) and max. */
bool option_integer(const char *text, int64_t max, int64_t *out);
bool option_seconds(const char *text, int64_t *out_ms);

#endif
