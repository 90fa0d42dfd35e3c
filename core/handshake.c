/* Writing socket.handshake. Bytes that are no UTF-8 are left out: JSON could not carry them. */
#include "config.h"
#include "core/handshake.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "proto/json.h"
#include "proto/query.h"
#include "proto/utf8.h"

static int add_string(struct buf *out, const char *text, size_t len)
{
	size_t need;
	char *at;

	if (!utf8_valid(text, len))
		len = 0;
	need = json_string_encode(text, len, NULL, 0);
	at = buf_reserve(out, need);
	if (at)
		buf_commit(out, json_string_encode(text, len, at, need));
	return out->error;
}

static void add_pair(struct buf *out, bool *first, const char *name, size_t name_len, const char *value, size_t value_len)
{
	if (!*first)
		buf_add_char(out, ',');
	*first = false;
	add_string(out, name, name_len);
	buf_add_char(out, ':');
	add_string(out, value, value_len);
}

static void add_headers(struct buf *out, const struct exchange *x)
{
	const char *name, *value;
	bool first = true;

	buf_add_str(out, "{\"headers\":{");
	for (size_t i = 0; x->ops->header_at(x, i, &name, &value); i++)
		add_pair(out, &first, name, strlen(name), value, strlen(value));
	buf_add_str(out, "},\"query\":{");
}

static void add_query(struct buf *out, const struct exchange *x)
{
	struct query_pair pair;
	char key[256], value[4096];
	size_t cursor = 0, len = strlen(x->query);
	bool first = true;

	while (query_next(x->query, len, &cursor, &pair)) {
		if (pair.key_len > sizeof(key) || pair.value_len > sizeof(value))
			continue;
		add_pair(out, &first, key, query_decode(pair.key, pair.key_len, key), value,
			 query_decode(pair.value, pair.value_len, value));
	}
	buf_add_str(out, "},\"address\":");
}

static void add_url(struct buf *out, const struct exchange *x)
{
	struct buf url;

	buf_init(&url, 65536);
	buf_addf(&url, "%s%s%s", x->path, x->query[0] ? "?" : "", x->query);
	add_string(out, url.data ? url.data : "", url.len);
	buf_deinit(&url);
}

int handshake_write(struct buf *out, const struct exchange *x, const char *room)
{
	int64_t now = clock_wall_ms();
	time_t seconds = now / 1000;
	char when[64] = "";
	struct tm tm;

	add_headers(out, x);
	add_query(out, x);
	add_string(out, x->peer, strlen(x->peer));
	if (gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%a %b %d %Y %H:%M:%S GMT+0000 (UTC)", &tm);
	buf_addf(out, ",\"time\":\"%s\",\"issued\":%lld,\"url\":", when, (long long)now);
	add_url(out, x);
	buf_addf(out, ",\"secure\":%s", x->secure ? "true" : "false");
	if (room) {
		buf_add_str(out, ",\"room\":");
		add_string(out, room, strlen(room));
	}
	return buf_add_char(out, '}');
}
