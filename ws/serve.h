/* Who answers a request: the refusal of a bad handshake, core, or (stand-alone) a static file. Loop thread only. */
#ifndef POLLUX_WS_SERVE_H
#define POLLUX_WS_SERVE_H

struct files;
struct request;
struct server;
struct settings;

struct serve {
	struct server *server;
	const struct settings *settings;
	const struct files *files; /* NULL: not stand-alone, WebSockets only */
};

void serve_request(const struct serve *s, struct request *r);

#endif
