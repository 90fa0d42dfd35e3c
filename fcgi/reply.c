/*
 * Replies. Pure. One layout for all three kinds: first the content is listed (head, header lines, blank line, body), then cut into
 * records where FastCGI wants them. Records are not padded: the whole reply goes out in one sendmsg, alignment helps nobody.
 */
#include "config.h"
#include "fcgi/reply.h"

#include <fastcgi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_PIECES 3

const char *reply_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} table[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 411, "Length Required" },
		{ 413, "Payload Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 426, "Upgrade Required" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].reason;
	return "Status";
}

static void record_header(unsigned char *h, int type, uint16_t id, size_t len)
{
	h[0] = FCGI_VERSION_1;
	h[1] = (unsigned char)type;
	h[2] = (unsigned char)(id >> 8);
	h[3] = (unsigned char)id;
	h[4] = (unsigned char)(len >> 8);
	h[5] = (unsigned char)len;
	h[6] = 0;
	h[7] = 0;
}

static void add_piece(struct reply *r, const void *data, size_t len)
{
	if (len == 0)
		return;
	r->iov[r->count].iov_base = (void *)(uintptr_t)data;
	r->iov[r->count].iov_len = len;
	r->count++;
}

static void add_end(struct reply *r, uint16_t id)
{
	memset(r->end, 0, sizeof(r->end));
	record_header(r->end, FCGI_STDOUT, id, 0);
	record_header(r->end + 8, FCGI_END_REQUEST, id, 8);
	r->end[16 + 4] = FCGI_REQUEST_COMPLETE;
	add_piece(r, r->end, sizeof(r->end));
}

/* RFC 9110, 8.6: none with 204; with 304 it would be the length of what is not sent. */
static size_t write_head(struct reply *r, int status, size_t body_len)
{
	int n;

	if (status == 204 || status == 304)
		n = snprintf(r->head, sizeof(r->head), "Status: %d %s\r\n", status, reply_reason(status));
	else
		n = snprintf(r->head, sizeof(r->head), "Status: %d %s\r\nContent-Length: %zu\r\n", status, reply_reason(status), body_len);
	return n > 0 && (size_t)n < sizeof(r->head) ? (size_t)n : 0;
}

static size_t total_len(const struct iovec *pieces, int count)
{
	size_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += pieces[i].iov_len;
	return sum;
}

static int make_room(struct reply *r, size_t pieces, size_t records)
{
	r->iov = r->inline_iov;
	r->records = r->inline_records;
	r->count = 0;
	r->heap = NULL;
	if (pieces <= REPLY_INLINE_PIECES && records <= REPLY_INLINE_RECORDS)
		return 0;
	r->heap = malloc(pieces * sizeof(*r->iov) + records * sizeof(*r->records));
	if (!r->heap)
		return POLLUX_NO_MEMORY;
	r->iov = r->heap;
	r->records = (void *)(r->iov + pieces);
	return 0;
}

/* Where the next content byte goes: records are opened as they are needed, each told its length beforehand. */
struct cutter {
	struct reply *r;
	uint16_t id;
	size_t left; /* content not yet laid out */
	size_t room; /* of the open record */
	size_t records;
};

static void cut_piece(struct cutter *c, const char *data, size_t len)
{
	while (len > 0) {
		size_t step;

		if (c->room == 0) {
			c->room = c->left < REPLY_RECORD_MAX ? c->left : REPLY_RECORD_MAX;
			record_header(c->r->records[c->records], FCGI_STDOUT, c->id, c->room);
			add_piece(c->r, c->r->records[c->records++], 8);
		}
		step = len < c->room ? len : c->room;
		add_piece(c->r, data, step);
		data += step;
		len -= step;
		c->room -= step;
		c->left -= step;
	}
}

int reply_build(struct reply *r, uint16_t request_id, int status, const char *headers, const struct iovec *body, int pieces)
{
	size_t body_len = total_len(body, pieces), head_len = write_head(r, status, body_len);
	size_t headers_len = strlen(headers), total = head_len + headers_len + 2 + body_len;
	size_t records = (total + REPLY_RECORD_MAX - 1) / REPLY_RECORD_MAX;
	struct cutter c = { .r = r, .id = request_id, .left = total };

	/* each record adds its header and may cut one piece in two */
	if (make_room(r, HEAD_PIECES + (size_t)pieces + 2 * records + 1, records))
		return POLLUX_NO_MEMORY;
	cut_piece(&c, r->head, head_len);
	cut_piece(&c, headers, headers_len);
	cut_piece(&c, "\r\n", 2);
	for (int i = 0; i < pieces; i++)
		cut_piece(&c, body[i].iov_base, body[i].iov_len);
	add_end(r, request_id);
	return 0;
}

void reply_build_end(struct reply *r, uint16_t request_id)
{
	r->iov = r->inline_iov;
	r->heap = NULL;
	r->count = 0;
	add_end(r, request_id);
}

int reply_build_plain(struct reply *r, int status, const char *headers, const struct iovec *body, int pieces)
{
	size_t head_len = write_head(r, status, total_len(body, pieces));

	if (make_room(r, HEAD_PIECES + (size_t)pieces, 0))
		return POLLUX_NO_MEMORY;
	add_piece(r, r->head, head_len);
	add_piece(r, headers, strlen(headers));
	add_piece(r, "\r\n", 2);
	for (int i = 0; i < pieces; i++)
		add_piece(r, body[i].iov_base, body[i].iov_len);
	return 0;
}

void reply_deinit(struct reply *r)
{
	free(r->heap);
	r->heap = NULL;
}
