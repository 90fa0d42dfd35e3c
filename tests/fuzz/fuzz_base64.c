/* Base64: checking and decoding agree, what was decoded encodes and decodes to itself, any bytes make the round trip. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "proto/base64.h"

const char *const fuzz_name = "fuzz_base64";
const struct fuzz_seed fuzz_seeds[] = {
	SEED(""), SEED("Zg=="), SEED("Zm8="), SEED("Zm9v"), SEED("Zm9vYmFy"), SEED("AQIDBA"), SEED("+/+/+/+/"), SEED("Zg="),
	{ NULL, 0 },
};

static void must_round_trip(const void *data, size_t len)
{
	size_t n = BASE64_ENCODED_LEN(len);
	char *text = malloc(n + 1), *back = malloc(BASE64_DECODED_MAX(n) + 1);

	base64_encode(data, len, text);
	MUST(base64_decode(text, n, back) == (ssize_t)len && (len == 0 || memcmp(back, data, len) == 0));
	free(text);
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	char *out = malloc(BASE64_DECODED_MAX(len) + 1);
	ssize_t n = base64_decode(text, len, out);

	MUST(n == base64_decode(text, len, NULL) && n <= (ssize_t)BASE64_DECODED_MAX(len));
	if (n >= 0)
		must_round_trip(out, (size_t)n);
	must_round_trip(data, len);
	free(out);
	return 0;
}
