/*
 * Requests. libmicrohttpd decodes paths and arguments; core wants them as they were sent, so they are taken from the request line.
 *
 * libmicrohttpd does not look at a suspended connection's socket: the loop watches it while a poll is parked, and finds the
 * client's leaving at once (EPOLLIN with nothing to read). A client that sends its next request already (pipelining) is not watched
 * any more: what it has sent would hide its leaving.
 */
#include "config.h"
#include "ws/request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>
#include "base/say.h"
#include "core/settings.h"
#include "proto/websocket.h"
#include "ws/client_address.h"
#include "ws/conn.h"
#include "ws/handshake.h"
#include "ws/headers.h"
#include "ws/httpd.h"

/* A request's headers joined and in lower case are about as long as libmicrohttpd's memory for them. */
#define HEADERS_MAX 65536
/* Of a body over the maximum so much is still read, so that the client gets to read the answer. */
#define DRAIN_MAX ((size_t)16 * 1024 * 1024)

static const char *header_of(const struct exchange *x, const char *name);
static bool header_at_of(const struct exchange *x, size_t index, const char **name, const char **value);
static void respond(struct exchange *x, int status, const char *headers, const struct iovec *body, int pieces);
static void park(struct exchange *x);
static void upgrade(struct exchange *x, const char *headers, size_t max_message, exchange_opened *opened, void *ctx);

static const struct exchange_ops request_ops = { header_of, header_at_of, respond, park, upgrade };

/* ---- reading ---- */

/* "http://host/socket.io/?x" -> "/socket.io/?x": proxies may ask in absolute form (RFC 9112, 3.2.2). */
static const char *skip_authority(const char *target)
{
	const char *colons = strstr(target, "://"), *rest;

	if (*target == '/' || !colons || memchr(target, '?', (size_t)(colons - target)))
		return target;
	rest = colons + 3 + strcspn(colons + 3, "/?");
	return *rest ? rest : "/";
}

struct request *request_new(struct httpd *h, const char *target)
{
	struct request *r = calloc(1, sizeof(*r));
	char *query;

	if (!r)
		return NULL;
	r->httpd = h;
	r->target = strdup(skip_authority(target));
	if (!r->target) {
		free(r);
		return NULL;
	}
	query = strchr(r->target, '?');
	if (query)
		*query++ = '\0';
	r->x = (struct exchange){
		.ops = &request_ops, .method = "", .path = r->target, .path_info = "", .query = query ? query : "", .peer = r->peer, .body = "",
	};
	DL_APPEND(h->requests, r);
	h->count++;
	h->reading++;
	h->since_trim++;
	return r;
}

/* "" for a Unix socket; an IPv4 address that came by an IPv6 socket as itself. */
static void read_peer(struct request *r)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *addr = info ? info->client_addr : NULL;

	if (addr && addr->sa_family == AF_INET) {
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)addr)->sin_addr, r->peer, sizeof(r->peer));
	} else if (addr && addr->sa_family == AF_INET6) {
		const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr;

		if (IN6_IS_ADDR_V4MAPPED(six))
			inet_ntop(AF_INET, &six->s6_addr[12], r->peer, sizeof(r->peer));
		else
			inet_ntop(AF_INET6, six, r->peer, sizeof(r->peer));
	}
}

static enum MHD_Result on_header(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct request *r = ctx;

	(void)kind;
	headers_add(&r->headers, name, value ? value : "");
	return MHD_YES;
}

/* One allocation where the length is known. */
static void expect_body(struct request *r)
{
	const char *length = headers_get(&r->headers, "content-length");
	unsigned long long n = length ? strtoull(length, NULL, 10) : 0;

	buf_init(&r->body, (size_t)r->httpd->options.settings->max_http_buffer_size);
	if (n > 0 && n <= r->body.max)
		buf_reserve(&r->body, (size_t)n);
}

int request_begin(struct request *r, struct MHD_Connection *connection, const char *method, const char *version)
{
	r->connection = connection;
	r->x.method = method;
	read_peer(r);
	buf_init(&r->headers, HEADERS_MAX);
	MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, r);
	if (r->headers.error)
		return r->headers.error;
	client_address(r->httpd->options.settings, r->peer, sizeof(r->peer), &r->x.secure, headers_get(&r->headers, "x-forwarded-for"),
		headers_get(&r->headers, "x-forwarded-proto"));
	expect_body(r);
	r->handshake = handshake_check(&r->headers, method, version, &r->why);
	r->x.websocket = r->handshake == HANDSHAKE_FINE;
	return r->body.error;
}

bool request_add_body(struct request *r, const char *data, size_t len)
{
	if (!r->x.body_too_big && buf_add(&r->body, data, len)) {
		if (r->body.error == POLLUX_NO_MEMORY)
			return false;
		buf_deinit(&r->body);
		r->x.body_too_big = true;
	}
	if (!r->x.body_too_big)
		return true;
	r->drained += len;
	return r->drained <= DRAIN_MAX;
}

void request_submit(struct request *r)
{
	r->whole = true;
	r->httpd->reading--;
	if (r->body.data) {
		r->x.body = r->body.data;
		r->x.body_len = r->body.len;
	}
	r->httpd->options.submit(r->httpd->options.ctx, r);
	if (!r->answered) {
		MHD_suspend_connection(r->connection);
		r->suspended = true;
	}
}

static const char *header_of(const struct exchange *x, const char *name)
{
	return headers_get(&((const struct request *)x)->headers, name);
}

static bool header_at_of(const struct exchange *x, size_t index, const char **name, const char **value)
{
	return headers_at(&((const struct request *)x)->headers, index, name, value);
}

static void forget_text(struct request *r)
{
	free(r->target);
	r->target = NULL;
	buf_deinit(&r->headers);
	buf_deinit(&r->body);
	r->x.path = r->x.query = r->x.body = "";
	r->x.body_len = 0;
}

/* ---- waiting ---- */

static void on_peer(struct ev_loop *loop, ev_io *w, int events)
{
	struct request *r = w->data;
	char byte;
	ssize_t n = recv(w->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	ev_io_stop(loop, w);
	if (n <= 0 && r->x.aborted)
		r->x.aborted(&r->x);
}

static void park(struct exchange *x)
{
	struct request *r = (struct request *)x;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	forget_text(r);
	ev_io_init(&r->io, on_peer, info->connect_fd, EV_READ);
	r->io.data = r;
	ev_io_start(r->httpd->options.loop, &r->io);
}

/* ---- answering ---- */

/* Adds each "Name: value\r\n" of the text. */
static void add_headers(struct MHD_Response *response, const char *lines)
{
	char line[8192];

	while (*lines) {
		size_t len = strcspn(lines, "\r\n");
		char *colon;

		if (len < sizeof(line)) {
			memcpy(line, lines, len);
			line[len] = '\0';
			colon = strchr(line, ':');
			if (colon) {
				*colon = '\0';
				MHD_add_response_header(response, line, colon + 1 + strspn(colon + 1, " "));
			}
		}
		lines += len;
		lines += strspn(lines, "\r\n");
	}
}

/* Is never asked for anything. */
static ssize_t no_content(void *ctx, uint64_t at, char *to, size_t room)
{
	(void)ctx;
	(void)at;
	(void)to;
	(void)room;
	return MHD_CONTENT_READER_END_OF_STREAM;
}

/* 304 must not say a Content-Length that is not the file's (RFC 9110, 8.6), and libmicrohttpd says 0 unless it thinks that the body has no
 * known end; then it closes the connection after it, which is the price. */
static struct MHD_Response *make_not_modified(void)
{
	struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, no_content, NULL, NULL);

	if (response)
		MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	return response;
}

static struct MHD_Response *make_response(const struct iovec *body, int pieces)
{
	size_t len = 0;
	char *all, *to;

	for (int i = 0; i < pieces; i++)
		len += body[i].iov_len;
	if (len == 0)
		return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	all = to = malloc(len);
	if (!all)
		return NULL;
	for (int i = 0; i < pieces; i++) {
		if (body[i].iov_len)
			memcpy(to, body[i].iov_base, body[i].iov_len);
		to += body[i].iov_len;
	}
	return MHD_create_response_from_buffer(len, all, MHD_RESPMEM_MUST_FREE);
}

/* Takes the response (NULL: the connection is cut off). */
static void send_response(struct request *r, int status, struct MHD_Response *response)
{
	bool queued = response && MHD_queue_response(r->connection, (unsigned)status, response) == MHD_YES;

	if (response)
		MHD_destroy_response(response);
	if (!queued) {
		request_drop(r);
		return;
	}
	r->answered = true;
	r->httpd->wanted = true;
	if (r->suspended)
		MHD_resume_connection(r->connection);
	r->suspended = false;
}

static void end_exchange(struct request *r)
{
	ev_io_stop(r->httpd->options.loop, &r->io);
	forget_text(r);
}

static void respond(struct exchange *x, int status, const char *headers, const struct iovec *body, int pieces)
{
	struct request *r = (struct request *)x;
	struct MHD_Response *response = status == 304 ? make_not_modified() : make_response(body, pieces);

	if (response) {
		add_headers(response, headers);
		if (r->httpd->stopping)
			MHD_add_response_header(response, "Connection", "close");
	}
	send_response(r, status, response);
	end_exchange(r);
}

void request_respond_file(struct request *r, int status, const char *headers, int fd, uint64_t size)
{
	struct MHD_Response *response = MHD_create_response_from_fd64(size, fd);

	if (response)
		add_headers(response, headers);
	else
		close(fd);
	send_response(r, status, response);
	end_exchange(r);
}

/* ---- the upgrade ---- */

/* libmicrohttpd would keep 21.5 KB a connection to the end: so it gets its socket back, and we go on with a copy. */
static void on_upgraded(void *ctx, struct MHD_Connection *connection, void *of_request, const char *extra, size_t extra_len,
			MHD_socket socket, struct MHD_UpgradeResponseHandle *handle)
{
	struct request *r = ctx;
	exchange_opened *opened = r->opened;
	int fd = fcntl(socket, F_DUPFD_CLOEXEC, 3);

	(void)connection;
	(void)of_request;
	r->opened = NULL;
	if (fd >= 0) {
		conn_open(r->httpd->options.conns, fd, r->max_message, opened, r->opened_ctx, extra, extra_len);
	} else {
		say(SAY_WARN, "ws", NULL, "no descriptor for a WebSocket: %s", strerror(errno));
		opened(r->opened_ctx, NULL);
	}
	MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
	r->httpd->wanted = true;
}

static void add_handshake(const struct request *r, struct MHD_Response *response)
{
	char accept[WEBSOCKET_ACCEPT_LEN + 1], protocol[HANDSHAKE_PROTOCOL_MAX + 1];

	websocket_accept_key(headers_get(&r->headers, "sec-websocket-key"), accept);
	MHD_add_response_header(response, "Upgrade", "websocket");
	MHD_add_response_header(response, "Sec-WebSocket-Accept", accept);
	if (handshake_protocol(&r->headers, protocol))
		MHD_add_response_header(response, "Sec-WebSocket-Protocol", protocol);
}

static void upgrade(struct exchange *x, const char *headers, size_t max_message, exchange_opened *opened, void *ctx)
{
	struct request *r = (struct request *)x;
	struct MHD_Response *response = MHD_create_response_for_upgrade(on_upgraded, r);

	r->opened = opened;
	r->opened_ctx = ctx;
	r->max_message = max_message;
	if (response) {
		add_handshake(r, response);
		add_headers(response, headers);
	}
	send_response(r, MHD_HTTP_SWITCHING_PROTOCOLS, response);
	end_exchange(r);
}

/* ---- the end ---- */

void request_drop(struct request *r)
{
	if (r->answered)
		return;
	r->dropped = true;
	r->answered = true;
	r->httpd->wanted = true;
	if (r->suspended)
		MHD_resume_connection(r->connection);
	r->suspended = false;
}

void request_ended(struct request *r)
{
	DL_DELETE(r->httpd->requests, r);
	r->httpd->count--;
	if (!r->whole)
		r->httpd->reading--;
	end_exchange(r);
	/* after server_free nobody is there to be told */
	if (r->opened && !r->httpd->freeing)
		r->opened(r->opened_ctx, NULL);
	free(r);
}
