/* Beginning and ending events. */
#include "config.h"
#include "core/event_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "core/session.h"
#include "db/sockets.h"

void event_open(struct event *ev, struct server *s, struct client_row *client)
{
	memset(ev, 0, sizeof(*ev));
	ev->s = s;
	ev->client = client;
	ev->mark = journal_mark(s);
	ev->acked = -1;
}

void event_open_unasked(struct event *ev, struct server *s, const char *nsp)
{
	event_open(ev, s, NULL);
	ev->nsp = nsp;
}

bool event_is_fatal(int error)
{
	return error == POLLUX_DATABASE || error == POLLUX_NO_SPACE || error == POLLUX_BUSY;
}

/* After an error that rolled all back a write would stand alone, at once. */
int event_write(struct event *ev)
{
	int error;

	if (!store_in_transaction(ev->s->store))
		return POLLUX_DATABASE;
	if (ev->saved)
		return 0;
	error = store_savepoint(ev->s->store);
	ev->saved = !error;
	return error;
}

static struct text text_of(struct log_text t, const char *otherwise)
{
	return t.at ? (struct text){t.at, t.len} : (struct text){otherwise, strlen(otherwise)};
}

static int event_socket_fill(struct event *ev, struct event_socket *l, const struct socket_row *row)
{
	int error = client_handshake(ev->s->store, row->client, &l->handshake);

	if (error && error != POLLUX_NOT_FOUND)
		return error;
	memcpy(l->sid, row->sid.at, row->sid.len < sizeof(l->sid) ? row->sid.len : 0);
	memcpy(l->nsp, row->nsp.at, row->nsp.len < sizeof(l->nsp) ? row->nsp.len : 0);
	l->view.sid = l->sid;
	l->view.nsp = l->nsp;
	l->view.client = row->client;
	l->view.data = text_of(row->data, "{}");
	l->view.auth = text_of(row->auth, "{}");
	l->view.handshake = text_of((struct log_text){l->handshake, l->handshake ? strlen(l->handshake) : 0}, "{}");
	l->view.connected = !row->left;
	l->view.recovered = row->generation > 0;
	return 0;
}

static void event_socket_free(struct event_socket *l)
{
	free(l->block);
	free(l->handshake);
	free(l);
}

/* sid NULL: the client's own socket in that namespace. */
static int event_load(struct event *ev, struct log_text nsp, const char *sid, const struct socket_view **out)
{
	struct event_socket *l = calloc(1, sizeof(*l));
	struct socket_row row;
	int error;

	if (!l)
		return POLLUX_NO_MEMORY;
	if (sid)
		error = socket_load(ev->s->store, nsp, (struct log_text){sid, strlen(sid)}, &row, &l->block);
	else
		error = socket_of_client_nsp(ev->s->store, ev->client->id, nsp, &row, &l->block);
	if (!error)
		error = event_socket_fill(ev, l, &row);
	if (error) {
		event_socket_free(l);
		return error;
	}
	l->next = ev->loaded;
	ev->loaded = l;
	*out = &l->view;
	return 0;
}

/* A POST's events are mostly one socket's: it is read once for all of them, unless one changes it. */
static bool is_cached(const struct event *ev, struct text nsp)
{
	const struct event_socket *own = ev->s->own_socket;

	return own && own->transaction == ev->s->transaction && own->view.client == ev->client->id &&
	       strlen(own->nsp) == nsp.len && memcmp(own->nsp, nsp.at, nsp.len) == 0;
}

int event_set_own_socket(struct event *ev, struct text nsp)
{
	const struct socket_view *view;
	int error;

	if (!is_cached(ev, nsp)) {
		event_forget_own_socket(ev->s);
		error = event_load(ev, (struct log_text){nsp.at, nsp.len}, NULL, &view);
		if (error)
			return error;
		ev->s->own_socket = ev->loaded;
		ev->loaded = ev->loaded->next;
		ev->s->own_socket->transaction = ev->s->transaction;
	}
	ev->socket = &ev->s->own_socket->view;
	return 0;
}

void event_forget_own_socket(struct server *s)
{
	if (s->own_socket)
		event_socket_free(s->own_socket);
	s->own_socket = NULL;
}

int event_set_socket(struct event *ev, struct text nsp, const char *sid)
{
	return event_load(ev, (struct log_text){nsp.at, nsp.len}, sid, &ev->socket);
}

int event_find_socket(struct event *ev, const char *nsp, const char *sid, const struct socket_view **out)
{
	return event_load(ev, (struct log_text){nsp, strlen(nsp)}, sid, out);
}

const struct socket_view *event_socket(const struct event *ev)
{
	return ev->socket;
}

const char *event_nsp(const struct event *ev)
{
	return ev->socket ? ev->socket->nsp : ev->nsp;
}

static int event_undo(struct event *ev)
{
	journal_cut(ev->s, ev->mark);
	if (!ev->saved)
		return 0;
	return store_savepoint_rollback(ev->s->store);
}

int event_end(struct event *ev, int result)
{
	struct event_socket *l;
	int error;

	while ((l = ev->loaded)) {
		ev->loaded = l->next;
		event_socket_free(l);
	}
	ev->socket = NULL;
	if (ev->changed)
		event_forget_own_socket(ev->s);
	if (event_is_fatal(result) || !store_in_transaction(ev->s->store))
		return result ? result : POLLUX_DATABASE;
	if (result)
		return event_undo(ev);
	error = ev->saved ? store_savepoint_release(ev->s->store) : 0;
	return error;
}

int event_end_unasked(struct event *ev, int result)
{
	int error = event_end(ev, result);
	bool closed;

	return error ? error : session_leave_asked(ev->s, NULL, &closed);
}
