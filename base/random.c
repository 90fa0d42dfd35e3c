/* Ids from the kernel's generator. Any thread. No pool of our own: a fork would copy it. */
#include "config.h"
#include "base/random.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

void random_bytes(void *out, size_t n)
{
	char *at = out;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort(); /* an id that can be guessed is worse than no process */
		at += got;
		n -= (size_t)got;
	}
}

void random_id(char out[RANDOM_ID_LEN + 1])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char raw[RANDOM_ID_LEN / 4 * 3];
	size_t i;

	random_bytes(raw, sizeof(raw));
	for (i = 0; i < sizeof(raw); i += 3) {
		uint32_t bits = (uint32_t)raw[i] << 16 | (uint32_t)raw[i + 1] << 8 | raw[i + 2];

		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		*out++ = alphabet[bits >> 6 & 63];
		*out++ = alphabet[bits & 63];
	}
	*out = '\0';
}
