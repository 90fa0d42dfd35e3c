/* The application's store, inside an event. */
#include "config.h"
#include "core/event.h"

#include "base/clock.h"
#include "core/event_run.h"
#include "db/kv.h"

_Static_assert(STORE_KEY_MAX <= KV_KEY_MAX, "keys are listed whole");

static struct log_text log_text(struct text t)
{
	return (struct log_text){t.at, t.len};
}

static int64_t expiry(int64_t expire_ms)
{
	return expire_ms ? clock_wall_ms() + expire_ms : 0;
}

static int begin_write(struct event *ev, struct text key)
{
	return key.len > STORE_KEY_MAX ? POLLUX_TOO_BIG : event_write(ev);
}

int event_store_get(struct event *ev, struct text key, char **value, size_t *len)
{
	return kv_get(ev->s->store, log_text(key), value, len);
}

int event_store_set(struct event *ev, struct text key, struct text value, int64_t expire_ms, bool if_absent)
{
	int error = value.len > STORE_VALUE_MAX ? POLLUX_TOO_BIG : begin_write(ev, key);

	if (error)
		return error;
	if (if_absent)
		return kv_insert(ev->s->store, log_text(key), log_text(value), expiry(expire_ms));
	return kv_set(ev->s->store, log_text(key), log_text(value), expiry(expire_ms));
}

int event_store_add(struct event *ev, struct text key, int64_t by, int64_t *now)
{
	int error = begin_write(ev, key);

	return error ? error : kv_add(ev->s->store, log_text(key), by, now);
}

int event_store_delete(struct event *ev, struct text key)
{
	int error = begin_write(ev, key);

	return error ? error : kv_delete(ev->s->store, log_text(key));
}

int event_store_expire(struct event *ev, struct text key, int64_t expire_ms)
{
	int error = begin_write(ev, key);

	return error ? error : kv_expire(ev->s->store, log_text(key), expiry(expire_ms));
}

struct list_call {
	store_each *each;
	void *ctx;
};

static int list_one(void *ctx, struct log_text key, struct log_text value)
{
	struct list_call *call = ctx;

	return call->each(call->ctx, (struct text){key.at, key.len}, (struct text){value.at, value.len});
}

int event_store_list(struct event *ev, struct text prefix, struct text after, int limit, store_each *each, void *ctx)
{
	struct list_call call = {each, ctx};
	int n = kv_list(ev->s->store, log_text(prefix), log_text(after), limit, list_one, &call);

	return n < 0 ? n : 0;
}
