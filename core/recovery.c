/*
 * Connection state recovery. Positions are compared, never looked up, so it does not matter whether the row is still there; what matters is that no row
 * above it is gone that might have been for this socket. Rows of the recovery window and of the time in which a
 * connection may be half-open are kept (housekeeping.c), so a row that is gone was written before the socket left, and a heartbeat has shown since that its
 * client had it; unless it is above where the socket left: then there is a gap.
 *
 * What was missed goes out as replies, in the order of the log, behind the one to CONNECT. Before it (as npm's socket.io does) the stock
 * client keeps them aside until CONNECT is answered, and has them twice when the connection breaks in between.
 */
#include "config.h"
#include "core/recovery.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/say.h"
#include "core/event_run.h"
#include "core/journal.h"
#include "core/route.h"
#include "core/session.h"
#include "db/log.h"

bool recovery_allowed(const char *reason)
{
	static const char *const final[] = {"client namespace disconnect", "server namespace disconnect", "parse error"};

	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		if (strcmp(reason, final[i]) == 0)
			return false;
	return true;
}

static int refuse(struct recovery *r, const struct client_row *client, enum say_level level, const char *why)
{
	say(level, "core", client->sid, "a session is not recovered: %s", why);
	recovery_deinit(r);
	return 0;
}

/* A string member of CONNECT's payload, decoded. False: absent, no string, or longer. */
static bool get_string(struct json_slice auth, const char *name, char *out, size_t cap, bool *present)
{
	struct json_slice value;
	size_t len;

	*present = auth.len && json_kind(auth) == JSON_OBJECT && json_object_find(auth, name, &value);
	if (!*present || json_kind(value) != JSON_STRING)
		return false;
	len = json_string_decode(value, out, cap - 1);
	if (len >= cap)
		return false;
	out[len] = '\0';
	return true;
}

/* From where on it wants the log. Why not, or NULL. */
static const char *read_offset(struct server *s, struct json_slice auth, int64_t last, struct recovery *r)
{
	char offset[POSITION_MAX];
	bool present, fits = get_string(auth, "offset", offset, sizeof(offset), &present);
	struct event ev = {.s = s};
	int64_t seq;

	r->from = r->row.origin;
	if (!present)
		return NULL;
	if (!fits || event_position_parse(&ev, (struct text){offset, strlen(offset)}, &seq))
		return "its offset is no position of this log";
	if (seq > last)
		return "its offset is above the log's end";
	if (seq > r->from)
		r->from = seq;
	return NULL;
}

/* Whether rows are gone that it has missed. */
static int look_for_gap(struct server *s, const struct recovery *r, bool *gap)
{
	int64_t events, others, had = r->from > r->row.left ? r->from : r->row.left;
	int error = log_gaps(s->store, &events, &others);

	*gap = r->row.left && (events > had || others > had);
	return error;
}

static int check(struct server *s, const struct client_row *client, struct json_slice auth, struct recovery *r)
{
	int64_t last = log_last(s->store);
	const char *why;
	bool gap;
	int error;

	if (last < 0)
		return (int)last;
	if (r->row.left && r->row.left_at_ms + s->settings->recovery_window_ms < clock_mono_ms())
		return refuse(r, client, SAY_DEBUG, "it has been away for too long");
	why = read_offset(s, auth, last, r);
	if (why)
		return refuse(r, client, SAY_INFO, why);
	error = look_for_gap(s, r, &gap);
	if (error || !gap)
		return error;
	return refuse(r, client, SAY_INFO, "rows it has missed are deleted already");
}

static int load(struct server *s, const char *nsp, const char *pid, struct recovery *r)
{
	int error = socket_of_pid(s->store, (struct log_text){nsp, strlen(nsp)}, (struct log_text){pid, strlen(pid)}, &r->row, &r->block);

	r->found = !error;
	return error == POLLUX_NOT_FOUND ? 0 : error;
}

/* A connection without sockets is of no use to anybody. */
static int close_if_empty(struct server *s, int64_t id)
{
	struct client_row row;
	int count, error = client_load_id(s->store, id, &row);

	if (error)
		return error == POLLUX_NOT_FOUND ? 0 : error;
	count = socket_count_of_client(s->store, id);
	if (count)
		return count < 0 ? count : 0;
	return session_close(s, &row, "transport error", '1', SESSION_LINGER);
}

/* The predecessor is still there for all we know. Should it be alive, DISCONNECT keeps it from taking the socket back. */
static int take_over(struct server *s, struct client_row *client, struct recovery *r)
{
	struct client_row old;
	bool closed;
	int error = client_load_id(s->store, r->row.client, &old);

	if (error)
		return error;
	error = session_leave(s, &old, r->row.nsp.at, r->row.sid.at, "transport error", true);
	if (!error)
		error = session_leave_asked(s, client, &closed);
	return error ? error : close_if_empty(s, old.id);
}

static int take(struct server *s, struct client_row *client, const char *nsp, const char *pid, struct json_slice auth, struct recovery *r)
{
	int error;

	if (r->row.left)
		return 0;
	error = take_over(s, client, r);
	recovery_deinit(r);
	if (error || client->state != CLIENT_OPEN)
		return error == POLLUX_NOT_FOUND ? 0 : error;
	error = load(s, nsp, pid, r);
	return error || !r->found ? error : check(s, client, auth, r);
}

int recovery_find(struct server *s, struct client_row *client, const char *nsp, struct json_slice auth, struct recovery *r)
{
	char pid[RANDOM_ID_LEN + 1];
	bool present;
	int error;

	memset(r, 0, sizeof(*r));
	if (!s->settings->recovery || !get_string(auth, "pid", pid, sizeof(pid), &present))
		return 0;
	error = load(s, nsp, pid, r);
	if (!error && !r->found)
		return refuse(r, client, SAY_DEBUG, "there is none of that pid");
	if (!error)
		error = check(s, client, auth, r);
	return error || !r->found ? error : take(s, client, nsp, pid, auth, r);
}

int recovery_restore(struct server *s, const struct client_row *client, struct recovery *r, struct log_text auth)
{
	struct socket_row row = r->row;

	row.auth = auth;
	return socket_come_back(s->store, &row, client->id);
}

/* Reading what was missed. */
struct gather {
	struct server *s;
	struct recovery *r;
	const struct client *client;
	size_t max_bytes;
};

static int add_missed(struct recovery *r, struct row *row)
{
	size_t room = r->room ? r->room * 2 : 16;
	struct row **grown;

	if (r->count == r->room) {
		grown = realloc(r->missed, room * sizeof(*grown));
		if (!grown)
			return POLLUX_NO_MEMORY;
		r->missed = grown;
		r->room = room;
	}
	r->missed[r->count++] = row_ref(row);
	return 0;
}

static int gather_row(void *ctx, const struct log_row *from)
{
	struct gather *g = ctx;
	struct row *row;
	int error = 0;

	if (from->ack)   /* it has no position: nobody could tell that it was missed */
		return 0;
	row = row_new(from, true, server_epoch(g->s));
	if (!row)
		return POLLUX_NO_MEMORY;
	if (route_reaches_socket(g->client, g->r->row.sid.at, row)) {
		g->r->bytes += row_size(row);
		error = g->r->bytes > g->max_bytes ? POLLUX_TOO_BIG : add_missed(g->r, row);
	}
	row_unref(row);
	return error;
}

/* The client as the store knows it now, with all its intervals: what reaches it is asked of them, as for those who are here. */
static struct client *load_client(struct server *s, struct clients *all, const struct client_row *client, int *error)
{
	struct client_row whole = *client;

	whole.cursor = whole.answered_from = 0;
	return client_get(all, s->store, &whole, error);
}

int recovery_gather(struct server *s, const struct client_row *client, struct recovery *r)
{
	struct gather g = {.s = s, .r = r, .max_bytes = settings_queue_bytes(s->settings)};
	struct clients all = {0};
	int n, error;

	g.client = load_client(s, &all, client, &error);
	n = g.client ? log_missed(s->store, r->row.nsp, r->row.sid, r->from, RECOVERY_ROWS_MAX + 1, gather_row, &g) : error;
	clients_deinit(&all);
	r->too_much = n == POLLUX_TOO_BIG || n > RECOVERY_ROWS_MAX;
	if (!r->too_much)
		return n < 0 ? n : 0;
	say(SAY_INFO, "core", client->sid, "a session is not recovered: it has missed too much");
	return POLLUX_TOO_BIG;
}

static int replay_row(struct server *s, const struct client_row *client, const struct row *row)
{
	size_t len = row_text(row, NULL);
	char *text = malloc(len);
	int error;

	if (!text)
		return POLLUX_NO_MEMORY;
	row_text(row, text);
	error = journal_reply(s, client->id, text + 1, len - 1, row->attachments.at, row->attachments.len);   /* without the 4 */
	free(text);
	return error;
}

int recovery_replay(struct server *s, const struct client_row *client, const struct recovery *r)
{
	int error = 0;

	for (size_t i = 0; i < r->count && !error; i++)
		error = replay_row(s, client, r->missed[i]);
	return error;
}

void recovery_deinit(struct recovery *r)
{
	for (size_t i = 0; i < r->count; i++)
		row_unref(r->missed[i]);
	free(r->missed);
	free(r->block);
	memset(r, 0, sizeof(*r));
}
