/*
 * The command line. Under CGI a web server passes a query without "=" as arguments (RFC 3875, 4.4): anybody could then name a
 * database or a script to run. Such arguments are not looked at.
 */
#include "config.h"
#include "fcgi/options.h"

#include <stdlib.h>
#include <string.h>
#include "fcgi/intake.h"

static bool take_threads(void *into, const char *value)
{
	int64_t n = 0;
	bool fine = option_integer(value, INTAKE_THREADS_MAX, &n) && n > 0;

	((struct fcgi_options *)into)->threads = (int)n;
	return fine;
}

static bool take_read_timeout(void *into, const char *value)
{
	return option_seconds(value, &((struct fcgi_options *)into)->read_timeout_ms);
}

static const struct front_option own_options[] = {
	{ "threads", "N", "threads that read requests (2)", take_threads },
	{ "read-timeout", "S", "seconds a web server may be silent within a request (10)", take_read_timeout },
	{ NULL, NULL, NULL, NULL },
};

static bool arguments_are_the_clients(void)
{
	const char *method = getenv("REQUEST_METHOD"), *query = getenv("QUERY_STRING");

	return method && query && *query && !strchr(query, '=');
}

enum options_result fcgi_options_parse(struct front_options *o, struct fcgi_options *own, int argc, char **argv,
				       const struct front_app *app)
{
	*own = (struct fcgi_options){ .threads = 2, .read_timeout_ms = 10000 };
	return options_parse(o, own_options, own, arguments_are_the_clients() ? 1 : argc, argv, app);
}
