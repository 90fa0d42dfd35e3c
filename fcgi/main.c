/* pollux.fcgi: Lua applications behind FastCGI and CGI. Only joins the two; see fcgi/front.h and app/host.h. */
#include "config.h"

#include "app/host.h"
#include "fcgi/front.h"

static int load(void **out, const char *file, struct settings *settings, struct handler *handler)
{
	struct host *host = NULL;
	int error = host_load(&host, file, settings, handler);

	*out = host;
	return error;
}

static void unload(void *loaded)
{
	host_free(loaded);
}

int main(int argc, char **argv)
{
	static const struct front_app app = {
		.name = "pollux.fcgi",
		.about = "Serves Socket.IO by HTTP long-polling to a web server that speaks FastCGI or CGI.",
		.default_file = PKGDATADIR "/chat.lua",
		.load = load,
		.unload = unload,
	};

	return front_main(argc, argv, &app);
}
