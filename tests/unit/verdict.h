/* A program that tells what a WebSocket implementation makes of byte streams (tests/integration/websocket-verdicts.test.mjs). */
#ifndef POLLUX_VERDICT_H
#define POLLUX_VERDICT_H

#include <stddef.h>
#include "base/buf.h"

/* A message may have so many bytes. */
#define VERDICT_MAX_MESSAGE 70000
/* And so many fragments, for who has such a limit. */
#define VERDICT_MAX_FRAGMENTS 4

/* Of the implementation: appends the transcript (websocket_transcript.h) of what a server makes of this. */
void verdict_judge(const char *data, size_t len, struct buf *out);

#endif
