/* A stream of its own for each: what zlib keeps (256 KB) would be longer in memory than in use. */
#include "config.h"
#include "core/compress.h"

#include <string.h>
#include <zlib.h>

#include "proto/header.h"

/* zlib's largest window, and a gzip head. */
#define GZIP_WINDOW (15 + 16)
#define MEMORY_LEVEL 8
/* Longer answers are not kept. */
#define KEPT_MAX ((size_t)1 << 20)

bool compress_accepted(const struct settings *s, const struct exchange *x)
{
	const char *accepted = s->compress_threshold >= 0 ? exchange_header(x, "accept-encoding") : NULL;

	return accepted && header_list_has(accepted, "gzip");
}

struct bytes *compress_gzip(const struct settings *s, const void *data, size_t len)
{
	z_stream z = {0};
	struct bytes *out, *exact = NULL;
	int status;

	if (s->compress_threshold < 0 || len < (size_t)s->compress_threshold || len > UINT32_MAX / 2)
		return NULL;
	if (deflateInit2(&z, s->compress_level, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	out = bytes_new(NULL, deflateBound(&z, (uLong)len));
	if (!out) {
		deflateEnd(&z);
		return NULL;
	}
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)out->data;
	z.avail_out = (uInt)out->len;
	status = deflate(&z, Z_FINISH);
	if (status == Z_STREAM_END && z.total_out < len)
		exact = bytes_new(out->data, z.total_out);
	deflateEnd(&z);
	bytes_unref(out);
	return exact;
}

struct bytes *compress_again(struct compressed *last, const struct settings *s, const void *data, size_t len)
{
	if (s->compress_threshold < 0 || len < (size_t)s->compress_threshold || len > KEPT_MAX)
		return compress_gzip(s, data, len);
	if (last->plain && last->plain->len == len && memcmp(last->plain->data, data, len) == 0)
		return last->small ? bytes_ref(last->small) : NULL;
	compressed_deinit(last);
	last->small = compress_gzip(s, data, len);
	last->plain = bytes_new(data, len);
	return last->small ? bytes_ref(last->small) : NULL;
}

void compressed_deinit(struct compressed *last)
{
	bytes_unref(last->plain);
	bytes_unref(last->small);
	*last = (struct compressed){NULL, NULL};
}
