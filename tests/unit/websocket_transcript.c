/* A stand-in for ws/: gives bytes to websocket_read and writes down what comes out. */
#include "config.h"
#include "tests/unit/websocket_transcript.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/utf8.h"
#include "tests/unit/guard.h"

#define MAX_BYTES (80 << 20)

#define MUST(holds)                                                                         \
	do {                                                                                \
		if (!(holds)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds); \
			abort();                                                            \
		}                                                                           \
	} while (0)

void transcript_init(struct transcript *t, const struct websocket_limits *limits)
{
	memset(t, 0, sizeof(*t));
	t->limits = *limits;
	buf_init(&t->message, MAX_BYTES);
	buf_init(&t->text, MAX_BYTES);
}

void transcript_deinit(struct transcript *t)
{
	buf_deinit(&t->message);
	buf_deinit(&t->text);
}

const char *transcript_text(const struct transcript *t)
{
	return t->text.data ? t->text.data : "";
}

void transcript_line(struct buf *text, const char *word, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	size_t i;

	buf_add_str(text, word);
	if (len > 0)
		buf_add_char(text, ' ');
	for (i = 0; i < len; i++) {
		if (bytes[i] < 0x20 || bytes[i] > 0x7e || bytes[i] == '\\')
			buf_addf(text, "\\x%02x", bytes[i]);
		else
			buf_add_char(text, (char)bytes[i]);
	}
	buf_add_char(text, '\n');
	MUST(text->error == 0);
}

static void on_piece(struct transcript *t, const struct websocket_event *e)
{
	MUST(e->opcode == WEBSOCKET_TEXT || e->opcode == WEBSOCKET_BINARY);
	MUST(e->len > 0 || e->last);
	MUST(e->first == (t->pieces == 0));
	t->pieces++;
	MUST(buf_add(&t->message, e->data, e->len) == 0);
	MUST(t->message.len <= t->limits.max_message_bytes);
	if (!e->last)
		return;
	MUST(e->opcode != WEBSOCKET_TEXT || e->rsv1 || t->message.len == 0 || utf8_valid(t->message.data, t->message.len));
	if (e->rsv1)
		buf_add_str(&t->text, "rsv1 ");
	transcript_line(&t->text, e->opcode == WEBSOCKET_TEXT ? "text" : "binary", t->message.data, t->message.len);
	buf_clear(&t->message);
	t->pieces = 0;
}

static void on_event(struct transcript *t, int result, const struct websocket_event *e)
{
	char word[16];

	MUST(e->data != NULL && (result == WEBSOCKET_PIECE || e->len <= WEBSOCKET_CONTROL_PAYLOAD_MAX));
	switch (result) {
	case WEBSOCKET_PIECE: on_piece(t, e); break;
	case WEBSOCKET_PING: transcript_line(&t->text, "ping", e->data, e->len); break;
	case WEBSOCKET_PONG: transcript_line(&t->text, "pong", e->data, e->len); break;
	case WEBSOCKET_CLOSE:
		MUST(websocket_code_valid(e->code) || (e->code == WEBSOCKET_NO_CODE && e->len == 0));
		MUST(utf8_valid(e->data, e->len));
		snprintf(word, sizeof(word), "close %d", e->code);
		transcript_line(&t->text, word, e->data, e->len);
		break;
	default:
		MUST(result == WEBSOCKET_ERROR && e->len == strlen(e->data) && e->len > 0);
		t->why = e->data;
		snprintf(word, sizeof(word), "error %d", e->code);
		transcript_line(&t->text, word, NULL, 0);
	}
}

void transcript_read(struct transcript *t, const char *data, size_t len)
{
	size_t total = t->rest_len + len, at = 0, used;
	char *room = guard_put(data, len) - t->rest_len;
	struct websocket_event e;
	int result;

	if (t->rest_len > 0)
		memcpy(room, t->rest, t->rest_len);
	do {
		result = websocket_read(&t->reader, &t->limits, room + at, total - at, &used, &e);
		MUST(used <= total - at);
		at += used;
		if (result != WEBSOCKET_NEED_MORE)
			on_event(t, result, &e);
	} while (result != WEBSOCKET_NEED_MORE);
	t->rest_len = total - at;
	MUST(t->rest_len <= sizeof(t->rest));
	memcpy(t->rest, room + at, t->rest_len);
}

/* Gives the bytes in three reads, cut at a and b; or, if a is 0, byte by byte. */
static bool cut_is(const struct websocket_limits *limits, const struct buf *bytes, size_t a, size_t b, const char *text, const char *why)
{
	struct transcript t;
	size_t i;
	bool same;

	transcript_init(&t, limits);
	for (i = 0; a == 0 && i < bytes->len; i++)
		transcript_read(&t, bytes->data + i, 1);
	if (a > 0) {
		transcript_read(&t, bytes->data, a);
		transcript_read(&t, bytes->data + a, b - a);
		transcript_read(&t, bytes->data + b, bytes->len - b);
	}
	same = strcmp(transcript_text(&t), text) == 0 && (!why || (t.why && strcmp(t.why, why) == 0));
	if (!same)
		fprintf(stderr, "%zu bytes cut at %zu and %zu\nwanted: %s (%s)\ngot: %s (%s)\n", bytes->len, a, b, text, why ? why : "",
			transcript_text(&t), t.why ? t.why : "");
	transcript_deinit(&t);
	return same;
}

bool transcript_is(const struct websocket_limits *limits, const struct buf *bytes, const char *text, const char *why)
{
	size_t a, b, len = bytes->len;

	if (bytes->error || !cut_is(limits, bytes, len, len, text, why) || !cut_is(limits, bytes, 0, 0, text, why))
		return false;
	for (a = 1; a < len; a++)
		for (b = len <= 64 ? a : len; b <= len; b++)
			if (!cut_is(limits, bytes, a, b, text, why))
				return false;
	return true;
}
