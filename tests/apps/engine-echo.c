/*
 * engine-echo.fcgi and, built with SIDECAR, engine-echo-ws: what the official Engine.IO suite wants to talk to: a bare Engine.IO server at /engine.io/ that sends every message
 * back, with fast heartbeats. An application in C behind core/handler.h; no Socket.IO, no Lua.
 */
#include "config.h"

#include "core/event.h"
#ifdef SIDECAR
#include "ws/front.h"
#define NAME "engine-echo-ws"
#define MAIN ws_main
#else
#include "fcgi/front.h"
#define NAME "engine-echo.fcgi"
#define MAIN front_main
#endif

static int echo(void *ctx, struct event *ev, struct text data, bool binary)
{
	(void)ctx;
	return event_send_message(ev, data, binary);
}

static int load(void **out, const char *file, struct settings *settings, struct handler *handler)
{
	(void)file;
	*out = NULL;
	handler->message = echo;
	settings->ping_interval_ms = 300;
	settings->ping_timeout_ms = 200;
	settings->handshakes_per_minute = 0;
	return settings_set_path(settings, "/engine.io/");
}

static void unload(void *loaded)
{
	(void)loaded;
}

int main(int argc, char **argv)
{
	static const struct front_app app = {
		.name = NAME,
		.about = "Serves a bare Engine.IO echo at /engine.io/.",
		.load = load,
		.unload = unload,
	};

	return MAIN(argc, argv, &app);
}
