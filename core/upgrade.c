/* The upgrade's steps. */
#include "config.h"
#include "core/upgrade.h"

#include "base/clock.h"
#include "core/catch_up.h"
#include "core/journal.h"
#include "core/poll.h"
#include "core/session.h"

static bool is_claimed(const struct server *s, const struct client_row *row)
{
	return row->upgrade_holder && row->upgrade_by_ms > clock_mono_ms() && processes_alive(s->processes, row->upgrade_holder);
}

bool upgrade_under_way(const struct server *s, const struct client_row *row)
{
	return row->probed != CLIENT_UNPROBED && is_claimed(s, row);
}

int upgrade_meet_poll(struct server *s, struct client_row *row, bool *at_once)
{
	*at_once = row->probed == CLIENT_PROBED && is_claimed(s, row);
	if (!*at_once)
		return 0;
	row->probed = CLIENT_TOLD;
	return client_save(s->store, row);
}

bool upgrade_claim(struct server *s, struct client_row *row)
{
	if (row->transport != CLIENT_POLLING || is_claimed(s, row))
		return false;
	row->upgrade_holder = s->process_id;
	row->upgrade_by_ms = clock_mono_ms() + s->settings->upgrade_timeout_ms;
	row->probed = CLIENT_UNPROBED;
	return true;
}

int upgrade_probe(struct server *s, struct client_row *row)
{
	int error;

	row->probed = CLIENT_PROBED;
	error = client_save(s->store, row);
	return error ? error : journal_touch(s, row->id, row);
}

int upgrade_abandon(struct server *s, struct client_row *row)
{
	row->upgrade_holder = row->upgrade_by_ms = 0;
	row->probed = CLIENT_UNPROBED;
	return client_save(s->store, row);
}

int upgrade_switch(struct server *s, struct link *l, struct client_row *row)
{
	int error;

	row->transport = CLIENT_WEBSOCKET;
	row->holder = s->process_id;
	row->claim++;   /* a poll that waits anywhere has lost its claim */
	row->upgrade_holder = row->upgrade_by_ms = 0;
	row->probed = CLIENT_UNPROBED;
	row->expires_at_ms = row->connect_by_ms ? row->connect_by_ms : CLIENT_NEVER_MS;
	error = client_save(s->store, row);
	if (!error)
		error = journal_touch(s, row->id, row);
	if (error || l->state == LINK_ENDED)
		return error;
	poll_evict(s, row->id);
	error = link_attach(l, row);
	if (!error)
		error = catch_up_gather(s, l->c, row->cursor, s->position, SIZE_MAX);
	if (!error)
		poll_ready(s, l->c);
	return error;
}
