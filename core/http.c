/*
 * server_submit: from a request to an input of the tick. The checks that need no store are made here, in the
 * reference's order: transport, Origin, (sid, in the tick), method.
 */
#include "config.h"
#include "core/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "core/bundle.h"
#include "core/compress.h"
#include "core/cors.h"
#include "core/plain.h"
#include "core/tick.h"
#include "proto/header.h"
#include "proto/query.h"

#define HEADERS_MAX_BYTES 32768
#define NO_STORE "Cache-Control: no-store\r\n"

static const char *const refusals[] = {
	[REFUSE_TRANSPORT] = "{\"code\":0,\"message\":\"Transport unknown\"}",
	[REFUSE_SID] = "{\"code\":1,\"message\":\"Session ID unknown\"}",
	[REFUSE_METHOD] = "{\"code\":2,\"message\":\"Bad handshake method\"}",
	[REFUSE_REQUEST] = "{\"code\":3,\"message\":\"Bad request\"}",
	[REFUSE_FORBIDDEN] = "{\"code\":4,\"message\":\"Forbidden\"}",
	[REFUSE_PROTOCOL] = "{\"code\":5,\"message\":\"Unsupported protocol version\"}",
};

void http_refuse(struct input *in, enum refusal why)
{
	input_answer(in, why == REFUSE_FORBIDDEN ? 403 : 400, "application/json", refusals[why], strlen(refusals[why]));
}

static void add_initial(const struct server *s, const struct input *in, struct buf *headers)
{
	bool opens = in->kind == INPUT_HANDSHAKE && (in->status == 200 || in->status == 101);

	if (opens && s->settings->cookie_name && !in->room)
		buf_addf(headers, "Set-Cookie: %s=%s%s\r\n", s->settings->cookie_name, in->sid,
			 s->settings->cookie_attributes ? s->settings->cookie_attributes : "");
	if (opens && s->settings->initial_headers)
		buf_add_str(headers, s->settings->initial_headers);
	if (opens && in->initial)
		buf_add(headers, in->initial->data, in->initial->len);
}

struct bytes *http_handshake_headers(const struct server *s, const struct input *in)
{
	struct bytes *made;
	struct buf b;

	buf_init(&b, HEADERS_MAX_BYTES);
	add_initial(s, in, &b);
	if (in->cors)
		buf_add(&b, in->cors->data, in->cors->len);
	made = b.error || !b.len ? NULL : bytes_new(b.data, b.len);
	buf_deinit(&b);
	return made;
}

void http_send(struct server *s, struct exchange *x, const struct http_reply *r)
{
	struct bytes *small = r->gzip ? compress_again(&s->compressed, s->settings, r->body, r->body_len) : NULL;
	struct iovec body = {small ? small->data : (void *)(uintptr_t)r->body, small ? small->len : r->body_len};
	struct buf all;

	buf_init(&all, HEADERS_MAX_BYTES);
	if (r->type)
		buf_addf(&all, "Content-Type: %s\r\n", r->type);
	buf_add_str(&all, NO_STORE);
	if (small)
		buf_add_str(&all, "Content-Encoding: gzip\r\n");
	if (r->more)
		buf_add_str(&all, r->more);
	if (r->cors)
		buf_add(&all, r->cors->data, r->cors->len);
	exchange_respond(x, r->status, all.data ? all.data : "", &body, 1);
	buf_deinit(&all);
	bytes_unref(small);
}

void http_answer(struct server *s, struct input *in)
{
	struct http_reply r = {
		.status = in->status,
		.type = in->type,
		.body = in->body ? in->body->data : NULL,
		.body_len = in->body ? in->body->len : 0,
		.gzip = in->gzip,
		.cors = in->cors,
	};
	struct buf initial;

	buf_init(&initial, HEADERS_MAX_BYTES);
	add_initial(s, in, &initial);
	r.more = initial.data;
	http_send(s, in->x, &r);
	buf_deinit(&initial);
	s->open_exchanges--;
	input_free(in);
}

void http_answer_text(struct exchange *x, int status, const char *headers, const char *text)
{
	struct iovec body = {(void *)(uintptr_t)text, strlen(text)};

	exchange_respond(x, status, headers, &body, 1);
}

static void add_common(const struct settings *settings, const struct exchange *x, struct buf *out)
{
	if (settings->headers)
		buf_add_str(out, settings->headers);
	cors_add_headers(&settings->cors, x, out);
}

struct bytes *http_cors(const struct settings *settings, const struct exchange *x)
{
	struct bytes *made;
	struct buf b;

	buf_init(&b, HEADERS_MAX_BYTES);
	add_common(settings, x, &b);
	made = b.error || !b.len ? NULL : bytes_new(b.data, b.len);
	buf_deinit(&b);
	return made;
}

static void preflight(const struct settings *settings, struct exchange *x)
{
	struct buf b;

	buf_init(&b, HEADERS_MAX_BYTES);
	add_common(settings, x, &b);
	cors_add_preflight(&settings->cors, x, &b);
	http_answer_text(x, 204, b.data && !b.error ? b.data : "", "");
	buf_deinit(&b);
}

static enum input_kind kind_of(const struct exchange *x, bool proper, bool has_sid)
{
	if (!has_sid)
		return INPUT_HANDSHAKE;
	if (proper && x->websocket)
		return INPUT_UPGRADE;
	return proper && strcmp(x->method, "POST") == 0 ? INPUT_POST : INPUT_POLL;
}

/* Whether a parameter has just this value: also its length counts, since a NUL (%00) may stand in it. */
static bool query_is(const struct exchange *x, const char *name, const char *value)
{
	char text[16] = "";
	ssize_t len = query_get(x->query, strlen(x->query), name, text, sizeof(text));

	return len == (ssize_t)strlen(value) && memcmp(text, value, (size_t)len) == 0;
}

/* A session's requests are GET and POST by polling, or a WebSocket's handshake, in the protocol of the session's own. */
static bool is_misused(const struct exchange *x)
{
	return !query_is(x, "transport", x->websocket ? "websocket" : "polling") || !query_is(x, "EIO", "4") ||
	       (strcmp(x->method, "GET") != 0 && strcmp(x->method, "POST") != 0);
}

/* -1: all is well so far. */
static int check_request(const struct settings *settings, const struct exchange *x, bool has_sid)
{
	const char *origin = exchange_header(x, "origin");
	bool websocket = query_is(x, "transport", "websocket");

	if (!(settings->transports & TRANSPORT_WEBSOCKET))
		websocket = false;
	if (!websocket && !(settings->transports & TRANSPORT_POLLING && query_is(x, "transport", "polling")))
		return REFUSE_TRANSPORT;
	if (origin && !header_value_ok(origin, strlen(origin)))
		return REFUSE_REQUEST;
	if (has_sid)
		return -1;   /* whether the session is known comes first */
	if (strcmp(x->method, "GET") != 0)
		return REFUSE_METHOD;
	if (websocket != x->websocket)
		return REFUSE_REQUEST;
	return query_is(x, "EIO", "4") ? -1 : REFUSE_PROTOCOL;
}

/* Reads the sid, "" for none; false: one that no session can have. */
static bool read_sid(const struct exchange *x, char sid[RANDOM_ID_LEN + 1])
{
	ssize_t len = query_get(x->query, strlen(x->query), "sid", sid, RANDOM_ID_LEN + 1);

	if (len < 0)
		sid[0] = 0;
	return len != -2 && (len < 0 || strlen(sid) == (size_t)len);
}

static void submit_engine(struct server *s, struct exchange *x)
{
	struct input *in = input_new(INPUT_HANDSHAKE, x);
	bool possible, has_sid;
	int refused;

	if (!in) {
		http_answer_text(x, 503, NO_STORE, "");
		return;
	}
	possible = read_sid(x, in->sid);
	has_sid = !possible || in->sid[0];
	refused = check_request(s->settings, x, has_sid);
	if (refused < 0 && !possible)
		refused = REFUSE_SID;
	in->cors = http_cors(s->settings, x);
	in->gzip = compress_accepted(s->settings, x);
	in->misused = has_sid && (is_misused(x) || (x->websocket && !s->settings->allow_upgrades));
	in->kind = kind_of(x, !in->misused, has_sid);
	if (query_get(x->query, strlen(x->query), "t", in->t, sizeof(in->t)) < 0)
		in->t[0] = 0;   /* too long to be told from another that begins alike */
	s->open_exchanges++;
	if (refused < 0 && x->websocket && !in->misused) {
		in->link = link_new(s);
		refused = in->link ? -1 : REFUSE_REQUEST;
	}
	if (refused >= 0) {
		http_refuse(in, (enum refusal)refused);
		http_answer(s, in);
		return;
	}
	tick_add(s, in);
}

static bool is_under(const struct settings *settings, const char *path)
{
	size_t own = strlen(settings->path) - 1;

	return strncmp(path, settings->path, own) == 0 && (!path[own] || path[own] == '/');
}

static void submit_resource(struct server *s, struct exchange *x, const char *path)
{
	size_t own = strlen(s->settings->path);

	if (path[own - 1] && path[own])
		bundle_serve(s->bundle, s->settings, x, path + own);
	else if (strcmp(x->method, "OPTIONS") == 0 && s->settings->cors.mode != CORS_OFF)
		preflight(s->settings, x);
	else
		submit_engine(s, x);
}

/* Behind a script (/cgi-bin/pollux.fcgi/socket.io/) our path is what follows the script's name. While draining requests are served as ever,
 * only that no poll is held; a WebSocket would have to go again at once. */
void server_submit(struct server *s, struct exchange *x)
{
	if (s->draining && x->websocket)
		http_answer_text(x, 503, NO_STORE, "");
	else if (is_under(s->settings, x->path))
		submit_resource(s, x, x->path);
	else if (is_under(s->settings, x->path_info))
		submit_resource(s, x, x->path_info);
	else if (plain_submit(s, x, x->path))
		return;
	else
		http_answer_text(x, 404, "Content-Type: text/plain\r\n", "Not Found\n");
}
