/* What waits for the next tick: requests, and polls that were broken off. Loop thread only. */
#ifndef POLLUX_INPUT_H
#define POLLUX_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "core/exchange.h"
#include "db/clients.h"

enum input_kind {
	INPUT_HANDSHAKE,
	INPUT_POLL,
	INPUT_POST,
	INPUT_ABORT,      /* the peer of a parked poll has left */
	INPUT_UPGRADE,    /* a WebSocket handshake that names a session */
	INPUT_MESSAGES,   /* of a WebSocket */
	INPUT_LEFT,       /* a WebSocket has gone */
	INPUT_REFUSED,    /* answered with Bad request, whatever comes of the tick */
};

struct client;
struct link;

struct input {
	struct input *next;
	enum input_kind kind;
	struct exchange *x;             /* answered after COMMIT; NULL for aborts, and once a poll has taken it over */
	struct bytes *cors;             /* header lines every answer to it gets */
	struct bytes *initial;          /* of a handshake: header lines that the application wants */
	bool gzip;                      /* its answer may be compressed */
	char sid[RANDOM_ID_LEN + 1];
	char t[CLIENT_T_MAX + 1];
	int64_t client, claim;          /* of an abort; of a WebSocket's */
	struct link *link;              /* the WebSocket it is of: a reference */
	struct buf messages;            /* what that has sent */
	char *room;                     /* a plain WebSocket's handshake names it ("": none); owned */
	const char *reason;             /* why it left; static */
	size_t cursor;                  /* how far a POST's payload, or the messages, have been run */
	struct client *polling;         /* of a poll: the client that has taken the exchange over in this tick */
	UT_hash_handle hh;              /* of a POST: among the open ones, by sid */
	bool misused;                   /* a known session is refused all the same: method or transport */
	bool overlaps;                  /* of a POST: another of its session was open when it came */
	bool unfinished;                /* the tick was full: the rest of its payload, or messages, runs in a later one */
	size_t kept;                    /* up to where they have been committed */
	bool tries;                     /* it has waited for room on the disk and tries again, alone */
	bool left;                      /* of a GET: its peer left while it waited for room */
	int64_t wait_until_ms;          /* of a GET: so long; 0: it has not had to */

	/* The answer, set while it runs. */
	int status;                     /* 0: none yet */
	const char *type;               /* Content-Type; static */
	struct bytes *body;
	/* Of a WebSocket's: what is to follow the commit. */
	bool second;                    /* another one has, or had, the upgrade */
	bool probed, switched, ponged, closes;
};

struct inputs {
	struct input *first, **last;
	size_t count;
};

void inputs_init(struct inputs *list);
void inputs_add(struct inputs *list, struct input *in);
void inputs_push(struct inputs *list, struct input *in);   /* in front */
/* Takes the first out; NULL when empty. */
struct input *inputs_take(struct inputs *list);
/* A new input for an exchange (which may be NULL); NULL: out of memory. */
struct input *input_new(enum input_kind kind, struct exchange *x);
/* Frees it; its exchange is somebody else's by now. */
void input_free(struct input *in);
/* Sets the answer, replacing an older one. body is copied. */
void input_answer(struct input *in, int status, const char *type, const char *body, size_t len);
/* Forgets the answer: the input will run again. */
void input_reset(struct input *in);

#endif
