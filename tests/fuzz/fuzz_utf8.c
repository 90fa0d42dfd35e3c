/* UTF-8: whole and in pieces give one verdict, which is that of a plain decoder. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "proto/utf8.h"

const char *const fuzz_name = "fuzz_utf8";
const struct fuzz_seed fuzz_seeds[] = {
	SEED("plain text of more than eight bytes"), SEED("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), SEED("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"),
	SEED("\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), SEED("\xed\xa0\x80"), SEED("\xc0\x80"), SEED("a\xe2\x82"),
	SEED("\xd0\xbf\xd1\x80\xd0\xb8 \xd0\xbf\xd1\x80\xd0\xb8"), { NULL, 0 },
};

/* By the definition: decode, then compare with the bytes that writing it gives. */
static int valid_by_definition(const uint8_t *s, size_t len)
{
	size_t at = 0, n, i;
	uint32_t scalar;
	char out[4];

	for (; at < len; at += n) {
		n = s[at] < 0x80 ? 1 : s[at] < 0xe0 ? 2 : s[at] < 0xf0 ? 3 : 4;
		if (n > len - at)
			return 0;
		scalar = n == 1 ? s[at] : s[at] & (0xffu >> (n + 1));
		for (i = 1; i < n; i++)
			scalar = scalar << 6 | (s[at + i] & 0x3f);
		if (scalar > 0x10ffff || (scalar >= 0xd800 && scalar < 0xe000) || utf8_write(scalar, out) != n)
			return 0;
		for (i = 0; i < n; i++)
			if ((uint8_t)out[i] != s[at + i])
				return 0;
	}
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	int valid = utf8_valid(text, len);
	size_t cut;

	MUST(valid == valid_by_definition(data, len));
	for (cut = 0; cut <= len && cut < 64; cut++)
		MUST((utf8_feed(utf8_feed(UTF8_ACCEPT, text, cut), text + cut, len - cut) == UTF8_ACCEPT) == valid);
	MUST(utf8_valid(text, utf8_high_span(text, len)));
	return 0;
}
