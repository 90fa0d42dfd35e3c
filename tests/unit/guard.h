/*
 * Input that ends at a page nobody may read: a codec that looks one byte too
 * far dies on the spot. For tests; one thread.
 */
#ifndef POLLUX_TEST_GUARD_H
#define POLLUX_TEST_GUARD_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_ROOM (256 * 1024)

/* Copies n bytes (at most GUARD_ROOM) to just before the page. The copy is good until the next call. */
static inline char *guard_put(const void *data, size_t n)
{
	static char *end;

	if (!end) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		char *map = mmap(NULL, GUARD_ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (map == MAP_FAILED || mprotect(map + GUARD_ROOM, page, PROT_NONE) != 0)
			abort();
		end = map + GUARD_ROOM;
	}
	if (n > GUARD_ROOM)
		abort();
	if (n > 0)
		memcpy(end - n, data, n);
	return end - n;
}

#endif
