/*
 * core/event.h in memory, for tests of applications: sockets, members, history and keys in arrays; everything that was done is
 * written to a trace, one line a call. Nothing is undone.
 */
#ifndef POLLUX_TEST_FAKE_EVENT_H
#define POLLUX_TEST_FAKE_EVENT_H

#include "base/buf.h"
#include "core/event.h"

#define FAKE_MAX 256

struct fake_socket {
	char sid[32], nsp[128];
	char *data, *auth, *handshake;
};

struct fake_member {
	char nsp[128], room[512], sid[32];
};

struct fake_row {
	int64_t seq, at_ms;
	char nsp[128], room[512], key[1100], sender[32];
	char *args, *attachments;
	size_t args_len, attachments_len;
};

struct fake_key {
	char key[600], value[1000];
};

struct event {
	const struct socket_view *own;
	const char *nsp;              /* of an event without a socket */
	struct fake_key keys[FAKE_MAX];
	int keys_count;
	struct socket_view views[FAKE_MAX];
	struct fake_socket sockets[FAKE_MAX];
	int sockets_count;
	struct fake_member members[FAKE_MAX];
	int members_count;
	struct fake_row rows[4 * FAKE_MAX];
	int rows_count;
	struct { char nsp[128], key[PARENT_KEY_MAX]; } parents[FAKE_MAX];
	int parents_count;
	int64_t acked;                /* the id that was answered in this event; -1 */
	int fail;                     /* what the next writing call returns, once */
	int calls;                    /* of any function */
	int seen;                     /* sockets that were handed out as being in a room */
	bool quiet;                   /* keeps no rows and no trace: for measuring */
	struct buf trace;
};

struct event *fake_event_new(void);
void fake_event_free(struct event *ev);
/* Adds a socket and returns its number. */
int fake_event_add(struct event *ev, const char *nsp, const char *sid, const char *data);
/* The next event is that socket's (-1: nobody's). Clears the trace. */
void fake_event_begin(struct event *ev, int socket);

#endif
