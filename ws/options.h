/* The options that pollux-ws has beside those of every front. Main thread, at start. */
#ifndef POLLUX_WS_OPTIONS_H
#define POLLUX_WS_OPTIONS_H

#include "front/options.h"

struct ws_options {
	bool standalone; /* --standalone */
	const char *static_dir; /* --static: PKGDATADIR/static */
	bool reuse_port; /* --reuse-port */
	int64_t stop_timeout_ms; /* --stop-timeout: 10000 */
};

/* See front/options.h. */
enum options_result ws_options_parse(struct front_options *o, struct ws_options *own, int argc, char **argv, const struct front_app *app);

#endif
