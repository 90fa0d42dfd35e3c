/* Where the servers under test listen. */
#ifndef BENCH_ADDRESS_H
#define BENCH_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#define ADDRESSES_MAX 4

struct addresses {
	struct sockaddr_storage at[ADDRESSES_MAX]; /* used in turn */
	socklen_t len[ADDRESSES_MAX];
	int count;
	unsigned turn;
};

/* "unix:PATH" or "IPV4:PORT". False: neither, or one too many. */
bool addresses_add(struct addresses *a, const char *text);
/* A non-blocking socket on its way to the next address, without Nagle's delay; -1 and errno. EAGAIN: a Unix listener's queue is full. */
int addresses_connect(struct addresses *a);

#endif
