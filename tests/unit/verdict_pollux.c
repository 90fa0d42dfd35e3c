/* The verdict of proto/websocket, which must not depend on how the stream is split. */
#include "config.h"
#include "tests/unit/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/websocket_transcript.h"

static void read_in_steps(struct transcript *t, const char *data, size_t len, size_t step)
{
	static const struct websocket_limits limits = { VERDICT_MAX_MESSAGE, VERDICT_MAX_FRAGMENTS, false };
	size_t at;

	transcript_init(t, &limits);
	for (at = 0; at < len; at += step)
		transcript_read(t, data + at, len - at < step ? len - at : step);
}

void verdict_judge(const char *data, size_t len, struct buf *out)
{
	struct transcript whole, split;

	read_in_steps(&whole, data, len, len);
	/* byte by byte, or a hundred reads of a long one */
	read_in_steps(&split, data, len, len < 1000 ? 1 : len / 100);
	if (strcmp(transcript_text(&whole), transcript_text(&split)) != 0)
		abort();
	buf_add_str(out, transcript_text(&whole));
	transcript_deinit(&whole);
	transcript_deinit(&split);
}
