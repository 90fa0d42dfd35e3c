/* See the header. The question is asked anew when the tick has to run again. */
#include "config.h"
#include "core/admission.h"

#include "base/say.h"
#include "core/handshake.h"
#include "core/http.h"

#define REQUEST_MAX_BYTES ((size_t)1 << 18)
#define REFUSAL_MAX_BYTES 16384
#define HEADERS_MAX_BYTES 8192

/* socket.handshake's fields and the method. */
static int write_request(struct buf *out, const struct input *in)
{
	int error = handshake_write(out, in->x, in->room);

	if (error)
		return error;
	out->len--;
	return buf_addf(out, ",\"method\":\"%s\"}", in->x->method);
}

static void refuse(struct input *in, const struct buf *message)
{
	struct buf json;

	buf_init(&json, REFUSAL_MAX_BYTES + 64);
	buf_addf(&json, "{\"code\":4,\"message\":%s}", message->data);
	if (json.error)
		http_refuse(in, REFUSE_FORBIDDEN);
	else
		input_answer(in, 403, "application/json", json.data, json.len);
	buf_deinit(&json);
}

/* The handler's result; its failure is not the client's to know about. */
static void settle(struct input *in, int result, const struct buf *refusal, const struct buf *headers, bool *refused)
{
	static const char internal[] = "{\"message\":\"Internal error\"}";

	*refused = result != 0;
	if (result == POLLUX_REFUSED) {
		say(SAY_INFO, "core", NULL, "handshake from %s refused by the application: %s", in->x->peer, refusal->data);
		refuse(in, refusal);
	} else if (result) {
		input_answer(in, 500, "application/json", internal, sizeof(internal) - 1);
	} else if (headers->len) {
		in->initial = bytes_new(headers->data, headers->len);
	}
}

int admission_ask(struct server *s, struct input *in, bool *refused)
{
	struct buf request, refusal, headers;
	int error;

	*refused = false;
	if (!s->handler->handshake)
		return 0;
	bytes_unref(in->initial);
	in->initial = NULL;
	buf_init(&request, REQUEST_MAX_BYTES);
	buf_init(&refusal, REFUSAL_MAX_BYTES);
	buf_init(&headers, HEADERS_MAX_BYTES);
	error = write_request(&request, in);
	if (!error) {
		watchdog_note(s->watchdog, in->x->peer, "handshake", 9);
		settle(in, s->handler->handshake(s->handler->ctx, (struct text){request.data, request.len}, &refusal, &headers), &refusal, &headers,
		       refused);
	} else if (error == POLLUX_TOO_BIG) {
		http_refuse(in, REFUSE_REQUEST);
		*refused = true;
		error = 0;
	}
	buf_deinit(&request);
	buf_deinit(&refusal);
	buf_deinit(&headers);
	return error;
}
