/*
 * Acknowledgements that the server asks for, as long as somebody may still answer: the row's seq is the packet's id. Asked of one
 * socket, it is forgotten with the answer or when the socket leaves; asked of many, it goes with the recovery window, and who has answered is noted
 * until then. Inside a transaction of the caller.
 */
#ifndef POLLUX_ASKS_H
#define POLLUX_ASKS_H

#include "base/random.h"
#include "db/log.h"
#include "db/store.h"

/* So many wait for one socket's answer: of more the oldest are forgotten. */
#define ASKS_OF_SOCKET_MAX 1000

struct ask {
	char sid[RANDOM_ID_LEN + 1];   /* the socket that is asked; "" for all whom the row reached */
	char *context;                 /* owned by whoever loaded it; NUL-terminated */
	size_t context_len;
};

/* sid.at NULL: all whom the row reaches. context: any text, not NULL. */
int ask_insert(struct store *s, int64_t seq, struct log_text sid, struct log_text context) WARN_UNUSED;
/* NOT_FOUND. */
int ask_load(struct store *s, int64_t seq, struct ask *out) WARN_UNUSED;
void ask_deinit(struct ask *ask);
/* Forgets it: its one socket has answered. */
int ask_delete(struct store *s, int64_t seq) WARN_UNUSED;
/* Notes that the socket has answered one that many are asked. EXISTS: it had already. */
int ask_answer(struct store *s, int64_t seq, struct log_text sid) WARN_UNUSED;
/* The socket leaves: forgets what it is asked. */
int ask_forget_socket(struct store *s, struct log_text sid) WARN_UNUSED;

#endif
