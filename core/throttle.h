/*
 * Handshakes an address may make in a minute, in this process. Loopback and Unix peers are never counted:
 * behind a proxy they are everybody. Loop thread only.
 */
#ifndef POLLUX_THROTTLE_H
#define POLLUX_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct throttle_entry;

struct throttle {
	struct throttle_entry *by_address;
	int64_t window_ms;      /* when the minute began */
};

/* Counts one; false when the address has had its `limit` in this minute (0: no limit). */
bool throttle_take(struct throttle *t, const char *address, int64_t limit, int64_t now_ms);
void throttle_deinit(struct throttle *t);

#endif
