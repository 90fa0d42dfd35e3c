/*
 * What a fuzz target is: one function over bytes, its name and its seeds. Linked
 * with libFuzzer or with driver.c. A target says what must hold by MUST.
 */
#ifndef POLLUX_FUZZ_H
#define POLLUX_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct fuzz_seed {
	const char *data;
	size_t len;
};

#define SEED(text) { (text), sizeof(text) - 1 }

/* Of the target. The seeds end with one whose data is NULL. */
extern const char *const fuzz_name;
extern const struct fuzz_seed fuzz_seeds[];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MUST(holds)                                                                    \
	do {                                                                           \
		if (!(holds)) {                                                        \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds); \
			abort();                                                       \
		}                                                                      \
	} while (0)

#endif
