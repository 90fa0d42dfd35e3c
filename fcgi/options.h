/* The options that pollux.fcgi has beside those of every front. Main thread, at start. */
#ifndef POLLUX_FCGI_OPTIONS_H
#define POLLUX_FCGI_OPTIONS_H

#include "front/options.h"

struct fcgi_options {
	int threads; /* --threads: 2 */
	int64_t read_timeout_ms; /* --read-timeout: 10000 */
};

/* See front/options.h. */
enum options_result fcgi_options_parse(struct front_options *o, struct fcgi_options *own, int argc, char **argv,
				       const struct front_app *app);

#endif
