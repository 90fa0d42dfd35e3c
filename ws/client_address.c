/*
 * X-Forwarded-For: client, proxy 1, proxy 2: each proxy appends who connected to it. So it is read from the right: as long as a proxy
 * is trusted, what it says of the one before it is true. What is left of the first stranger the stranger has made up.
 */
#include "config.h"
#include "ws/client_address.h"

#include <string.h>
#include <strings.h>
#include "core/settings.h"
#include "proto/network.h"

/* The list's last member before *end, without blanks; *end is then the comma before it. False: none is left. */
static bool take_last(const char *list, const char **end, const char **at, size_t *len)
{
	const char *last = *end;

	if (last == list)
		return false;
	while (last > list && last[-1] != ',')
		last--;
	*at = last + strspn(last, " \t");
	*len = *at < *end ? (size_t)(*end - *at) : 0;
	while (*len && ((*at)[*len - 1] == ' ' || (*at)[*len - 1] == '\t'))
		(*len)--;
	*end = last > list ? last - 1 : list;
	return true;
}

static bool is_trusted(const struct settings *s, const char *address)
{
	return network_has(s->trusted_proxies, s->trusted_count, address);
}

static void walk(const struct settings *s, char *peer, size_t size, const char *list)
{
	const char *end = list + strlen(list), *at;
	struct network n;
	size_t len;

	while (is_trusted(s, peer) && take_last(list, &end, &at, &len)) {
		char address[64];

		if (len == 0 || len >= sizeof(address) || len >= size)
			return;
		memcpy(address, at, len);
		address[len] = '\0';
		if (!network_parse(address, &n) || n.bits != 128)
			return;
		memcpy(peer, address, len + 1);
	}
}

void client_address(const struct settings *s, char *peer, size_t size, bool *secure, const char *forwarded_for, const char *forwarded_proto)
{
	const char *end, *at;
	size_t len;

	if (!is_trusted(s, peer))
		return;
	/* the last one's word: the nearest proxy's, which is the one that is trusted for sure */
	if (forwarded_proto) {
		end = forwarded_proto + strlen(forwarded_proto);
		if (take_last(forwarded_proto, &end, &at, &len))
			*secure = len == 5 && strncasecmp(at, "https", 5) == 0;
	}
	if (forwarded_for)
		walk(s, peer, size, forwarded_for);
}
