/*
 * The two wires of the load generator. HTTP replies must carry Content-Length (both servers' do); FastCGI
 * requests are sent as lighttpd sends them: one a connection, records without padding.
 */
#include "config.h"

#include "tests/bench/wire.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a browser sends with every request, about. No Accept-Encoding: the reference would compress, ours leaves that to the web server. */
#define USER_AGENT "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"

enum { RECORD_BEGIN = 1, RECORD_END = 3, RECORD_PARAMS = 4, RECORD_STDIN = 5, RECORD_STDOUT = 6, RECORD_HEAD = 8 };

/* Room that remains in a caller's buffer; once something did not fit, full stays set. */
struct room {
	char *at;
	size_t len, cap;
	bool full;
};

static void room_add(struct room *r, const void *data, size_t n)
{
	if (r->full || n > r->cap - r->len) {
		r->full = true;
		return;
	}
	if (n > 0)
		memcpy(r->at + r->len, data, n);
	r->len += n;
}

static size_t format_http(const struct wire_request *q, char *out, size_t cap)
{
	struct room r = { out, 0, cap, false };
	int n = snprintf(out, cap,
		"%s %s?%s HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nUser-Agent: " USER_AGENT
		"\r\nAccept: */*\r\nReferer: http://localhost/\r\nAccept-Language: en-US,en;q=0.9\r\n",
		q->method, q->path, q->query);
	r.full = n < 0 || (size_t)n >= cap;
	r.len = r.full ? 0 : (size_t)n;
	if (q->body && !r.full) {
		n = snprintf(out + r.len, cap - r.len, "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n", q->body_len);
		r.full = n < 0 || (size_t)n >= cap - r.len;
		r.len += r.full ? 0 : (size_t)n;
	}
	room_add(&r, "\r\n", 2);
	room_add(&r, q->body, q->body ? q->body_len : 0);
	return r.full ? 0 : r.len;
}

static void add_head(struct room *r, int type, size_t len)
{
	const unsigned char head[RECORD_HEAD] = { 1, (unsigned char)type, 0, 1, (unsigned char)(len >> 8), (unsigned char)len, 0, 0 };

	room_add(r, head, sizeof(head));
}

static void add_length(struct room *r, size_t n)
{
	const unsigned char lengths[4] = { (unsigned char)(0x80 | n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	if (n < 128)
		room_add(r, &lengths[3], 1);
	else
		room_add(r, lengths, 4);
}

static void add_param(struct room *r, const char *name, const char *value)
{
	add_length(r, strlen(name));
	add_length(r, strlen(value));
	room_add(r, name, strlen(name));
	room_add(r, value, strlen(value));
}

static void add_params(struct room *r, const struct wire_request *q)
{
	char uri[512], length[24];

	(void)snprintf(uri, sizeof(uri), "%s?%s", q->path, q->query);
	(void)snprintf(length, sizeof(length), "%zu", q->body ? q->body_len : 0);
	add_param(r, "CONTENT_LENGTH", length);
	add_param(r, "QUERY_STRING", q->query);
	add_param(r, "REQUEST_URI", uri);
	add_param(r, "SCRIPT_NAME", q->path);
	add_param(r, "SCRIPT_FILENAME", "/srv/www/socket.io/");
	add_param(r, "DOCUMENT_ROOT", "/srv/www");
	add_param(r, "REQUEST_METHOD", q->method);
	add_param(r, "SERVER_PROTOCOL", "HTTP/1.1");
	add_param(r, "GATEWAY_INTERFACE", "CGI/1.1");
	add_param(r, "SERVER_SOFTWARE", "pollgen");
	add_param(r, "SERVER_NAME", "localhost");
	add_param(r, "SERVER_PORT", "80");
	add_param(r, "REMOTE_ADDR", "127.0.0.1");
	add_param(r, "REMOTE_PORT", "1");
	add_param(r, "HTTP_HOST", "localhost");
	add_param(r, "HTTP_USER_AGENT", USER_AGENT);
	add_param(r, "HTTP_ACCEPT", "*/*");
	add_param(r, "HTTP_REFERER", "http://localhost/");
	add_param(r, "HTTP_ACCEPT_LANGUAGE", "en-US,en;q=0.9");
	if (q->body)
		add_param(r, "CONTENT_TYPE", "text/plain;charset=UTF-8");
}

static void add_stream(struct room *r, int type, const char *data, size_t len)
{
	while (len > 0) {
		size_t n = len < 65535 ? len : 65535;

		add_head(r, type, n);
		room_add(r, data, n);
		data += n;
		len -= n;
	}
	add_head(r, type, 0);
}

static size_t format_fastcgi(const struct wire_request *q, char *out, size_t cap)
{
	static const unsigned char responder[8] = { 0, 1, 0, 0, 0, 0, 0, 0 };
	char params[4096];
	struct room r = { out, 0, cap, false };
	struct room p = { params, 0, sizeof(params), false };

	add_params(&p, q);
	add_head(&r, RECORD_BEGIN, sizeof(responder));
	room_add(&r, responder, sizeof(responder));
	add_stream(&r, RECORD_PARAMS, params, p.len);
	add_stream(&r, RECORD_STDIN, q->body, q->body ? q->body_len : 0);
	return r.full || p.full ? 0 : r.len;
}

size_t wire_format(enum wire_kind kind, const struct wire_request *request, char *out, size_t cap)
{
	return kind == WIRE_HTTP ? format_http(request, out, cap) : format_fastcgi(request, out, cap);
}

/* The value of a header in [at, end), or NULL; *len its length. */
static const char *header_find(const char *at, const char *end, const char *name, size_t *len)
{
	size_t n = strlen(name);

	while (at < end) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		const char *stop = line ? line : end;

		if ((size_t)(stop - at) > n && at[n] == ':' && strncasecmp(at, name, n) == 0) {
			at += n + 1;
			while (at < stop && *at == ' ')
				at++;
			*len = (size_t)(stop - at) - (stop > at && stop[-1] == '\r');
			return at;
		}
		at = stop + 1;
	}
	return NULL;
}

static ssize_t parse_http(char *data, size_t len, struct wire_reply *out)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);
	const char *value;
	size_t n, body;

	if (!end)
		return len > 16384 ? -1 : 0;
	if (len < 12 || memcmp(data, "HTTP/1.", 7) != 0)
		return -1;
	out->status = (int)strtol(data + 9, NULL, 10);
	value = header_find(data, end + 2, "content-length", &n);
	/* Only a refusal may lack a length (node's 408 does): what has come of it is enough to say so. */
	if (!value && out->status == 200)
		return -1;
	body = value ? (size_t)strtoul(value, NULL, 10) : (size_t)(data + len - (end + 4));
	if ((size_t)(data + len - (end + 4)) < body)
		return 0;
	out->body = end + 4;
	out->body_len = body;
	value = header_find(data, end + 2, "connection", &n);
	out->close = data[7] == '0' || (value && n >= 5 && strncasecmp(value, "close", 5) == 0);
	return (end + 4 - data) + (ssize_t)body;
}

static size_t record_len(const unsigned char *head)
{
	return ((size_t)head[4] << 8 | head[5]) + head[6];
}

/* Bytes up to and with the END_REQUEST record, 0 when it is not here yet. */
static size_t fastcgi_end(const unsigned char *data, size_t len)
{
	size_t at = 0;

	while (len - at >= RECORD_HEAD) {
		size_t whole = RECORD_HEAD + record_len(data + at);

		if (len - at < whole)
			return 0;
		if (data[at + 1] == RECORD_END)
			return at + whole;
		at += whole;
	}
	return 0;
}

/* Joins the contents of STDOUT at the front of data; returns their length. */
static size_t fastcgi_join(char *data, size_t len)
{
	size_t at = 0, to = 0;

	while (at < len) {
		const unsigned char *head = (unsigned char *)data + at;
		size_t whole = RECORD_HEAD + record_len(head);
		size_t content = head[1] == RECORD_STDOUT ? (size_t)head[4] << 8 | head[5] : 0;

		memmove(data + to, data + at + RECORD_HEAD, content);
		to += content;
		at += whole;
	}
	return to;
}

static ssize_t parse_fastcgi(char *data, size_t len, struct wire_reply *out)
{
	size_t whole = fastcgi_end((unsigned char *)data, len);
	size_t n, joined;
	const char *end, *status;

	if (whole == 0)
		return 0;
	joined = fastcgi_join(data, whole);
	end = memmem(data, joined, "\r\n\r\n", 4);
	if (!end)
		return -1;
	status = header_find(data, end + 2, "status", &n);
	out->status = status ? (int)strtol(status, NULL, 10) : 200;
	out->body = end + 4;
	out->body_len = (size_t)(data + joined - out->body);
	out->close = true;
	return (ssize_t)whole;
}

ssize_t wire_parse(enum wire_kind kind, char *data, size_t len, struct wire_reply *out)
{
	return kind == WIRE_HTTP ? parse_http(data, len, out) : parse_fastcgi(data, len, out);
}
