/* Settings: defaults, and the few that need more than an assignment. */
#include "config.h"
#include "core/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/network.h"

/* What a slow client may leave with us when the setting says nothing: four of the largest messages, so that a reader who is a little behind is not cut off by
 * one more of them, and at least a megabyte, which is some seconds of a busy room. Beyond it is closed and recovers from the log. */
#define QUEUED_MESSAGES 4
#define QUEUED_LEAST ((size_t)1 << 20)

size_t settings_queue_bytes(const struct settings *s)
{
	size_t some = s->max_queue_bytes ? (size_t)s->max_queue_bytes : QUEUED_MESSAGES * (size_t)s->max_http_buffer_size;

	return s->max_queue_bytes || some > QUEUED_LEAST ? some : QUEUED_LEAST;
}

int settings_init(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->ping_interval_ms = 25000;
	s->ping_timeout_ms = 20000;
	s->connect_timeout_ms = 45000;
	s->upgrade_timeout_ms = 10000;
	s->max_http_buffer_size = 1000000;
	s->serve_client = true;
	s->cors.max_age_s = -1;
	s->transports = TRANSPORT_POLLING | TRANSPORT_WEBSOCKET;
	s->allow_upgrades = true;
	s->compress_threshold = COMPRESS_THRESHOLD;
	s->compress_level = COMPRESS_LEVEL;
	s->history_max_rows = 10000;
	s->recovery_skip_middlewares = true;
	s->recovery_window_ms = 120000;
	s->lag_limit_rows = 100000;
	s->tick_limit_ms = 2000;
	s->max_sockets = 100;
	s->max_rooms = 1000;
	s->handshakes_per_minute = 600;
	s->path = strdup("/socket.io/");
	s->rooms_path = strdup("/rooms/");
	/* Only a program of this host can be at a Unix socket, and it has no address of its own to go by. */
	return s->path && s->rooms_path ? settings_add_trusted(s, "unix") : POLLUX_NO_MEMORY;
}

void settings_deinit(struct settings *s)
{
	char *const owned[] = {s->cors.methods, s->cors.allowed_headers, s->cors.exposed_headers, s->cookie_name, s->cookie_attributes, s->headers,
		s->initial_headers};

	settings_clear_origins(s);
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		free(owned[i]);
	free(s->trusted_proxies);
	free(s->path);
	free(s->rooms_path);
	memset(s, 0, sizeof(*s));
}

/* The path with a slash at both ends, or the one slash, in *out. */
static int set_path(char **out, const char *path)
{
	size_t len = strlen(path);
	char *made;

	while (len && path[0] == '/')
		path++, len--;
	while (len && path[len - 1] == '/')
		len--;
	if (strcspn(path, "?# \t\r\n") < len)
		return POLLUX_PROTOCOL;
	made = malloc(len + 3);
	if (!made)
		return POLLUX_NO_MEMORY;
	snprintf(made, len + 3, "/%.*s%s", (int)len, path, len ? "/" : "");
	free(*out);
	*out = made;
	return 0;
}

int settings_set_path(struct settings *s, const char *path)
{
	return path[strspn(path, "/")] ? set_path(&s->path, path) : POLLUX_PROTOCOL;
}

int settings_set_rooms_path(struct settings *s, const char *path)
{
	return *path ? set_path(&s->rooms_path, path) : POLLUX_PROTOCOL;
}

int settings_add_origin(struct settings *s, const char *origin)
{
	char **grown = realloc(s->cors.origins, (s->cors.origins_count + 1) * sizeof(*grown));

	if (!grown)
		return POLLUX_NO_MEMORY;
	s->cors.origins = grown;
	grown[s->cors.origins_count] = strdup(origin);
	if (!grown[s->cors.origins_count])
		return POLLUX_NO_MEMORY;
	s->cors.origins_count++;
	s->cors.mode = CORS_LIST;
	return 0;
}

void settings_clear_origins(struct settings *s)
{
	for (size_t i = 0; i < s->cors.origins_count; i++)
		free(s->cors.origins[i]);
	free(s->cors.origins);
	s->cors.origins = NULL;
	s->cors.origins_count = 0;
	s->cors.mode = CORS_OFF;
}

int settings_add_trusted(struct settings *s, const char *network)
{
	struct network parsed, *grown;

	if (!network_parse(network, &parsed))
		return POLLUX_PROTOCOL;
	grown = realloc(s->trusted_proxies, (s->trusted_count + 1) * sizeof(*grown));
	if (!grown)
		return POLLUX_NO_MEMORY;
	s->trusted_proxies = grown;
	grown[s->trusted_count++] = parsed;
	return 0;
}
