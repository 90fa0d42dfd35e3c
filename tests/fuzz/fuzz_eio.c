/* Engine.IO payloads: the parts are the input, cut at its separators; what is taken can be decoded. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "proto/base64.h"
#include "proto/eio.h"
#include "proto/utf8.h"

const char *const fuzz_name = "fuzz_eio";
const struct fuzz_seed fuzz_seeds[] = {
	SEED("4hello"), SEED("2probe"), SEED("4a\x1e" "4b\x1e" "2"), SEED("bAQIDBA=="), SEED("4\xc3\xa9\xf0\x9f\x98\x80\x1e" "bAQID"),
	SEED("0{\"sid\":\"x\"}"), SEED("1"), SEED("6"), SEED("b"), SEED("4\x1e" "4"), SEED("451-[\"x\",{}]\x1e" "bAAAA"),
	{ NULL, 0 },
};

static void must_be_promised(const struct eio_packet *p)
{
	void *out = malloc(BASE64_DECODED_MAX(p->len) + 1);

	MUST(p->type >= EIO_OPEN && p->type <= EIO_NOOP);
	if (p->base64)
		MUST(p->type == EIO_MESSAGE && base64_decode(p->data, p->len, out) >= 0);
	else
		MUST(utf8_valid(p->data, p->len));
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	size_t cursor = 0, before = 0;
	struct eio_packet p;
	int more;

	while ((more = eio_payload_next(text, len, &cursor, &p)) == 1) {
		MUST(p.data == text + before + 1 && p.len == cursor - before - 2);
		MUST(cursor == len + 1 || text[cursor - 1] == EIO_SEPARATOR);
		before = cursor;
		must_be_promised(&p);
	}
	MUST(more == 0 ? cursor == len + 1 : cursor <= len);
	if (eio_parse_packet(text, len, &p) == 0)
		must_be_promised(&p);
	return 0;
}
