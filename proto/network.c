/* See the header. */
#include "config.h"
#include "proto/network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 64

/* The width of the address family, 32 or 128; 0: no address. */
static int parse_address(const char *text, unsigned char bytes[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (inet_pton(AF_INET6, text, bytes) == 1)
		return 128;
	memcpy(bytes, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, bytes + 12) == 1 ? 32 : 0;
}

static bool bit_at(const unsigned char *bytes, int i)
{
	return bytes[i / 8] >> (7 - i % 8) & 1;
}

static bool parse_bits(const char *text, int width, int *bits)
{
	char *end;
	long n = strtol(text, &end, 10);

	*bits = 128 - width + (int)n;
	return *text >= '0' && *text <= '9' && !*end && n <= width;
}

bool network_parse(const char *text, struct network *out)
{
	char address[TEXT_MAX];
	size_t len = strcspn(text, "/");
	int width;

	out->bits = -1;
	if (strcmp(text, "unix") == 0)
		return true;
	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	width = parse_address(address, out->bytes);
	out->bits = 128;
	if (!width || (text[len] && !parse_bits(text + len + 1, width, &out->bits)))
		return false;
	for (int i = out->bits; i < 128; i++)
		if (bit_at(out->bytes, i))
			return false;
	return true;
}

static bool matches(const struct network *n, const unsigned char *bytes)
{
	for (int i = 0; i < n->bits; i++)
		if (bit_at(n->bytes, i) != bit_at(bytes, i))
			return false;
	return n->bits >= 0;
}

bool network_has(const struct network *networks, size_t count, const char *address)
{
	unsigned char bytes[16];
	bool known = parse_address(address, bytes) != 0;

	for (size_t i = 0; i < count; i++)
		if (networks[i].bits < 0 ? !*address : known && matches(&networks[i], bytes))
			return true;
	return false;
}
