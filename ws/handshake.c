/*
 * Handshakes. The subprotocol: whoever offers some wants one of them (browsers fail the connection otherwise), and what they mean is
 * the application's; so the first is taken, as the `ws` server does.
 */
#include "config.h"
#include "ws/handshake.h"

#include <string.h>
#include <strings.h>
#include "proto/header.h"
#include "proto/websocket.h"
#include "ws/headers.h"

enum handshake handshake_check(const struct buf *headers, const char *method, const char *version, const char **why)
{
	const char *upgrade = headers_get(headers, "upgrade"), *connection = headers_get(headers, "connection");
	const char *key = headers_get(headers, "sec-websocket-key"), *number = headers_get(headers, "sec-websocket-version");

	*why = "";
	if (!upgrade || !connection || !header_list_has(upgrade, "websocket") || !header_list_has(connection, "upgrade"))
		return HANDSHAKE_NONE;
	*why = "A WebSocket is asked for with GET and HTTP/1.1\n";
	if (strcmp(method, "GET") != 0 || strcmp(version, "HTTP/1.1") != 0)
		return HANDSHAKE_BAD;
	*why = "Sec-WebSocket-Version must be 13\n";
	if (!number || strcmp(number, "13") != 0)
		return HANDSHAKE_VERSION;
	*why = "Sec-WebSocket-Key is missing or wrong\n";
	return key && websocket_key_valid(key) ? HANDSHAKE_FINE : HANDSHAKE_BAD;
}

/* RFC 9110, 5.6.2. */
static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 127 || strchr("()<>@,;:\\\"/[]?={}", text[i]))
			return false;
	return len > 0;
}

bool handshake_protocol(const struct buf *headers, char out[HANDSHAKE_PROTOCOL_MAX + 1])
{
	const char *offered = headers_get(headers, "sec-websocket-protocol");
	size_t len;

	if (!offered)
		return false;
	offered += strspn(offered, " \t");
	len = strcspn(offered, ", \t");
	if (len > HANDSHAKE_PROTOCOL_MAX || !is_token(offered, len))
		return false;
	memcpy(out, offered, len);
	out[len] = '\0';
	return true;
}
