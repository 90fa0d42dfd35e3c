/* The HTTP side: which resource a path names, CORS, and the answers that need no session. Loop thread only. */
#ifndef POLLUX_HTTP_H
#define POLLUX_HTTP_H

#include "core/input.h"
#include "core/state.h"

/* Engine.IO's refusals: {"code":N,"message":"…"}. */
enum refusal { REFUSE_TRANSPORT, REFUSE_SID, REFUSE_METHOD, REFUSE_REQUEST, REFUSE_FORBIDDEN, REFUSE_PROTOCOL };

/* Sets that refusal as the input's answer: HTTP 400, 403 for FORBIDDEN. */
void http_refuse(struct input *in, enum refusal why);
/* Sends the input's answer and frees the input; the exchange ends. */
void http_answer(struct server *s, struct input *in);
/* The header lines of the answer that opens a session by WebSocket: cookie and CORS. The caller's reference; NULL: none. */
struct bytes *http_handshake_headers(const struct server *s, const struct input *in);
/* Answers an exchange that never became an input. */
void http_answer_text(struct exchange *x, int status, const char *headers, const char *text);
/* The header lines of CORS that the settings want for this request; NULL: none. The caller's reference. */
struct bytes *http_cors(const struct settings *settings, const struct exchange *x);

#endif
