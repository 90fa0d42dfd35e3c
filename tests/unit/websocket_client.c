/* Frames as a client sends them. The mask has no two equal bytes, nor a zero. */
#include "config.h"
#include "tests/unit/websocket_client.h"

#include <stdlib.h>
#include <string.h>

static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

void client_head(struct buf *b, int first, size_t size, uint64_t len)
{
	unsigned small = size == 0 ? (unsigned)len : size == 2 ? 126 : 127;

	buf_add_char(b, (char)first);
	buf_add_char(b, (char)(0x80 | small));
	while (size-- > 0)
		buf_add_char(b, (char)(len >> 8 * size & 0xff));
	buf_add(b, mask, sizeof(mask));
}

void client_frame(struct buf *b, int first, const void *payload, size_t len)
{
	const unsigned char *bytes = payload;
	size_t i;

	client_head(b, first, len < 126 ? 0 : len < 65536 ? 2 : 8, len);
	for (i = 0; i < len; i++)
		buf_add_char(b, (char)(bytes[i] ^ mask[i % 4]));
	if (b->error)
		abort();
}

void client_close(struct buf *b, unsigned code, const char *reason)
{
	char payload[128] = { (char)(code >> 8), (char)code };

	memcpy(payload + 2, reason, strlen(reason));
	client_frame(b, FIN | 8, payload, 2 + strlen(reason));
}
