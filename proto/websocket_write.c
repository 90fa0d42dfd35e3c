/* Writing a server's WebSocket frames: heads, and whole close frames. Pure, any thread. */
#include "config.h"
#include "proto/websocket.h"

#include <string.h>

#define FIN 0x80
#define LEN_16 126
#define LEN_64 127
#define REASON_MAX (WEBSOCKET_CONTROL_PAYLOAD_MAX - 2)

static void put_big_endian(char *out, uint64_t value, size_t n)
{
	for (; n > 0; value >>= 8)
		out[--n] = (char)(value & 0xff);
}

size_t websocket_frame_header(char out[WEBSOCKET_HEADER_MAX], int opcode, bool fin, uint64_t len)
{
	out[0] = (char)((fin ? FIN : 0) | opcode);
	if (len < LEN_16) {
		out[1] = (char)len;
		return 2;
	}
	if (len <= UINT16_MAX) {
		out[1] = LEN_16;
		put_big_endian(out + 2, len, 2);
		return 4;
	}
	out[1] = LEN_64;
	put_big_endian(out + 2, len, 8);
	return WEBSOCKET_HEADER_MAX;
}

/* The length of a text once it is cut to at most max bytes between characters. */
static size_t cut_text(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

size_t websocket_close_frame(char out[WEBSOCKET_CONTROL_MAX], unsigned code, const char *reason, size_t len)
{
	size_t head;

	if (!websocket_code_valid(code))
		return websocket_frame_header(out, WEBSOCKET_CLOSE, true, 0);
	len = cut_text(reason, len, REASON_MAX);
	head = websocket_frame_header(out, WEBSOCKET_CLOSE, true, 2 + len);
	put_big_endian(out + head, code, 2);
	if (len > 0)
		memcpy(out + head + 2, reason, len);
	return head + 2 + len;
}
