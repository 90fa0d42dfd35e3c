/*
 * A path is decoded first and looked at afterwards: its parts must be names (no "." at the beginning, so no ".." either), and an
 * encoded slash or NUL is in none. Symbolic links are base/beneath.h's task.
 *
 * Big files go from the descriptor to the socket by sendfile, in libmicrohttpd.
 */
#include "config.h"
#include "ws/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/bytes.h"
#include "base/say.h"
#include "core/compress.h"
#include "proto/header.h"
#include "ws/request.h"

#define FILE_PATH_MAX 1024
#define INDEX "index.html"
#define NOT_FOUND "404.html"
#define COMPRESSED_MAX (1 << 20)

/* As in conf/: the page's own scripts, styles and connections, and nothing else. */
#define PAGE_HEADERS \
	"Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n" \
	"X-Content-Type-Options: nosniff\r\n" \
	"Referrer-Policy: no-referrer\r\n" \
	"Cache-Control: no-cache\r\n"

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".woff2", "font/woff2" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static const char *type_of(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t n = strlen(types[i].suffix);

		if (len > n && strcmp(path + len - n, types[i].suffix) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

/* ---- from a request's path to a name below the folder ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes one character; false: malformed, or one that no name may have. */
static bool decode(const char **at, char *out)
{
	int high, low;

	if (**at != '%') {
		*out = *(*at)++;
		return *out != '\\';
	}
	high = hex((*at)[1]);
	low = high < 0 ? -1 : hex((*at)[2]);
	if (low < 0)
		return false;
	*out = (char)(high * 16 + low);
	*at += 3;
	return *out != '\0' && *out != '/' && *out != '\\';
}

/* "/js/chat.js" -> "js/chat.js", "/" -> "index.html". False: there can be no such file. */
static bool find_name(const char *path, char name[FILE_PATH_MAX])
{
	size_t len = 0;

	if (*path++ != '/')
		return false;
	while (*path) {
		bool starts = len == 0 || name[len - 1] == '/';

		if (len + 1 + sizeof(INDEX) > FILE_PATH_MAX || !decode(&path, &name[len]) || (starts && (name[len] == '.' || name[len] == '/')))
			return false;
		len++;
	}
	if (len == 0 || name[len - 1] == '/')
		memcpy(name + len, INDEX, sizeof(INDEX));
	else
		name[len] = '\0';
	return true;
}

/* ---- answers ---- */

static void answer_text(struct request *r, int status, const char *headers, const char *text)
{
	struct iovec body = { (void *)(uintptr_t)text, strlen(text) };

	exchange_respond(&r->x, status, headers, &body, 1);
}

/* A descriptor of a regular file, or -1. */
static int open_file(const struct files *f, const char *name, struct stat *st)
{
	int fd = f->root < 0 ? -1 : beneath_open(f->root, name);

	if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void answer_not_found(const struct files *f, struct request *r)
{
	struct stat st;
	int fd = open_file(f, NOT_FOUND, &st);

	if (fd < 0)
		answer_text(r, 404, PAGE_HEADERS "Content-Type: text/plain; charset=utf-8\r\n", "Not Found\n");
	else
		request_respond_file(r, 404, PAGE_HEADERS "Content-Type: text/html; charset=utf-8\r\n", fd, (uint64_t)st.st_size);
}

/* A name that is a folder: its pages' relative addresses want the slash. */
static bool answer_folder(const struct files *f, struct request *r, const char *name)
{
	char headers[2 * FILE_PATH_MAX + 512];
	struct stat st;
	int fd = f->root < 0 ? -1 : beneath_open(f->root, name);
	bool is_folder = fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);

	if (fd >= 0)
		close(fd);
	if (!is_folder || strlen(r->x.path) > FILE_PATH_MAX || strlen(r->x.query) > FILE_PATH_MAX - 2)
		return false;
	snprintf(headers, sizeof(headers), PAGE_HEADERS "Location: %s/%s%s\r\n", r->x.path, *r->x.query ? "?" : "", r->x.query);
	answer_text(r, 301, headers, "");
	return true;
}

static bool is_known(const struct request *r, const char *etag, const char *modified)
{
	const char *match = exchange_header(&r->x, "if-none-match"), *since = exchange_header(&r->x, "if-modified-since");

	/* a date that is not ours word for word is not looked into: the whole file is always a right answer */
	return match ? header_etag_matches(match, etag) : since && strcmp(since, modified) == 0;
}

/* Sends the file compressed; false: it is not worth it, or there is no memory. The descriptor is closed if so. */
static bool answer_small(struct request *r, const struct settings *settings, const char *headers, int fd, size_t size)
{
	struct bytes *whole = bytes_new(NULL, size), *small = NULL;
	struct iovec body;

	if (whole && pread(fd, whole->data, size, 0) == (ssize_t)size)
		small = compress_gzip(settings, whole->data, size);
	bytes_unref(whole);
	if (!small)
		return false;
	close(fd);
	body = (struct iovec){ small->data, small->len };
	exchange_respond(&r->x, 200, headers, &body, 1);   /* libmicrohttpd leaves it out of the answer to HEAD */
	bytes_unref(small);
	return true;
}

/* Whether this request gets it compressed: text of a size that the loop can spare the time for. */
static bool wants_small(const struct request *r, const struct settings *settings, const char *type, off_t size)
{
	bool text = strncmp(type, "text/", 5) == 0 || strcmp(type, "application/json") == 0 || strcmp(type, "image/svg+xml") == 0;

	return text && size <= COMPRESSED_MAX && compress_accepted(settings, &r->x) && size >= settings->compress_threshold;
}

static void answer_file(struct request *r, const struct settings *settings, const char *name, int fd, const struct stat *st)
{
	char etag[64], modified[64], headers[1024];
	const char *type = type_of(name);
	bool small = wants_small(r, settings, type, st->st_size);
	struct tm tm;
	int len;

	snprintf(etag, sizeof(etag), "\"%" PRIx64 "-%" PRIx64 "%08lx%s\"", (uint64_t)st->st_size, (uint64_t)st->st_mtim.tv_sec,
		(unsigned long)st->st_mtim.tv_nsec, small ? "-gzip" : "");
	gmtime_r(&st->st_mtim.tv_sec, &tm);
	strftime(modified, sizeof(modified), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	len = snprintf(headers, sizeof(headers), PAGE_HEADERS "Vary: Accept-Encoding\r\nETag: %s\r\nLast-Modified: %s\r\n", etag, modified);
	if (is_known(r, etag, modified)) {
		request_respond_file(r, 304, headers, fd, (uint64_t)st->st_size);
		return;
	}
	len += snprintf(headers + len, sizeof(headers) - (size_t)len, "Content-Type: %s\r\n", type);
	if (small) {
		snprintf(headers + len, sizeof(headers) - (size_t)len, "Content-Encoding: gzip\r\n");
		if (answer_small(r, settings, headers, fd, (size_t)st->st_size))
			return;
		headers[len] = '\0';
	}
	request_respond_file(r, 200, headers, fd, (uint64_t)st->st_size);
}

void files_serve(const struct files *f, const struct settings *settings, struct request *r)
{
	char name[FILE_PATH_MAX];
	struct stat st;
	int fd;

	if (strcmp(r->x.method, "GET") != 0 && strcmp(r->x.method, "HEAD") != 0) {
		answer_text(r, 405, PAGE_HEADERS "Allow: GET, HEAD\r\n", "");
		return;
	}
	if (!find_name(r->x.path, name)) {
		answer_not_found(f, r);
		return;
	}
	fd = open_file(f, name, &st);
	if (fd >= 0)
		answer_file(r, settings, name, fd, &st);
	else if (!answer_folder(f, r, name))
		answer_not_found(f, r);
}

/* ---- */

int files_init(struct files *f, const char *dir)
{
	f->root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (f->root >= 0)
		return 0;
	say(SAY_ERROR, "ws", NULL, "cannot open the folder of static files %s: %s", dir, strerror(errno));
	return POLLUX_SYSTEM;
}

void files_deinit(struct files *f)
{
	if (f->root >= 0)
		close(f->root);
	f->root = -1;
}
