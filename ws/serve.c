/* See the header. */
#include "config.h"
#include "ws/serve.h"

#include <string.h>
#include "base/say.h"
#include "core/server.h"
#include "core/settings.h"
#include "ws/files.h"
#include "ws/origin.h"
#include "ws/request.h"

#define TEXT "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"

static void answer(struct request *r, int status, const char *headers, const char *text)
{
	struct iovec body = { (void *)(uintptr_t)text, strlen(text) };

	exchange_respond(&r->x, status, headers, &body, 1);
}

static bool is_core(const struct settings *settings, const char *path)
{
	size_t own = strlen(settings->path) - 1;

	return strncmp(path, settings->path, own) == 0 && (!path[own] || path[own] == '/');
}

static void serve_plain(const struct serve *s, struct request *r)
{
	if (!s->files)
		answer(r, 404, TEXT, "Not Found: this is pollux-ws, for WebSockets only\n");
	else if (is_core(s->settings, r->x.path))
		server_submit(s->server, &r->x);
	else
		files_serve(s->files, s->settings, r);
}

static void serve_websocket(const struct serve *s, struct request *r)
{
	const char *origin = exchange_header(&r->x, "origin");

	if (!origin || origin_allowed(&s->settings->cors, origin, exchange_header(&r->x, "host"), exchange_header(&r->x, "x-forwarded-host"))) {
		server_submit(s->server, &r->x);
		return;
	}
	say(SAY_WARN, "ws", NULL, "refused a WebSocket from %s: cors does not allow the origin %s", *r->x.peer ? r->x.peer : "a Unix socket", origin);
	answer(r, 403, "Content-Type: application/json\r\nCache-Control: no-store\r\n", "{\"code\":4,\"message\":\"Forbidden\"}");
}

void serve_request(const struct serve *s, struct request *r)
{
	switch (r->handshake) {
	case HANDSHAKE_NONE:
		serve_plain(s, r);
		break;
	case HANDSHAKE_FINE:
		serve_websocket(s, r);
		break;
	case HANDSHAKE_BAD:
		answer(r, 400, TEXT, r->why);
		break;
	case HANDSHAKE_VERSION:
		answer(r, 426, TEXT "Sec-WebSocket-Version: 13\r\n", r->why);
		break;
	}
}
