/* See the header. */
#include "config.h"
#include "ws/serve.h"

#include <string.h>
#include "core/server.h"
#include "ws/request.h"

#define TEXT "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"

static void answer(struct request *r, int status, const char *headers, const char *text)
{
	struct iovec body = { (void *)(uintptr_t)text, strlen(text) };

	exchange_respond(&r->x, status, headers, &body, 1);
}

void serve_request(const struct serve *s, struct request *r)
{
	switch (r->handshake) {
	case HANDSHAKE_BAD:
		answer(r, 400, TEXT, r->why);
		return;
	case HANDSHAKE_VERSION:
		answer(r, 426, TEXT "Sec-WebSocket-Version: 13\r\n", r->why);
		return;
	case HANDSHAKE_NONE:
		if (!s->standalone) {
			answer(r, 404, TEXT, "Not Found: this is pollux-ws, for WebSockets only\n");
			return;
		}
		break;
	case HANDSHAKE_FINE:
		break;
	}
	server_submit(s->server, &r->x);
}
