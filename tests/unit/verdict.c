/*
 * The verdict programs' frame: on stdin any number of streams, each behind its length (4 bytes, big-endian); on stdout the lines of each,
 * then an empty line. One run serves a whole test.
 */
#include "config.h"
#include "tests/unit/verdict.h"

#include <stdint.h>
#include <stdio.h>

#define MAX_STREAM (128 * 1024)
#define MAX_TEXT (1 << 20)

/* The next stream's length, or -1 at the end. */
static long next_length(void)
{
	unsigned char head[4];

	if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
		return -1;
	return (long)((uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3]);
}

int main(void)
{
	static char stream[MAX_STREAM];
	struct buf out;
	long len;

	buf_init(&out, MAX_TEXT);
	while ((len = next_length()) >= 0) {
		if (len > MAX_STREAM || fread(stream, 1, (size_t)len, stdin) != (size_t)len)
			return 2;
		buf_clear(&out);
		verdict_judge(stream, (size_t)len, &out);
		buf_add_char(&out, '\n');
		if (out.error || fwrite(out.data, 1, out.len, stdout) != out.len)
			return 2;
	}
	buf_deinit(&out);
	return fflush(stdout) == 0 ? 0 : 2;
}
