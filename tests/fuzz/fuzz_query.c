/* Query strings: pairs lie inside, in order; decoding never grows; what is found fits the room it asked for. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "proto/query.h"

const char *const fuzz_name = "fuzz_query";
const struct fuzz_seed fuzz_seeds[] = {
	SEED("EIO=4&transport=polling&t=Nabc.1&sid=x-_y"), SEED("a=b&c=d"), SEED("a"), SEED("=b&&a=%41%zz%4"), SEED("sid=a+b%00"),
	{ NULL, 0 },
};

static void must_find(const char *text, size_t len, const char *name)
{
	char out[32];
	ssize_t n = query_get(text, len, name, out, sizeof(out));

	MUST(n >= -2 && n < (ssize_t)sizeof(out));
	if (n < 0)
		return;
	MUST(out[n] == '\0');
	MUST(query_get(text, len, name, out, (size_t)n + 1) == n && query_get(text, len, name, out, (size_t)n) == -2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data, *last = text;
	char *out = malloc(len + 1);
	struct query_pair p;
	size_t cursor = 0;

	while (query_next(text, len, &cursor, &p)) {
		MUST(p.key >= last && p.key + p.key_len <= p.value && p.value + p.value_len <= text + len);
		last = p.value + p.value_len;
		MUST(query_decode(p.value, p.value_len, out) <= p.value_len);
	}
	MUST(query_decode(text, len, out) <= len);
	must_find(text, len, "sid");
	must_find(text, len, "a");
	must_find(text, len, "");
	free(out);
	return 0;
}
