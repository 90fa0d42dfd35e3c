/* Engine.IO v4 packets and polling payloads. Pure, any thread; nothing is copied. */
#include "config.h"
#include "proto/eio.h"

#include <string.h>

#include "proto/base64.h"
#include "proto/utf8.h"

int eio_parse_packet(const char *text, size_t len, struct eio_packet *out)
{
	if (len == 0)
		return -1;
	out->data = text + 1;
	out->len = len - 1;
	out->base64 = text[0] == 'b';
	if (out->base64) {
		out->type = EIO_MESSAGE;
		return base64_decode(out->data, out->len, NULL) < 0 ? -1 : 0;
	}
	if (text[0] < '0' || text[0] > '6')
		return -1;
	out->type = (enum eio_type)(text[0] - '0');
	return utf8_valid(out->data, out->len) ? 0 : -1;
}

int eio_payload_next(const char *payload, size_t len, size_t *cursor, struct eio_packet *out)
{
	const char *start, *end;

	/* a part is never empty, so one past the end is not where one could start */
	if (*cursor > len)
		return 0;
	start = payload + *cursor;
	end = *cursor < len ? memchr(start, EIO_SEPARATOR, len - *cursor) : NULL;
	if (!end)
		end = payload + len;
	if (eio_parse_packet(start, (size_t)(end - start), out) < 0)
		return -1;
	*cursor = (size_t)(end - payload) + 1;
	return 1;
}
