/* Clients: Engine.IO sessions. All calls inside a transaction of the caller. */
#ifndef POLLUX_CLIENTS_H
#define POLLUX_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/random.h"
#include "db/store.h"

/* protocol: Engine.IO's version, or a plain WebSocket. */
#define CLIENT_PROTOCOL 4
#define CLIENT_PLAIN 0
enum client_transport { CLIENT_POLLING, CLIENT_WEBSOCKET };
enum client_state { CLIENT_OPEN, CLIENT_CLOSING, CLIENT_CLOSED };
/* How far an upgrade's probe is: not come, come, and the first poll since then answered. */
enum client_probed { CLIENT_UNPROBED, CLIENT_PROBED, CLIENT_TOLD };

#define CLIENT_T_MAX 23
/* expires_at_ms of a client whose pings its own process keeps. Far below INT64_MAX: deadlines are shifted. */
#define CLIENT_NEVER_MS (INT64_C(1) << 60)

/* The row, without what is rarely read; see schema.sql. */
struct client_row {
	int64_t id;
	char sid[RANDOM_ID_LEN + 1];
	uint8_t protocol, transport, state;
	char final;                       /* '1', '6' or 0 */
	bool pinged, has_partial;
	char answered_with;               /* '2', '6' or 0 */
	char answered_t[CLIENT_T_MAX + 1];   /* "" for none; longer ones are cut */
	int64_t cursor, version, holder /* 0: none */, claim;
	int64_t ping_at_ms, expires_at_ms;
	int64_t connect_by_ms;                   /* 0: it has joined a namespace */
	int64_t answered_from;
	int64_t upgrade_holder, upgrade_by_ms;   /* 0: none */
	enum client_probed probed;               /* that upgrade */
};

/* Inserts (id is set) with its handshake's JSON. */
int client_insert(struct store *s, struct client_row *row, const char *handshake, size_t handshake_len) WARN_UNUSED;
/* NOT_FOUND. */
int client_load(struct store *s, const char *sid, size_t sid_len, struct client_row *out) WARN_UNUSED;
int client_load_id(struct store *s, int64_t id, struct client_row *out) WARN_UNUSED;
/* Writes every changeable column. */
int client_save(struct store *s, const struct client_row *row) WARN_UNUSED;
/* The hot path's two, compare-and-set on claim. A poll is parked: holder, claim + 1, cursor (only upwards). GONE: the claim is another. */
int client_park(struct store *s, int64_t id, int64_t claim, int64_t holder, int64_t cursor) WARN_UNUSED;
/* A poll is answered: holder NULL, answered_from = cursor, then cursor and answered_*; pinged = 1 when with is '2'. GONE likewise. */
int client_answer(struct store *s, int64_t id, int64_t claim, int64_t cursor, const char *t, char with) WARN_UNUSED;
/* version + 1. */
int client_touch(struct store *s, int64_t id) WARN_UNUSED;
/* Deletes the row, its handshake and its partial. Sockets are the caller's. */
int client_delete(struct store *s, int64_t id) WARN_UNUSED;
/* The handshake's JSON into a new NUL-terminated string the caller frees. NOT_FOUND. */
int client_handshake(struct store *s, int64_t id, char **out) WARN_UNUSED;
/* Up to limit clients with expires_at_ms <= now; earliest first. Returns how many. */
int client_expired(struct store *s, int64_t now_ms, struct client_row *out, int limit) WARN_UNUSED;
/* The earliest expires_at_ms, INT64_MAX when there is no client. */
int client_next_expiry(struct store *s, int64_t *out) WARN_UNUSED;
/* Up to limit clients whose holder is this process. Returns how many. */
int client_held_by(struct store *s, int64_t holder, struct client_row *out, int limit) WARN_UNUSED;
/* How many polls all processes hold. Looks at every client: 1 ms for 10,000. */
int64_t client_held_count(struct store *s);
/* The lowest cursor of open clients, INT64_MAX when there is none; open clients whose cursor is below floor, up to limit:
 * not those whose poll is held, for they have what there is for them, though their cursor is only written with the answer. */
int client_lowest_cursor(struct store *s, int64_t *out) WARN_UNUSED;
int client_lagging(struct store *s, int64_t floor, struct client_row *out, int limit) WARN_UNUSED;

/* The half-received packet. attachments: packed. */
struct partial_row {
	char *packet;            /* owned; NUL-terminated */
	size_t packet_len;
	int missing;
	char *attachments;       /* owned */
	size_t attachments_len;
};
int partial_load(struct store *s, int64_t client, struct partial_row *out) WARN_UNUSED;
int partial_save(struct store *s, int64_t client, const struct partial_row *row) WARN_UNUSED;
int partial_delete(struct store *s, int64_t client) WARN_UNUSED;
void partial_deinit(struct partial_row *row);

#endif
