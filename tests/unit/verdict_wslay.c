/* The verdict of wslay, a server's. It has no limit on fragments. */
#include "config.h"
#include "tests/unit/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#include "tests/unit/websocket_transcript.h"

struct stream {
	const char *data;
	size_t len;
	struct buf *out;
};

static ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *user)
{
	struct stream *s = user;
	size_t n = len < s->len ? len : s->len;

	(void)flags;
	if (n == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(buf, s->data, n);
	s->data += n;
	s->len -= n;
	return (ssize_t)n;
}

/* What it answers goes nowhere. */
static ssize_t on_send(wslay_event_context_ptr ctx, const uint8_t *data, size_t len, int flags, void *user)
{
	(void)ctx;
	(void)data;
	(void)flags;
	(void)user;
	return (ssize_t)len;
}

static void on_close(struct stream *s, const struct wslay_event_on_msg_recv_arg *arg)
{
	size_t code_len = arg->msg_length < 2 ? arg->msg_length : 2;
	char word[16];

	snprintf(word, sizeof(word), "close %d", arg->status_code ? arg->status_code : WSLAY_CODE_NO_STATUS_RCVD);
	transcript_line(s->out, word, arg->msg + code_len, arg->msg_length - code_len);
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg, void *user)
{
	struct stream *s = user;

	(void)ctx;
	switch (arg->opcode) {
	case WSLAY_TEXT_FRAME: transcript_line(s->out, "text", arg->msg, arg->msg_length); break;
	case WSLAY_BINARY_FRAME: transcript_line(s->out, "binary", arg->msg, arg->msg_length); break;
	case WSLAY_PING: transcript_line(s->out, "ping", arg->msg, arg->msg_length); break;
	case WSLAY_PONG: transcript_line(s->out, "pong", arg->msg, arg->msg_length); break;
	default: on_close(s, arg);
	}
}

/* It closes of its own accord only where the peer is wrong, and without a code where a head is malformed. */
static void add_error(wslay_event_context_ptr ctx, struct buf *out)
{
	int code = wslay_event_get_status_code_sent(ctx);

	if (!wslay_event_get_close_sent(ctx) || wslay_event_get_close_received(ctx))
		return;
	if (code == WSLAY_CODE_NO_STATUS_RCVD)
		buf_add_str(out, "error\n");
	else
		buf_addf(out, "error %d\n", code);
}

void verdict_judge(const char *data, size_t len, struct buf *out)
{
	struct wslay_event_callbacks callbacks = { on_recv, on_send, NULL, NULL, NULL, NULL, on_message };
	struct stream s = { data, len, out };
	wslay_event_context_ptr ctx;

	if (wslay_event_context_server_init(&ctx, &callbacks, &s) != 0)
		abort();
	wslay_event_config_set_max_recv_msg_length(ctx, VERDICT_MAX_MESSAGE);
	/* recv fails also where a frame's head is malformed, having queued a close frame */
	if (wslay_event_recv(ctx) != 0 && !wslay_event_want_write(ctx))
		abort();
	if (wslay_event_want_write(ctx) && wslay_event_send(ctx) != 0)
		abort();
	add_error(ctx, out);
	wslay_event_context_free(ctx);
}
