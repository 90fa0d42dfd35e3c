/* What an application may know and note of namespaces. */
#include "config.h"
#include "core/event.h"

#include <string.h>

#include "base/clock.h"
#include "core/event_run.h"
#include "db/namespaces.h"

int event_namespace_parent(struct event *ev, const char *nsp, char key[PARENT_KEY_MAX])
{
	return namespace_parent(ev->s->store, nsp, key, PARENT_KEY_MAX);
}

static int note_change(struct event *ev, const char *nsp, const char *key)
{
	struct parent_change *c = &ev->parent;
	int error = namespace_parent(ev->s->store, nsp, c->before, sizeof(c->before));

	c->had = !error;
	c->made = key ? !c->had || strcmp(c->before, key) != 0 : c->had;
	return error == POLLUX_NOT_FOUND ? 0 : error;
}

int event_set_namespace_parent(struct event *ev, const char *nsp, const char *key)
{
	int error = event_write(ev);

	if (!error)
		error = note_change(ev, nsp, key);
	return error ? error : namespace_set_parent(ev->s->store, nsp, key, clock_wall_ms());
}

int event_undo_parent(struct server *s, const char *nsp, const struct parent_change *change)
{
	return namespace_set_parent(s->store, nsp, change->had ? change->before : NULL, clock_wall_ms());
}

int event_namespaces(struct event *ev, namespace_name_each *each, void *ctx)
{
	return namespaces_with_sockets(ev->s->store, each, ctx);
}
