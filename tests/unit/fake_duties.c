/* The fake of core/event.h, second part: timers, events for other processes, the application's store. Keys do not expire. */
#include "config.h"
#include "tests/unit/fake_event.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *event_nsp(const struct event *ev)
{
	return ev->own ? ev->own->nsp : ev->nsp;
}

static int failing(struct event *ev)
{
	int error = ev->fail;

	ev->calls++;
	ev->fail = 0;
	return error;
}

int event_after(struct event *ev, const char *nsp, struct text name, struct text context, int64_t after_ms, int64_t *id)
{
	int error = failing(ev);

	*id = 77;
	if (!error)
		buf_addf(&ev->trace, "after %s %lld %.*s %.*s\n", nsp, (long long)after_ms, (int)name.len, name.at, (int)context.len, context.at);
	return error;
}

int event_cancel(struct event *ev, int64_t id)
{
	int error = failing(ev);

	if (!error)
		buf_addf(&ev->trace, "cancel %lld\n", (long long)id);
	return error || id == 77 ? error : POLLUX_NOT_FOUND;
}

int event_server_side(struct event *ev, const char *nsp, struct text args, const struct text *attachments, int attachments_count)
{
	int error = failing(ev);

	if (error)
		return error;
	buf_addf(&ev->trace, "server side %s %.*s", nsp, (int)args.len, args.at);
	for (int i = 0; i < attachments_count; i++)
		buf_addf(&ev->trace, " <%.*s>", (int)attachments[i].len, attachments[i].at);
	buf_add_char(&ev->trace, '\n');
	return 0;
}

static struct fake_key *find(struct event *ev, struct text key)
{
	for (int i = 0; i < ev->keys_count; i++)
		if (strlen(ev->keys[i].key) == key.len && memcmp(ev->keys[i].key, key.at, key.len) == 0)
			return &ev->keys[i];
	return NULL;
}

int event_store_get(struct event *ev, struct text key, char **value, size_t *len)
{
	struct fake_key *k = find(ev, key);
	int error = failing(ev);

	if (error || !k)
		return error ? error : POLLUX_NOT_FOUND;
	*value = strdup(k->value);
	*len = strlen(k->value);
	return 0;
}

static void put(struct event *ev, struct text key, struct text value)
{
	struct fake_key *k = find(ev, key);

	if (!k) {
		assert(ev->keys_count < FAKE_MAX && key.len < sizeof(k->key));
		k = &ev->keys[ev->keys_count++];
		memcpy(k->key, key.at, key.len);
	}
	assert(value.len < sizeof(k->value));
	memcpy(k->value, value.at, value.len);
	k->value[value.len] = '\0';
}

int event_store_set(struct event *ev, struct text key, struct text value, int64_t expire_ms, bool if_absent)
{
	int error = failing(ev);

	if (error || (if_absent && find(ev, key)))
		return error ? error : POLLUX_EXISTS;
	buf_addf(&ev->trace, "set %.*s %.*s %lld\n", (int)key.len, key.at, (int)value.len, value.at, (long long)expire_ms);
	put(ev, key, value);
	return 0;
}

int event_store_add(struct event *ev, struct text key, int64_t by, int64_t *now)
{
	struct fake_key *k = find(ev, key);
	int error = failing(ev);
	struct buf text;

	if (error || (k && k->value[0] == '"'))
		return error ? error : POLLUX_PROTOCOL;
	*now = by + (k ? strtoll(k->value, NULL, 10) : 0);
	buf_init(&text, 64);
	buf_addf(&text, "%lld", (long long)*now);
	put(ev, key, (struct text){text.data, text.len});
	buf_deinit(&text);
	return 0;
}

int event_store_delete(struct event *ev, struct text key)
{
	struct fake_key *k = find(ev, key);
	int error = failing(ev);

	if (error || !k)
		return error ? error : POLLUX_NOT_FOUND;
	*k = ev->keys[--ev->keys_count];
	return 0;
}

int event_store_expire(struct event *ev, struct text key, int64_t expire_ms)
{
	int error = failing(ev);

	if (error || !find(ev, key))
		return error ? error : POLLUX_NOT_FOUND;
	buf_addf(&ev->trace, "expire %.*s %lld\n", (int)key.len, key.at, (long long)expire_ms);
	return 0;
}

int event_store_list(struct event *ev, struct text prefix, struct text after, int limit, store_each *each, void *ctx)
{
	int error = failing(ev);

	buf_addf(&ev->trace, "list %.*s %.*s %d\n", (int)prefix.len, prefix.at ? prefix.at : "", (int)after.len, after.at ? after.at : "", limit);
	for (int i = 0; !error && i < ev->keys_count; i++)
		error = each(ctx, (struct text){ev->keys[i].key, strlen(ev->keys[i].key)},
			     (struct text){ev->keys[i].value, strlen(ev->keys[i].value)});
	return error;
}
