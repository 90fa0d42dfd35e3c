/*
 * Socket.IO v5 packets, the text part. Pure, any thread; nothing is copied.
 *
 * Accepts what socket.io-parser 4.2.6 accepts, but for what no encoder makes: white space as a type or an ack id
 * (JavaScript's Number(" ") is 0), a count of attachments that is no plain decimal (none, 1., 0x1, 1e0), an event or
 * ack without a payload, an ack without an id or with one over 2^53, nesting over JSON_MAX_DEPTH, a placeholder whose
 * num is written 1.0, that holds another object or stands under a name that is given again. 4.2.7 refuses a
 * count of 0, which is taken here.
 */
#include "config.h"
#include "proto/sio.h"

#include <string.h>

#include "proto/json_scan.h"
#include "proto/utf8.h"

#define MAX_SAFE_INTEGER (INT64_C(1) << 53)

/* Of them JavaScript's emitters make use themselves. */
static const char *const reserved[] = {
	"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
};

static bool is_binary(enum sio_type type)
{
	return type == SIO_BINARY_EVENT || type == SIO_BINARY_ACK;
}

/* Decimal digits from *at on; -1 when there are none. What is over 2^53 becomes 2^53 + 1. */
static int64_t read_number(const char **at, const char *end)
{
	const char *start = *at;
	int64_t n = 0;

	for (; *at < end && json_is_digit(**at); ++*at) {
		n = n * 10 + (**at - '0');
		if (n > MAX_SAFE_INTEGER)
			n = MAX_SAFE_INTEGER + 1;
	}
	return *at == start ? -1 : n;
}

/* "51-": the count and its dash. */
static enum sio_verdict read_attachments(const char **at, const char *end, struct sio_packet *out)
{
	int64_t n = read_number(at, end);

	if (n < 0 || n > SIO_MAX_ATTACHMENTS || *at == end || **at != '-')
		return SIO_BAD_ATTACHMENTS;
	++*at;
	out->attachments = (int)n;
	return SIO_OK;
}

/* "/admin,": up to the comma, which may be missing at the end. */
static enum sio_verdict read_namespace(const char **at, const char *end, struct sio_packet *out)
{
	const char *comma;

	out->nsp = "/";
	out->nsp_len = 1;
	if (*at == end || **at != '/')
		return SIO_OK;
	comma = memchr(*at, ',', (size_t)(end - *at));
	out->nsp = *at;
	out->nsp_len = (size_t)((comma ? comma : end) - *at);
	*at = comma ? comma + 1 : end;
	return utf8_valid(out->nsp, out->nsp_len) ? SIO_OK : SIO_BAD_PAYLOAD;
}

static enum sio_verdict read_id(const char **at, const char *end, struct sio_packet *out)
{
	out->id = read_number(at, end);
	if (out->id > MAX_SAFE_INTEGER)
		return SIO_BAD_ID;
	if (out->id < 0 && (out->type == SIO_ACK || out->type == SIO_BINARY_ACK))
		return SIO_BAD_ID;
	return SIO_OK;
}

/* The rest of the text, which has to be one JSON value if it is anything. */
static enum sio_verdict read_payload(const char *at, const char *end, struct sio_packet *out)
{
	out->payload = (struct json_slice){ at, 0 };
	if (at == end)
		return SIO_OK;
	if (json_is_space(*at))
		return SIO_BAD_PAYLOAD;
	switch (json_check(at, (size_t)(end - at), JSON_MAX_DEPTH)) {
	case 0:
		break;
	case JSON_TOO_DEEP:
		return SIO_TOO_DEEP;
	default:
		return SIO_BAD_PAYLOAD;
	}
	while (json_is_space(end[-1]))
		end--;
	out->payload.len = (size_t)(end - at);
	return SIO_OK;
}

static enum sio_verdict check_event_name(struct json_slice payload)
{
	struct json_slice name = sio_event_name(payload);
	size_t i;

	if (name.len == 0)
		return SIO_BAD_PAYLOAD;
	if (json_kind(name) == JSON_NUMBER)
		return SIO_OK;
	if (json_kind(name) != JSON_STRING)
		return SIO_BAD_PAYLOAD;
	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (json_string_is(name, reserved[i]))
			return SIO_RESERVED;
	return SIO_OK;
}

/* What the type asks of its payload. */
static enum sio_verdict check_shape(const struct sio_packet *p)
{
	bool none = p->payload.len == 0;
	enum json_kind kind = none ? JSON_NULL : json_kind(p->payload);
	bool ok = false;

	switch (p->type) {
	case SIO_CONNECT:
		ok = none || kind == JSON_OBJECT;
		break;
	case SIO_DISCONNECT:
		ok = none;
		break;
	case SIO_CONNECT_ERROR:
		ok = none || kind == JSON_OBJECT || kind == JSON_STRING;
		break;
	case SIO_EVENT:
	case SIO_BINARY_EVENT:
		return kind == JSON_ARRAY ? check_event_name(p->payload) : SIO_BAD_PAYLOAD;
	case SIO_ACK:
	case SIO_BINARY_ACK:
		ok = kind == JSON_ARRAY;
		break;
	}
	return ok ? SIO_OK : SIO_BAD_PAYLOAD;
}

/* Without attachments a placeholder is an object like any other, as in the reference. */
static enum sio_verdict check_placeholders(const struct sio_packet *p)
{
	if (p->attachments == 0 || json_placeholders_ok(p->payload, p->attachments))
		return SIO_OK;
	return SIO_BAD_ATTACHMENTS;
}

enum sio_verdict sio_parse(const char *text, size_t len, struct sio_packet *out)
{
	enum sio_verdict v = SIO_OK;
	const char *at, *end;

	memset(out, 0, sizeof(*out));
	if (len == 0 || text[0] < '0' || text[0] > '6')
		return SIO_BAD_TYPE;
	at = text + 1;
	end = text + len;
	out->type = (enum sio_type)(text[0] - '0');
	if (is_binary(out->type))
		v = read_attachments(&at, end, out);
	if (v == SIO_OK)
		v = read_namespace(&at, end, out);
	if (v == SIO_OK)
		v = read_id(&at, end, out);
	if (v == SIO_OK)
		v = read_payload(at, end, out);
	if (v == SIO_OK)
		v = check_shape(out);
	if (v == SIO_OK)
		v = check_placeholders(out);
	return v;
}

const char *sio_verdict_text(enum sio_verdict v)
{
	switch (v) {
	case SIO_OK:
		return "ok";
	case SIO_BAD_TYPE:
		return "unknown packet type";
	case SIO_BAD_ATTACHMENTS:
		return "illegal attachments";
	case SIO_BAD_PAYLOAD:
		return "invalid payload";
	case SIO_RESERVED:
		return "reserved event name";
	case SIO_TOO_DEEP:
		return "payload nested too deep";
	case SIO_BAD_ID:
		return "ack without a valid id";
	}
	return "unknown verdict";
}

struct json_slice sio_event_name(struct json_slice payload)
{
	struct json_slice name;
	size_t cursor = 0;

	if (!json_array_next(payload, &cursor, &name))
		name = (struct json_slice){ payload.at, 0 };
	return name;
}

/* Digits of n to the end of out; returns how many. */
static size_t format_number(uint64_t n, char out[20])
{
	size_t used = 0;

	do {
		out[19 - used++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return used;
}

/* Puts bytes at len while they fit in cap; returns the new len in any case. */
static size_t put(char *out, size_t cap, size_t len, const char *data, size_t n)
{
	if (n > 0 && n <= cap && len <= cap - n)
		memcpy(out + len, data, n);
	return len + n;
}

static size_t write_head(char *out, size_t cap, const struct sio_packet *p)
{
	char type = (char)('0' + p->type), digits[20];
	size_t len = put(out, cap, 0, &type, 1), n;

	if (is_binary(p->type)) {
		n = format_number((uint64_t)p->attachments, digits);
		len = put(out, cap, len, digits + 20 - n, n);
		len = put(out, cap, len, "-", 1);
	}
	if (p->nsp_len > 1) {
		len = put(out, cap, len, p->nsp, p->nsp_len);
		len = put(out, cap, len, ",", 1);
	}
	if (p->id >= 0) {
		n = format_number((uint64_t)p->id, digits);
		len = put(out, cap, len, digits + 20 - n, n);
	}
	return len;
}

size_t sio_write_head(char *out, size_t cap, enum sio_type type, int attachments, const char *nsp, size_t nsp_len,
		      int64_t id)
{
	struct sio_packet p = {
		.type = type, .attachments = attachments < 0 ? 0 : attachments, .nsp = nsp, .nsp_len = nsp_len, .id = id,
	};
	size_t need;

	if (cap >= SIO_HEAD_MAX + nsp_len)
		return write_head(out, cap, &p);
	need = write_head(NULL, 0, &p);
	return need <= cap ? write_head(out, cap, &p) : need;
}
