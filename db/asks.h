/*
 * Acknowledgements that the server asks for, as long as somebody may still answer: the row's seq is the packet's id. Asked of one
 * socket, it goes with the answer, with its deadline, or, having none, with the socket. Asked of many, it goes with its deadline or when all have
 * answered; who is asked is written down with it, and what they answer. Inside a transaction of the caller.
 */
#ifndef POLLUX_ASKS_H
#define POLLUX_ASKS_H

#include "base/random.h"
#include "db/log.h"
#include "db/store.h"

/* So many wait for one socket's answer: of more the oldest are over, as if their time had come; those without a deadline are forgotten. */
#define ASKS_OF_SOCKET_MAX 1000
/* The answers to one question, together. */
#define ASK_ANSWERS_MAX_BYTES ((int64_t)8 << 20)
/* Deadlines that have come, whatever the clock says. */
#define ASK_NOW_MS 0

struct ask {
	int64_t seq;
	char sid[RANDOM_ID_LEN + 1];   /* the socket that is asked; "" for many */
	char *context;                 /* owned by whoever loaded it; NUL-terminated */
	size_t context_len;
	const char *nsp;               /* in the same piece of memory */
};

struct ask_row {
	int64_t seq, by_ms;            /* by_ms: deadline clock; -1: none */
	struct log_text nsp, sid;      /* sid.at NULL: many */
	struct log_text context;       /* any text, not NULL */
};

int ask_insert(struct store *s, const struct ask_row *row) WARN_UNUSED;
/* Of one that many are asked: they are the sockets of the set (see audience.h). When there is nobody it is due. How many there are, or a negative. */
int64_t ask_audience(struct store *s, int64_t seq) WARN_UNUSED;
/* How many such questions are open, and how many answers they wait for. */
int ask_waiting(struct store *s, int64_t *questions, int64_t *answers) WARN_UNUSED;
/* NOT_FOUND. */
int ask_load(struct store *s, int64_t seq, struct ask *out) WARN_UNUSED;
/* The one whose deadline came first, by now. NOT_FOUND. */
int ask_load_due(struct store *s, int64_t now_ms, struct ask *out) WARN_UNUSED;
void ask_deinit(struct ask *ask);
/* Forgets it with its answers. */
int ask_delete(struct store *s, int64_t seq) WARN_UNUSED;
/* One of many answers: args a JSON array's text, attachments packed. *last: nobody is left, it is due now. NOT_FOUND: it was not asked, or has answered;
 * TOO_BIG: the answers would be too long. */
int ask_answer(struct store *s, int64_t seq, struct log_text sid, struct log_text args, struct log_text attachments, bool *last) WARN_UNUSED;
/* All who were asked, in the order of their answers, then those without (args.at NULL). Returns how many. */
typedef int ask_each(void *ctx, struct log_text sid, struct log_text args, struct log_text attachments);
int ask_answers(struct store *s, int64_t seq, ask_each *each, void *ctx) WARN_UNUSED;
/* The socket leaves: forgets what it is asked without a deadline. */
int ask_forget_socket(struct store *s, struct log_text sid) WARN_UNUSED;

#endif
