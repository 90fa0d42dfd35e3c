/* Secret identifiers. */
#ifndef POLLUX_RANDOM_H
#define POLLUX_RANDOM_H

#include <stddef.h>

/* Characters of an id made by random_id: 20, of 64 each, 120 random bits. */
#define RANDOM_ID_LEN 20

/* Fills n bytes from the kernel's generator (getrandom); never fails on Linux once booted, aborts otherwise. */
void random_bytes(void *out, size_t n);
/* Writes RANDOM_ID_LEN characters of A-Z a-z 0-9 - _ and a NUL. */
void random_id(char out[RANDOM_ID_LEN + 1]);

#endif
