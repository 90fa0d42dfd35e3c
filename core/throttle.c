/* Counting handshakes: a table that is emptied every minute. */
#include "config.h"
#include "core/throttle.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define WINDOW_MS 60000
/* More addresses than this in one minute are let through uncounted: the table itself must not become the weak spot. */
#define ADDRESSES_MAX 100000

struct throttle_entry {
	UT_hash_handle hh;
	int64_t count;
	char address[48];
};

void throttle_deinit(struct throttle *t)
{
	struct throttle_entry *e, *next;

	HASH_ITER(hh, t->by_address, e, next) {
		HASH_DEL(t->by_address, e);
		free(e);
	}
}

static bool is_local(const char *address)
{
	return !address[0] || strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
	       strncmp(address, "::ffff:127.", 11) == 0;
}

static struct throttle_entry *entry_of(struct throttle *t, const char *address)
{
	struct throttle_entry *e = NULL;

	HASH_FIND_STR(t->by_address, address, e);
	if (e || HASH_COUNT(t->by_address) >= ADDRESSES_MAX)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	memcpy(e->address, address, strlen(address));
	HASH_ADD_STR(t->by_address, address, e);
	return e;
}

bool throttle_take(struct throttle *t, const char *address, int64_t limit, int64_t now_ms)
{
	struct throttle_entry *e;

	if (!limit || is_local(address) || strlen(address) >= sizeof(e->address))
		return true;
	if (now_ms - t->window_ms >= WINDOW_MS) {
		throttle_deinit(t);
		t->window_ms = now_ms;
	}
	e = entry_of(t, address);
	return !e || ++e->count <= limit;
}
