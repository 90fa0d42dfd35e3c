/*
 * WebSocket frames: what comes out does not depend on how the bytes were split (what it may say at all is the transcript's to check).
 * The input: a byte whose lowest bit allows RSV1, four sizes of reads that take turns, then what a client sends.
 * The seeds' masks are mostly zero, so that mutations reach text as it stands.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "tests/unit/websocket_transcript.h"

#define SIZES 4
#define HEAD (1 + SIZES)
#define PLAIN "\0\0\0\0"

const char *const fuzz_name = "fuzz_websocket";
const struct fuzz_seed fuzz_seeds[] = {
	SEED("\0\1\1\1\1\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
	SEED("\0\1\2\3\4\x01\x83" PLAIN "Hel\x89\x81" PLAIN "p\x80\x82" PLAIN "lo\x88\x85" PLAIN "\x03\xe8" "bye"),
	SEED("\0\7\7\7\7\x81\x87" PLAIN "\xe2\x82\xac\xf0\x9f\x98\x80\x82\x82" PLAIN "\xff\x80"),
	SEED("\0\5\1\5\1\x01\x82" PLAIN "\xe2\x82\x00\x80" PLAIN "\x80\x81" PLAIN "\xac\x8a\x80" PLAIN "\x88\x80" PLAIN),
	SEED("\0\x10\x10\x10\x10\x82\xfe\x00\x7e" PLAIN "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x81\x81" PLAIN "z"),
	SEED("\0\3\3\3\3\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00" PLAIN "a"),
	SEED("\1\2\2\2\2\xc1\x82" PLAIN "\xff\xfe\x41\x81" PLAIN "\xff\x80\x80" PLAIN),
	SEED("\0\4\4\4\4\x81\x05Hello"),
	{ NULL, 0 },
};

static void read_in_turns(struct transcript *t, const uint8_t *sizes, const char *wire, size_t len)
{
	size_t at = 0, turn, n;

	for (turn = 0; at < len; at += n) {
		n = sizes[turn++ % SIZES] + (size_t)1;
		n = n < len - at ? n : len - at;
		transcript_read(t, wire + at, n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct websocket_limits limits = { 300, 5, false };
	struct transcript whole, turns, bytes;
	const char *wire = (const char *)data + HEAD;
	size_t i;

	if (len < HEAD)
		return 0;
	limits.allow_rsv1 = data[0] & 1;
	transcript_init(&whole, &limits);
	transcript_init(&turns, &limits);
	transcript_init(&bytes, &limits);
	transcript_read(&whole, wire, len - HEAD);
	read_in_turns(&turns, data + 1, wire, len - HEAD);
	for (i = HEAD; i < len; i++)
		transcript_read(&bytes, (const char *)data + i, 1);
	MUST(strcmp(transcript_text(&whole), transcript_text(&turns)) == 0);
	MUST(strcmp(transcript_text(&whole), transcript_text(&bytes)) == 0);
	MUST(whole.why == turns.why && whole.why == bytes.why);
	MUST(whole.rest_len == turns.rest_len && whole.rest_len == bytes.rest_len);
	transcript_deinit(&whole);
	transcript_deinit(&turns);
	transcript_deinit(&bytes);
	return 0;
}
