/* Only joins the two; a file of its own, so that fronts with an application in C need no Lua. */
#include "config.h"
#include "front/lua.h"

#include "app/host.h"

int front_lua_load(void **out, const char *file, struct settings *settings, struct handler *handler)
{
	struct host *host = NULL;
	int error = host_load(&host, file, settings, handler);

	*out = host;
	return error;
}

void front_lua_unload(void *loaded)
{
	host_free(loaded);
}
