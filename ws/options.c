/* The command line. */
#include "config.h"
#include "ws/options.h"

#include <stddef.h>

static bool take_standalone(void *into, const char *value)
{
	(void)value;
	((struct ws_options *)into)->standalone = true;
	return true;
}

static bool take_static(void *into, const char *value)
{
	((struct ws_options *)into)->static_dir = value;
	return true;
}

static bool take_reuse_port(void *into, const char *value)
{
	(void)value;
	((struct ws_options *)into)->reuse_port = true;
	return true;
}

static bool take_stop_timeout(void *into, const char *value)
{
	return option_seconds(value, &((struct ws_options *)into)->stop_timeout_ms);
}

static const struct front_option own_options[] = {
	{ "standalone", NULL, "serve polling, the client library and static files too", take_standalone },
	{ "static", "DIR", "the static files (" PKGDATADIR "/static)", take_static },
	{ "reuse-port", NULL, "share HOST:PORT with other processes that say so", take_reuse_port },
	{ "stop-timeout", "S", "seconds that clients have to leave when it is told to end (10)", take_stop_timeout },
	{ NULL, NULL, NULL, NULL },
};

enum options_result ws_options_parse(struct front_options *o, struct ws_options *own, int argc, char **argv, const struct front_app *app)
{
	*own = (struct ws_options){ .static_dir = PKGDATADIR "/static", .stop_timeout_ms = 10000 };
	return options_parse(o, own_options, own, argc, argv, app);
}
