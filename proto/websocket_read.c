/*
 * Reading a client's WebSocket frames. Pure, any thread.
 *
 * Payload of messages is handed on as it comes; control frames and heads are waited for whole, in the caller's buffer. So
 * a reader has no buffer, and 10,000 idle connections have none (wslay was measured: 8.8 KB each).
 * Every check is made at the first byte that allows it, so a verdict does not depend on how the bytes were split.
 */
#include "config.h"
#include "proto/websocket.h"

#include <string.h>

#include "proto/utf8.h"

#define FIN 0x80
#define RSV 0x70
#define MASKED 0x80
#define CONTROL 0x08
#define LEN_16 126
#define LEN_64 127

struct head {
	size_t size;                     /* on the wire, mask included */
	uint64_t len;                    /* of the payload */
	unsigned char first;             /* byte: FIN, RSV, opcode */
	unsigned char mask[4];
};

static inline int opcode_of(unsigned char first)
{
	return first & 0x0f;
}

static inline bool is_control(unsigned char first)
{
	return first & CONTROL;
}

static int fail(struct websocket_reader *r, struct websocket_event *out, enum websocket_code code, const char *why)
{
	r->over = true;
	out->code = (uint16_t)code;
	out->data = why;
	out->len = strlen(why);
	return WEBSOCKET_ERROR;
}

/* XORs the payload with the mask, which is then turned to what the byte behind it wants (RFC 6455 section 5.3). */
static void unmask(unsigned char mask[4], char *data, size_t len)
{
	unsigned char wide[8], turned[4];
	uint64_t key, word;
	size_t i, at = 0;

	memcpy(wide, mask, 4);
	memcpy(wide + 4, mask, 4);
	memcpy(&key, wide, sizeof(key));
	for (; len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, data + at, sizeof(word));
		word ^= key;
		memcpy(data + at, &word, sizeof(word));
	}
	for (; at < len; at++)
		data[at] = (char)((unsigned char)data[at] ^ mask[at & 3]);
	for (i = 0; i < 4; i++)
		turned[i] = mask[(len + i) & 3];
	memcpy(mask, turned, 4);
}

/* RSV2 and RSV3 mean nothing to anybody yet; RSV1 marks a message, at its first frame. */
static bool rsv_allowed(const struct websocket_limits *limits, unsigned char first)
{
	int opcode = opcode_of(first), rsv = first & RSV;

	if (rsv == 0)
		return true;
	return rsv == WEBSOCKET_RSV1 && limits->allow_rsv1 && (opcode == WEBSOCKET_TEXT || opcode == WEBSOCKET_BINARY);
}

/* What a frame's first byte has wrong, or NULL (sections 5.2, 5.4 and 5.5). */
static const char *first_byte_fault(const struct websocket_reader *r, const struct websocket_limits *limits, unsigned char first)
{
	int opcode = opcode_of(first);

	if (!rsv_allowed(limits, first))
		return "reserved bit set";
	if ((opcode & ~CONTROL) > WEBSOCKET_BINARY)
		return "unknown opcode";
	if (is_control(first))
		return first & FIN ? NULL : "control frame in fragments";
	if (opcode == WEBSOCKET_CONTINUATION && !r->opcode)
		return "continuation of no message";
	if (opcode != WEBSOCKET_CONTINUATION && r->opcode)
		return "message inside a message";
	return NULL;
}

static const char *second_byte_fault(unsigned char first, unsigned char second)
{
	if (!(second & MASKED))
		return "frame without mask";
	if (is_control(first) && (second & ~MASKED) > WEBSOCKET_CONTROL_PAYLOAD_MAX)
		return "control frame over 125 bytes";
	return NULL;
}

/* How many bytes of length follow the second one. */
static size_t length_size(unsigned char second)
{
	switch (second & ~MASKED) {
	case LEN_16: return 2;
	case LEN_64: return 8;
	default: return 0;
	}
}

static uint64_t big_endian(const unsigned char *at, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | *at++;
	return value;
}

static const char *length_fault(uint64_t len, size_t size)
{
	if (len >> 63)
		return "length over 63 bits";
	if ((size == 2 && len < LEN_16) || (size == 8 && len <= UINT16_MAX))
		return "length not in its shortest form";
	return NULL;
}

/* Parses a head as far as it is there. What it has wrong, or NULL; head->size stays 0 until it is whole up to the mask. */
static const char *parse_head(const struct websocket_reader *r, const struct websocket_limits *limits, const unsigned char *at,
	size_t len, struct head *head)
{
	const char *fault;
	size_t size;

	head->size = 0;
	if (len < 1)
		return NULL;
	head->first = at[0];
	fault = first_byte_fault(r, limits, at[0]);
	if (fault || len < 2)
		return fault;
	fault = second_byte_fault(at[0], at[1]);
	size = length_size(at[1]);
	if (fault || len < 2 + size)
		return fault;
	head->size = 2 + size + sizeof(head->mask);
	head->len = size ? big_endian(at + 2, size) : at[1] & ~MASKED;
	if (len >= head->size)
		memcpy(head->mask, at + 2 + size, sizeof(head->mask));
	return size ? length_fault(head->len, size) : NULL;
}

/* Limits hold for what a data frame's head announces: nothing of a message that is too big need arrive. The code to close with, or 0. */
static enum websocket_code limit_fault(const struct websocket_reader *r, const struct websocket_limits *limits, const struct head *head)
{
	uint64_t max = limits->max_message_bytes;

	if (is_control(head->first))
		return 0;
	if (r->fragments >= limits->max_fragments)
		return WEBSOCKET_POLICY;
	return head->len > max || r->message_bytes > max - head->len ? WEBSOCKET_TOO_BIG : 0;
}

bool websocket_code_valid(unsigned code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/* The code and the reason out of the payload that *out has (section 5.5.1). */
static int take_close(struct websocket_reader *r, struct websocket_event *out)
{
	unsigned code;

	r->over = true;
	out->code = WEBSOCKET_NO_CODE;
	if (out->len == 0)
		return WEBSOCKET_CLOSE;
	if (out->len == 1)
		return fail(r, out, WEBSOCKET_PROTOCOL_ERROR, "close code cut short");
	code = (unsigned)big_endian((const unsigned char *)out->data, 2);
	if (!websocket_code_valid(code))
		return fail(r, out, WEBSOCKET_PROTOCOL_ERROR, "close code not allowed");
	out->code = (uint16_t)code;
	out->data += 2;
	out->len -= 2;
	if (!utf8_valid(out->data, out->len))
		return fail(r, out, WEBSOCKET_BAD_TEXT, "close reason is no UTF-8");
	return WEBSOCKET_CLOSE;
}

/* A control frame whose head is here at data: told once all of it is. */
static int read_control(struct websocket_reader *r, struct head *head, char *data, size_t len, size_t *used,
	struct websocket_event *out)
{
	size_t payload = (size_t)head->len;

	if (len < head->size + payload)
		return WEBSOCKET_NEED_MORE;
	unmask(head->mask, data + head->size, payload);
	*used += head->size + payload;
	out->data = data + head->size;
	out->len = payload;
	return opcode_of(head->first) == WEBSOCKET_CLOSE ? take_close(r, out) : opcode_of(head->first);
}

static void begin_frame(struct websocket_reader *r, const struct head *head)
{
	if (!r->opcode) {
		r->opcode = (uint8_t)opcode_of(head->first);
		r->rsv1 = head->first & WEBSOCKET_RSV1;
	}
	r->fin = head->first & FIN;
	r->fragments++;
	r->message_bytes += head->len;
	r->frame_left = head->len;
	memcpy(r->mask, head->mask, sizeof(r->mask));
}

/* utf8 is UTF8_ACCEPT again: no text ends otherwise. */
static void end_message(struct websocket_reader *r)
{
	r->begun = false;
	r->opcode = 0;
	r->fragments = 0;
	r->message_bytes = 0;
}

/* A frame from its head on. WEBSOCKET_PIECE: it is a data frame, its head is read and its payload is next. */
static int read_frame(struct websocket_reader *r, const struct websocket_limits *limits, char *data, size_t len,
	size_t *used, struct websocket_event *out)
{
	struct head head;
	const char *fault = parse_head(r, limits, (const unsigned char *)data, len, &head);
	enum websocket_code code;

	if (fault)
		return fail(r, out, WEBSOCKET_PROTOCOL_ERROR, fault);
	if (head.size == 0)
		return WEBSOCKET_NEED_MORE;
	code = limit_fault(r, limits, &head);
	if (code)
		return fail(r, out, code, code == WEBSOCKET_TOO_BIG ? "message too big" : "too many fragments");
	if (len < head.size)
		return WEBSOCKET_NEED_MORE;
	if (is_control(head.first))
		return read_control(r, &head, data, len, used, out);
	begin_frame(r, &head);
	*used += head.size;
	return WEBSOCKET_PIECE;
}

/* Goes on checking text. What it has wrong up to here, or to its end if last; or NULL. */
static const char *feed_text(struct websocket_reader *r, const char *data, size_t len, bool last)
{
	if (r->opcode != WEBSOCKET_TEXT || r->rsv1)
		return NULL;
	r->utf8 = utf8_feed(r->utf8, data, len);
	if (r->utf8 == UTF8_REJECT)
		return "text is no UTF-8";
	return last && r->utf8 != UTF8_ACCEPT ? "text ends inside a character" : NULL;
}

/* What is there of a data frame's payload. NEED_MORE: nothing, be it that the frame is empty and another follows. */
static int read_payload(struct websocket_reader *r, char *data, size_t len, size_t *used, struct websocket_event *out)
{
	size_t n = len < r->frame_left ? len : (size_t)r->frame_left;
	bool last = n == r->frame_left && r->fin;
	const char *fault;

	unmask(r->mask, data, n);
	r->frame_left -= n;
	*used += n;
	fault = feed_text(r, data, n, last);
	if (fault)
		return fail(r, out, WEBSOCKET_BAD_TEXT, fault);
	if (n == 0 && !last)
		return WEBSOCKET_NEED_MORE;
	out->data = data;
	out->len = n;
	out->opcode = (enum websocket_opcode)r->opcode;
	out->rsv1 = r->rsv1;
	out->first = !r->begun;
	out->last = last;
	r->begun = true;
	if (last)
		end_message(r);
	return WEBSOCKET_PIECE;
}

int websocket_read(struct websocket_reader *r, const struct websocket_limits *limits, char *data, size_t len, size_t *used,
	struct websocket_event *out)
{
	int result = WEBSOCKET_NEED_MORE;

	memset(out, 0, sizeof(*out));
	*used = 0;
	/* an empty frame inside a message tells nothing: the loop goes on to the next */
	while (!r->over && *used < len && result == WEBSOCKET_NEED_MORE) {
		if (r->frame_left == 0) {
			result = read_frame(r, limits, data + *used, len - *used, used, out);
			if (result != WEBSOCKET_PIECE)
				break;
		}
		result = read_payload(r, data + *used, len - *used, used, out);
	}
	if (r->over)
		*used = len;
	return result;
}
