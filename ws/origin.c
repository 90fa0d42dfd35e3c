/* See the header. */
#include "config.h"
#include "ws/origin.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "core/settings.h"

static bool is_listed(const struct cors *cors, const char *origin)
{
	for (size_t i = 0; i < cors->origins_count; i++)
		if (strcmp(cors->origins[i], origin) == 0)
			return true;
	return false;
}

/* "example.org:443" without ":443": Origin and Host leave it out, some clients don't. */
static size_t without_port(const char *host, size_t len, const char *port)
{
	size_t port_len = strlen(port);

	return len >= port_len && memcmp(host + len - port_len, port, port_len) == 0 ? len - port_len : len;
}

static bool same_host(const char *a, size_t a_len, const char *b, size_t b_len, const char *port)
{
	a_len = without_port(a, a_len, port);
	b_len = without_port(b, b_len, port);
	return a_len > 0 && a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

/* The list's members are separated by commas: a proxy behind another adds its own. */
static bool names_host(const char *list, const char *host, const char *port)
{
	while (list && *list) {
		size_t len;

		list += strspn(list, ", \t");
		len = strcspn(list, ", \t");
		if (same_host(list, len, host, strlen(host), port))
			return true;
		list += len;
	}
	return false;
}

bool origin_allowed(const struct cors *cors, const char *origin, const char *host, const char *forwarded_host)
{
	const char *port = ":80", *own;

	if (cors->mode == CORS_ANY || cors->mode == CORS_REFLECT || (cors->mode == CORS_LIST && is_listed(cors, origin)))
		return true;
	if (strncmp(origin, "https://", 8) == 0) {
		own = origin + 8;
		port = ":443";
	} else if (strncmp(origin, "http://", 7) == 0) {
		own = origin + 7;
	} else {
		return false;
	}
	return names_host(host, own, port) || names_host(forwarded_host, own, port);
}
