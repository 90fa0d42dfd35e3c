/*
 * Settings of a new version of the application, taken over while serving. Others stay: what sessions were promised at their handshake, what web
 * servers were told, what was sized at start.
 */
#include "config.h"
#include "core/settings.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"

static const struct {
	const char *name;
	size_t offset, size;
	bool text;           /* a char * */
} fixed[] = {
#define FIXED(name, field) {name, offsetof(struct settings, field), sizeof(((struct settings *)0)->field), false}
	FIXED("ping_interval", ping_interval_ms),
	FIXED("ping_timeout", ping_timeout_ms),
	FIXED("upgrade_timeout", upgrade_timeout_ms),
	FIXED("max_http_buffer_size", max_http_buffer_size),
	FIXED("serve_client", serve_client),
	FIXED("max_queue_bytes", max_queue_bytes),
	FIXED("sync_full", sync_full),
	FIXED("connection_state_recovery", recovery),   /* on or off: it shows on the wire */
	{"path", offsetof(struct settings, path), sizeof(char *), true},
	{"rooms_path", offsetof(struct settings, rooms_path), sizeof(char *), true},
};

static void swap(void *a, void *b, size_t size)
{
	char kept[sizeof(struct settings)];

	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

static bool differ(const char *a, const char *b, size_t i)
{
	if (fixed[i].text)
		return strcmp(*(char *const *)(const void *)a, *(char *const *)(const void *)b) != 0;
	return memcmp(a, b, fixed[i].size) != 0;
}

void settings_replace(struct settings *s, struct settings *next, struct buf *kept)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		char *a = (char *)s + fixed[i].offset, *b = (char *)next + fixed[i].offset;

		if (differ(a, b, i))
			buf_addf(kept, "%s%s", kept->len ? ", " : "", fixed[i].name);
		swap(a, b, fixed[i].size);   /* and back again with the whole */
	}
	swap(s, next, sizeof(*s));
}
