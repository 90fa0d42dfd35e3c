/* The client bundle in memory, a strong ETag (of the content) each. */
#include "config.h"
#include "core/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/sha.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/say.h"
#include "core/compress.h"
#include "core/cors.h"
#include "proto/header.h"

#define FILE_MAX_BYTES (4 << 20)
#define ETAG_MAX 48

static const struct {
	const char *name, *type;
} names[] = {
	{"socket.io.js", "application/javascript; charset=utf-8"},
	{"socket.io.js.map", "application/json; charset=utf-8"},
	{"socket.io.min.js", "application/javascript; charset=utf-8"},
	{"socket.io.min.js.map", "application/json; charset=utf-8"},
	{"socket.io.esm.min.js", "application/javascript; charset=utf-8"},
	{"socket.io.esm.min.js.map", "application/json; charset=utf-8"},
	{"socket.io.msgpack.min.js", "application/javascript; charset=utf-8"},
	{"socket.io.msgpack.min.js.map", "application/json; charset=utf-8"},
};
#define NAMES (sizeof(names) / sizeof(names[0]))

struct bundle {
	struct bytes *files[NAMES];
	struct bytes *small[NAMES];   /* compressed, once somebody has asked for that */
	char etags[NAMES][2 * 16 + 3];
};

static struct bytes *file_read(const char *dir, const char *name)
{
	char path[4096];
	struct bytes *b = NULL;
	FILE *f;
	long size;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return NULL;
	f = fopen(path, "rbe");
	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && size <= FILE_MAX_BYTES && fseek(f, 0, SEEK_SET) == 0)
		b = bytes_new(NULL, (size_t)size);
	if (b && fread(b->data, 1, b->len, f) != b->len) {
		bytes_unref(b);
		b = NULL;
	}
	fclose(f);
	return b;
}

static void etag_make(char out[2 * 16 + 3], const struct bytes *b)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)b->data, b->len, digest);
	*out++ = '"';
	for (int i = 0; i < 16; i++, out += 2)
		snprintf(out, 3, "%02x", digest[i]);
	*out++ = '"';
	*out = 0;
}

struct bundle *bundle_load(const char *dir)
{
	struct bundle *b = calloc(1, sizeof(*b));

	for (size_t i = 0; b && dir && i < NAMES; i++) {
		b->files[i] = file_read(dir, names[i].name);
		if (b->files[i])
			etag_make(b->etags[i], b->files[i]);
	}
	if (b && dir && !b->files[0])
		say(SAY_WARN, "bundle", NULL, "no client bundle in %s: it will not be served", dir);
	return b;
}

/* The file as gzip where the client takes it, made once; an ETag names what was sent to the byte. */
static const struct bytes *choose(struct bundle *b, const struct settings *settings, const struct exchange *x, size_t i, char etag[ETAG_MAX])
{
	bool gzip = compress_accepted(settings, x);

	if (gzip && !b->small[i])
		b->small[i] = compress_gzip(settings, b->files[i]->data, b->files[i]->len);
	gzip = gzip && b->small[i];
	snprintf(etag, ETAG_MAX, "%.*s%s\"", (int)strlen(b->etags[i]) - 1, b->etags[i], gzip ? "-gzip" : "");
	return gzip ? b->small[i] : b->files[i];
}

static void bundle_send(struct bundle *b, const struct settings *settings, struct exchange *x, size_t i)
{
	const char *known = exchange_header(x, "if-none-match");
	char etag[ETAG_MAX];
	const struct bytes *chosen = choose(b, settings, x, i, etag);
	struct iovec body = {(void *)(uintptr_t)chosen->data, chosen->len};
	bool same = known && header_etag_matches(known, etag);
	struct buf headers;

	buf_init(&headers, 16384);
	if (!same)
		buf_addf(&headers, "Content-Type: %s\r\n", names[i].type);
	if (!same && chosen == b->small[i])
		buf_add_str(&headers, "Content-Encoding: gzip\r\n");
	buf_addf(&headers, "Cache-Control: public, max-age=0\r\nVary: Accept-Encoding\r\nETag: %s\r\n", etag);
	cors_add_headers(&settings->cors, x, &headers);
	exchange_respond(x, same ? 304 : 200, headers.data ? headers.data : "", &body, same || strcmp(x->method, "HEAD") == 0 ? 0 : 1);
	buf_deinit(&headers);
}

void bundle_serve(struct bundle *b, const struct settings *settings, struct exchange *x, const char *name)
{
	static const char plain[] = "Content-Type: text/plain\r\n";
	struct iovec none = {0};

	if (strcmp(x->method, "GET") != 0 && strcmp(x->method, "HEAD") != 0) {
		exchange_respond(x, 405, "Allow: GET, HEAD\r\n", &none, 0);
		return;
	}
	for (size_t i = 0; i < NAMES; i++)
		if (b->files[i] && strcmp(names[i].name, name) == 0) {
			bundle_send(b, settings, x, i);
			return;
		}
	exchange_respond(x, 404, plain, &none, 0);
}

void bundle_free(struct bundle *b)
{
	for (size_t i = 0; b && i < NAMES; i++)
		bytes_unref(b->files[i]), bytes_unref(b->small[i]);
	free(b);
}
