/* The command line. */
#include "config.h"
#include "front/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "front/application.h"

#define MILLIS_MAX (INT64_C(1) << 40)
#define OPTIONS_MAX 40
#define HELP_COLUMN 20

static const char *value_or_env(const char *env, const char *fallback)
{
	const char *value = getenv(env);

	return value && *value ? value : fallback;
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

bool option_integer(const char *text, int64_t max, int64_t *out)
{
	return parse_integer(text, 10, max, out);
}

/* "10", "0.5": seconds. */
bool option_seconds(const char *text, int64_t *out_ms)
{
	char *end;
	double s = strtod(text, &end);

	if (end == text || *end || !(s >= 0.001 && s <= 3600))
		return false;
	*out_ms = (int64_t)(s * 1000 + 0.5);
	return true;
}

/* ---- the common options ---- */

static bool take_db(void *into, const char *value)
{
	((struct front_options *)into)->db = value;
	return true;
}

static bool take_app(void *into, const char *value)
{
	((struct front_options *)into)->app = value;
	return true;
}

static bool take_listen(void *into, const char *value)
{
	((struct front_options *)into)->listen = value;
	return true;
}

static bool take_client(void *into, const char *value)
{
	((struct front_options *)into)->client_dir = value;
	return true;
}

static bool take_mode(void *into, const char *value)
{
	int64_t n = 0;
	bool fine = parse_integer(value, 8, 0777, &n);

	((struct front_options *)into)->mode = (mode_t)n;
	return fine;
}

static bool take_hold(void *into, const char *value)
{
	return option_integer(value, MILLIS_MAX, &((struct front_options *)into)->hold_ms);
}

static bool take_held(void *into, const char *value)
{
	return option_integer(value, INT32_MAX, &((struct front_options *)into)->held_polls);
}

static bool take_level(void *into, const char *value)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	for (int i = 0; i < 4; i++)
		if (strcmp(value, names[i]) == 0) {
			((struct front_options *)into)->log_level = (enum say_level)i;
			return true;
		}
	return false;
}

static bool take_print_path(void *into, const char *value)
{
	(void)value;
	((struct front_options *)into)->print_path = true;
	return true;
}

static bool take_print_rooms_path(void *into, const char *value)
{
	(void)value;
	((struct front_options *)into)->print_rooms_path = true;
	return true;
}

static const struct front_option common[] = {
	{ "db", "FILE", "the database (POLLUX_DB)", take_db },
	{ "app", "FILE", "the application (POLLUX_APP)", take_app },
	{ "listen", "ADDRESS", "unix:PATH or HOST:PORT; without it descriptor 0 is the listening socket", take_listen },
	{ "mode", "OCTAL", "permissions of unix:PATH (0660)", take_mode },
	{ "client", "DIR", "the browser's client library (POLLUX_CLIENT)", take_client },
	{ "hold-ms", "N", "longest time a poll is held, in milliseconds; 0: the ping interval", take_hold },
	{ "held-polls", "N", "polls held at most by all processes; 0: no limit", take_held },
	{ "log-level", "LEVEL", "error, warn, info or debug (info)", take_level },
	{ "print-path", NULL, "print where the application answers, for the web server's configuration, and end", take_print_path },
	{ "print-rooms-path", NULL, "likewise, where plain WebSockets enter rooms", take_print_rooms_path },
	{ NULL, NULL, NULL, NULL },
};

/* ---- */

static void print_options(const struct front_option *o)
{
	for (; o->name; o++) {
		int column = printf("  --%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");

		printf("%*s%s\n", column < HELP_COLUMN + 2 ? HELP_COLUMN + 3 - column : 1, "", o->help);
	}
}

static void print_help(const struct front_app *app, const struct front_option *own)
{
	printf("usage: %s --db FILE [options]\n\n%s\n\n", app->name, app->about);
	print_options(common);
	print_options(own);
	printf("  --help, --version\n");
	if (app->default_file)
		printf("\nThe default application is %s.\n", app->default_file);
}

static void set_defaults(struct front_options *o, const struct front_app *app)
{
	memset(o, 0, sizeof(*o));
	o->db = value_or_env("POLLUX_DB", NULL);
	o->app = value_or_env("POLLUX_APP", app->default_file);
	o->client_dir = value_or_env("POLLUX_CLIENT", PKGDATADIR "/client");
	o->mode = 0660;
	o->hold_ms = o->held_polls = -1;
	o->log_level = SAY_INFO;
}

static enum options_result wrong(const struct front_app *app)
{
	fprintf(stderr, "%s --help lists the options\n", app->name);
	return OPTIONS_WRONG;
}

/* Appends a table for getopt: val is the row's number, from base. */
static int list_long(struct option *to, const struct front_option *from, int base)
{
	int n = 0;

	for (; from[n].name; n++)
		to[n] = (struct option){ from[n].name, from[n].argument ? required_argument : no_argument, NULL, base + n };
	return n;
}

enum { OPT_HELP = 256, OPT_VERSION, OPT_COMMON, OPT_OWN = OPT_COMMON + OPTIONS_MAX };

static enum options_result parse_arguments(struct front_options *o, const struct front_option *own, void *into, int argc, char **argv,
					   const struct front_app *app)
{
	struct option list[OPTIONS_MAX] = { { "help", no_argument, NULL, OPT_HELP }, { "version", no_argument, NULL, OPT_VERSION } };
	int n = 2, which, at;

	n += list_long(list + n, common, OPT_COMMON);
	list_long(list + n, own, OPT_OWN);
	optind = 1;
	while ((which = getopt_long(argc, argv, "", list, &at)) != -1) {
		if (which == '?')
			return wrong(app);
		if (which == OPT_HELP) {
			print_help(app, own);
			return OPTIONS_DONE;
		}
		if (which == OPT_VERSION) {
			printf("%s %s\n", app->name, PACKAGE_VERSION);
			return OPTIONS_DONE;
		}
		if (!(which >= OPT_OWN ? own[which - OPT_OWN].take(into, optarg) : common[which - OPT_COMMON].take(o, optarg))) {
			fprintf(stderr, "%s: --%s cannot be %s\n", app->name, list[at].name, optarg);
			return wrong(app);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: what is %s?\n", app->name, argv[optind]);
		return wrong(app);
	}
	return OPTIONS_RUN;
}

/* The application says where it answers: its file is loaded, nothing else is touched. */
static enum options_result print_paths(const struct front_options *o, const struct front_app *app)
{
	struct application a = { .app = app, .options = o };
	int error = application_load(&a);

	if (!error && o->print_path)
		printf("%s\n", a.settings.path);
	if (!error && o->print_rooms_path)
		printf("%s\n", a.settings.rooms_path);
	application_unload(&a);
	return error ? OPTIONS_WRONG : OPTIONS_DONE;
}

enum options_result options_parse(struct front_options *o, const struct front_option *own, void *into, int argc, char **argv,
				  const struct front_app *app)
{
	enum options_result result;

	set_defaults(o, app);
	result = parse_arguments(o, own, into, argc, argv, app);
	if (result == OPTIONS_RUN && (o->print_path || o->print_rooms_path))
		return print_paths(o, app);
	if (result == OPTIONS_RUN && !o->db) {
		fprintf(stderr, "%s: --db FILE (or POLLUX_DB in the environment) is missing\n", app->name);
		return wrong(app);
	}
	return result;
}

void options_override(const struct front_options *o, struct settings *settings)
{
	if (o->hold_ms >= 0)
		settings->hold_ms = o->hold_ms;
	if (o->held_polls >= 0)
		settings->held_polls = o->held_polls;
}
