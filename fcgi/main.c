/* pollux.fcgi: Lua applications behind FastCGI and CGI. See fcgi/front.h. */
#include "config.h"

#include "fcgi/front.h"
#include "front/lua.h"

int main(int argc, char **argv)
{
	static const struct front_app app = {
		.name = "pollux.fcgi",
		.about = "Serves Socket.IO by HTTP long-polling to a web server that speaks FastCGI or CGI.",
		.default_file = PKGDATADIR "/chat.lua",
		.load = front_lua_load,
		.unload = front_lua_unload,
	};

	return front_main(argc, argv, &app);
}
