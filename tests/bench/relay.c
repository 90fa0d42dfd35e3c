/* See relay.h. */
#include "config.h"

#include "tests/bench/relay.h"

#include <string.h>

#include "base/buf.h"
#include "core/event.h"

#define ROOM ((struct text){ "room", 4 })
#define MAX_BYTES 1000000

static int any_namespace(void *ctx, struct event *ev, const char *nsp, struct text auth)
{
	(void)ctx, (void)ev, (void)auth;
	return strcmp(nsp, "/") == 0 ? 0 : POLLUX_NOT_FOUND;
}

static int admit(void *ctx, struct event *ev, struct buf *refusal)
{
	(void)ctx, (void)ev, (void)refusal;
	return 0;
}

static int connection(void *ctx, struct event *ev)
{
	const struct socket_view *socket = event_socket(ev);
	struct json_slice join, auth = { socket->auth.at, socket->auth.len };

	(void)ctx;
	if (!json_object_find(auth, "join", &join))
		return 0;
	return event_join(ev, socket->nsp, socket->sid, ROOM, NULL);
}

/* ["say",sender,number,padding] goes out as ["said",sender,number,padding]. */
static int relay(struct event *ev, const struct incoming *in, struct json_slice name)
{
	size_t behind = (size_t)(name.at + name.len - in->payload.at);
	struct text room = ROOM;
	struct emission e = { .nsp = event_socket(ev)->nsp, .rooms = &room, .rooms_count = 1 };
	struct emitted emitted;
	struct buf b;
	int error;

	buf_init(&b, MAX_BYTES);
	(void)buf_add_str(&b, "[\"said\"");
	error = buf_add(&b, in->payload.at + behind, in->payload.len - behind);
	e.args = (struct text){ b.data, b.len };
	if (error == 0)
		error = event_emit(ev, &e, &emitted);
	buf_deinit(&b);
	return error;
}

static int packet(void *ctx, struct event *ev, const struct incoming *in)
{
	const struct socket_view *socket = event_socket(ev);
	struct ack ack = { .id = in->ack_id };
	struct json_slice name;
	size_t cursor = 0;
	int error;

	(void)ctx;
	if (!json_array_next(in->payload, &cursor, &name) || !json_string_is(name, "say"))
		return 0;
	error = relay(ev, in, name);
	if (error < 0 || in->ack_id < 0)
		return error;
	memcpy(ack.nsp, socket->nsp, strlen(socket->nsp) + 1);
	memcpy(ack.sid, socket->sid, strlen(socket->sid) + 1);
	return event_ack(ev, &ack, (struct text){ "[]", 2 }, NULL, 0);
}

static int disconnect(void *ctx, struct event *ev, const char *reason)
{
	(void)ctx, (void)ev, (void)reason;
	return 0;
}

int relay_load(void **out, const char *file, struct settings *settings, struct handler *handler)
{
	(void)file, (void)settings;
	*out = NULL;
	*handler = (struct handler){
		.namespace_exists = any_namespace, .admit = admit, .connection = connection, .packet = packet, .disconnect = disconnect
	};
	return 0;
}

void relay_unload(void *loaded)
{
	(void)loaded;
}
