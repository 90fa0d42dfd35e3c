/* pollux-ws: Lua applications over WebSocket, and stand-alone. See ws/front.h. */
#include "config.h"

#include "front/lua.h"
#include "ws/front.h"

int main(int argc, char **argv)
{
	static const struct front_app app = {
		.name = "pollux-ws",
		.about = "Serves Socket.IO by WebSocket, beside a web server or alone.",
		.default_file = PKGDATADIR "/chat.lua",
		.load = front_lua_load,
		.unload = front_lua_unload,
	};

	return ws_main(argc, argv, &app);
}
