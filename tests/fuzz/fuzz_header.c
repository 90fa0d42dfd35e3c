/* Header values: no end of the text is passed, and a value matches itself. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "proto/header.h"

const char *const fuzz_name = "fuzz_header";
const struct fuzz_seed fuzz_seeds[] = {
	SEED("gzip, deflate;q=0.5, br;q=0"), SEED("keep-alive, Upgrade"), SEED("W/\"a\", \"b\""), SEED("\"x,y\",*"),
	SEED("text/plain; charset=UTF-8"), SEED("a=\"x\\\", gzip\";q=0"), { NULL, 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	memcpy(text, data, len);
	text[len] = '\0';
	if (header_value_ok(text, len))
		MUST(!memchr(text, '\n', len) && !memchr(text, '\r', len) && !memchr(text, '\0', len));
	header_list_has(text, "gzip");
	header_etag_matches(text, "\"b\"");
	header_etag_matches("\"b\"", text);
	header_media_type_is(text, "text/plain");
	free(text);
	return 0;
}
