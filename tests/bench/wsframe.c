/* Every client sends the key of RFC 6455 section 1.3, so the answer is known. */
#include "config.h"

#include "tests/bench/wsframe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define USER_AGENT "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"

/* What a browser sends, about; no compression is offered: none of the servers would do it by default. */
size_t wsframe_handshake(char *out, size_t cap, const char *target)
{
	int n = snprintf(out, cap,
		"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n"
		"User-Agent: " USER_AGENT "\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nAccept-Language: en-US,en;q=0.9\r\n"
		"Sec-WebSocket-Key: " KEY "\r\n\r\n",
		target);

	return n < 0 || (size_t)n >= cap ? 0 : (size_t)n;
}

ssize_t wsframe_answer(const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);

	if (!end)
		return len > 16384 ? -1 : 0;
	if (strncmp(data, "HTTP/1.1 101 ", 13) != 0 || !memmem(data, (size_t)(end - data), ACCEPT, strlen(ACCEPT)))
		return -1;
	return end + 4 - data;
}

static void copy_masked(char *out, const char *payload, size_t len, uint32_t mask)
{
	char key[4];

	memcpy(key, &mask, sizeof(key));
	for (size_t i = 0; i < len; i++)
		out[i] = (char)(payload[i] ^ key[i % 4]);
}

size_t wsframe_write(char *out, enum ws_opcode opcode, const char *payload, size_t len, uint32_t mask)
{
	size_t at = 2;

	out[0] = (char)(0x80 | opcode);
	out[1] = (char)(0x80 | (len < 126 ? len : 126));
	if (len >= 126) {
		out[at++] = (char)(len >> 8);
		out[at++] = (char)len;
	}
	memcpy(out + at, &mask, sizeof(mask));
	at += sizeof(mask);
	copy_masked(out + at, payload, len, mask);
	return at + len;
}

/* Bytes of the header, with the payload's length; 0 when more are needed. */
static size_t read_head(const unsigned char *data, size_t len, uint64_t *payload)
{
	size_t extra = 0;

	if (len < 2)
		return 0;
	*payload = data[1] & 0x7f;
	if (*payload >= 126)
		extra = *payload == 126 ? 2 : 8;
	if (len < 2 + extra)
		return 0;
	if (extra > 0)
		*payload = 0;
	for (size_t i = 0; i < extra; i++)
		*payload = *payload << 8 | data[2 + i];
	return 2 + extra;
}

ssize_t wsframe_read(const char *data, size_t len, size_t max, struct wsframe *out)
{
	const unsigned char *bytes = (const unsigned char *)data;
	uint64_t payload;
	size_t head = read_head(bytes, len, &payload);

	if (head == 0)
		return 0;
	if ((bytes[0] & 0xf0) != 0x80 || (bytes[0] & 0x0f) == 0 || (bytes[1] & 0x80) || payload > max)
		return -1;
	if (len - head < payload)
		return 0;
	*out = (struct wsframe){ bytes[0] & 0x0f, data + head, (size_t)payload };
	return (ssize_t)(head + payload);
}
