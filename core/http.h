/* The HTTP side: which resource a path names, CORS, and the answers that need no session. Loop thread only. */
#ifndef POLLUX_HTTP_H
#define POLLUX_HTTP_H

#include "core/input.h"
#include "core/state.h"

/* Engine.IO's refusals: {"code":N,"message":"…"}. */
enum refusal { REFUSE_TRANSPORT, REFUSE_SID, REFUSE_METHOD, REFUSE_REQUEST, REFUSE_FORBIDDEN, REFUSE_PROTOCOL };

/* Sets that refusal as the input's answer: HTTP 400, 403 for FORBIDDEN. */
void http_refuse(struct input *in, enum refusal why);
/* An answer that is not to be kept by anybody. All is borrowed. */
struct http_reply {
	int status;
	const char *type;            /* Content-Type; NULL: none */
	const void *body;
	size_t body_len;
	bool gzip;                   /* compressed, if it is worth it */
	const char *more;            /* header lines; NULL: none */
	const struct bytes *cors;    /* likewise: http_cors */
};

/* Answers the exchange, which ends. */
void http_send(struct server *s, struct exchange *x, const struct http_reply *r);
/* Sends the input's answer and frees the input; the exchange ends. */
void http_answer(struct server *s, struct input *in);
/* The header lines of the answer that opens a session by WebSocket: cookie, CORS, and what the application wants. The caller's reference; NULL: none. */
struct bytes *http_handshake_headers(const struct server *s, const struct input *in);
/* Answers an exchange that never became an input. */
void http_answer_text(struct exchange *x, int status, const char *headers, const char *text);
/* The header lines that the settings want for every answer to this request, CORS above all; NULL: none. The caller's reference. */
struct bytes *http_cors(const struct settings *settings, const struct exchange *x);

#endif
