/* What an application may know and note of namespaces. */
#include "config.h"
#include "core/event.h"

#include "base/clock.h"
#include "core/event_run.h"
#include "db/namespaces.h"

int event_namespace_parent(struct event *ev, const char *nsp, char key[PARENT_KEY_MAX])
{
	return namespace_parent(ev->s->store, nsp, key, PARENT_KEY_MAX);
}

int event_set_namespace_parent(struct event *ev, const char *nsp, const char *key)
{
	int error = event_write(ev);

	return error ? error : namespace_set_parent(ev->s->store, nsp, key, clock_wall_ms());
}

int event_namespaces(struct event *ev, namespace_name_each *each, void *ctx)
{
	return namespaces_with_sockets(ev->s->store, each, ctx);
}
