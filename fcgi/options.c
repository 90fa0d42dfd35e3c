/*
 * The command line. Under CGI a web server passes a query without "=" as arguments (RFC 3875, 4.4): anybody could then name a
 * database or a script to run. Such arguments are not looked at.
 */
#include "config.h"
#include "fcgi/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fcgi/front.h"
#include "fcgi/intake.h"

#define MILLIS_MAX (INT64_C(1) << 40)

static const char *value_or_env(const char *env, const char *fallback)
{
	const char *value = getenv(env);

	return value && *value ? value : fallback;
}

static bool arguments_are_the_clients(void)
{
	const char *method = getenv("REQUEST_METHOD"), *query = getenv("QUERY_STRING");

	return method && query && *query && !strchr(query, '=');
}

static bool parse_integer(const char *text, int base, int64_t max, int64_t *out)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, base);
	if (errno || end == text || *end || n < 0 || n > max)
		return false;
	*out = n;
	return true;
}

/* "10", "0.5": seconds. */
static bool parse_seconds(const char *text, int64_t *out_ms)
{
	char *end;
	double s = strtod(text, &end);

	if (end == text || *end || !(s >= 0.001 && s <= 3600))
		return false;
	*out_ms = (int64_t)(s * 1000 + 0.5);
	return true;
}

static bool parse_level(const char *text, enum say_level *out)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	for (int i = 0; i < 4; i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum say_level)i;
			return true;
		}
	return false;
}

static void print_help(const struct front_app *app)
{
	printf("usage: %s --db FILE [options]\n"
	       "\n"
	       "%s\n"
	       "\n"
	       "  --db FILE            the database (POLLUX_DB)\n"
	       "  --app FILE           the application (POLLUX_APP)%s%s\n"
	       "  --listen ADDRESS     unix:PATH or HOST:PORT; without it descriptor 0 is the listening\n"
	       "                       socket, or the program runs as plain CGI\n"
	       "  --mode OCTAL         permissions of unix:PATH (0660)\n"
	       "  --threads N          threads that read requests (2)\n"
	       "  --read-timeout S     seconds a web server may be silent within a request (10)\n"
	       "  --client DIR         the browser's client library (POLLUX_CLIENT)\n"
	       "  --hold-ms N          longest time a poll is held, in milliseconds; 0: the ping interval\n"
	       "  --held-polls N       polls held at most by all processes; 0: no limit\n"
	       "  --log-level LEVEL    error, warn, info or debug (info)\n"
	       "  --help, --version\n",
		app->name, app->about, app->default_file ? "; default: " : "", app->default_file ? app->default_file : "");
}

enum {
	OPT_DB = 256,
	OPT_APP,
	OPT_LISTEN,
	OPT_MODE,
	OPT_THREADS,
	OPT_READ_TIMEOUT,
	OPT_CLIENT,
	OPT_HOLD_MS,
	OPT_HELD_POLLS,
	OPT_LOG_LEVEL,
	OPT_HELP,
	OPT_VERSION
};

static const struct option long_options[] = {
	{ "db", required_argument, NULL, OPT_DB },
	{ "app", required_argument, NULL, OPT_APP },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "read-timeout", required_argument, NULL, OPT_READ_TIMEOUT },
	{ "client", required_argument, NULL, OPT_CLIENT },
	{ "hold-ms", required_argument, NULL, OPT_HOLD_MS },
	{ "held-polls", required_argument, NULL, OPT_HELD_POLLS },
	{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* False: the value makes no sense. */
static bool take(struct options *o, int which, const char *value)
{
	int64_t n = 0;
	bool fine = true;

	switch (which) {
	case OPT_DB:
		o->db = value;
		break;
	case OPT_APP:
		o->app = value;
		break;
	case OPT_LISTEN:
		o->listen = value;
		break;
	case OPT_CLIENT:
		o->client_dir = value;
		break;
	case OPT_MODE:
		fine = parse_integer(value, 8, 0777, &n);
		o->mode = (mode_t)n;
		break;
	case OPT_THREADS:
		fine = parse_integer(value, 10, INTAKE_THREADS_MAX, &n) && n > 0;
		o->threads = (int)n;
		break;
	case OPT_READ_TIMEOUT:
		fine = parse_seconds(value, &o->read_timeout_ms);
		break;
	case OPT_HOLD_MS:
		fine = parse_integer(value, 10, MILLIS_MAX, &o->hold_ms);
		break;
	case OPT_HELD_POLLS:
		fine = parse_integer(value, 10, INT32_MAX, &o->held_polls);
		break;
	case OPT_LOG_LEVEL:
		fine = parse_level(value, &o->log_level);
		break;
	}
	return fine;
}

static void set_defaults(struct options *o, const struct front_app *app)
{
	memset(o, 0, sizeof(*o));
	o->db = value_or_env("POLLUX_DB", NULL);
	o->app = value_or_env("POLLUX_APP", app->default_file);
	o->client_dir = value_or_env("POLLUX_CLIENT", PKGDATADIR "/client");
	o->mode = 0660;
	o->threads = 2;
	o->read_timeout_ms = 10000;
	o->hold_ms = o->held_polls = -1;
	o->log_level = SAY_INFO;
}

static enum options_result wrong(const struct front_app *app)
{
	fprintf(stderr, "%s --help lists the options\n", app->name);
	return OPTIONS_WRONG;
}

static enum options_result parse_arguments(struct options *o, int argc, char **argv, const struct front_app *app)
{
	int which, at;

	optind = 1;
	while ((which = getopt_long(argc, argv, "", long_options, &at)) != -1) {
		if (which == '?')
			return wrong(app);
		if (which == OPT_HELP) {
			print_help(app);
			return OPTIONS_DONE;
		}
		if (which == OPT_VERSION) {
			printf("%s %s\n", app->name, PACKAGE_VERSION);
			return OPTIONS_DONE;
		}
		if (!take(o, which, optarg)) {
			fprintf(stderr, "%s: --%s cannot be %s\n", app->name, long_options[at].name, optarg);
			return wrong(app);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: what is %s?\n", app->name, argv[optind]);
		return wrong(app);
	}
	return OPTIONS_RUN;
}

enum options_result options_parse(struct options *o, int argc, char **argv, const struct front_app *app)
{
	enum options_result result;

	set_defaults(o, app);
	result = parse_arguments(o, arguments_are_the_clients() ? 1 : argc, argv, app);
	if (result == OPTIONS_RUN && !o->db) {
		fprintf(stderr, "%s: --db FILE (or POLLUX_DB in the environment) is missing\n", app->name);
		return wrong(app);
	}
	return result;
}
