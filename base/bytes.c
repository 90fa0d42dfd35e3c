/* Shared immutable bytes. Loop thread only. The last bytes_unref frees. */
#include "config.h"
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

struct bytes *bytes_new(const void *data, size_t n)
{
	struct bytes *b;

	if (n > UINT32_MAX)
		return NULL;
	b = malloc(sizeof(*b) + n + 1);
	if (!b)
		return NULL;
	b->refs = 1;
	b->len = (uint32_t)n;
	if (data)
		memcpy(b->data, data, n);
	b->data[n] = '\0';
	return b;
}

struct bytes *bytes_ref(struct bytes *b)
{
	if (b)
		b->refs++;
	return b;
}

void bytes_unref(struct bytes *b)
{
	if (b && --b->refs == 0)
		free(b);
}
