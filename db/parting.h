/* Sockets that an application wants disconnected, too many for one transaction: taken one by one, a batch at a time. Inside a transaction of the caller. */
#ifndef POLLUX_PARTING_H
#define POLLUX_PARTING_H

#include <stdbool.h>
#include "base/random.h"
#include "db/log.h"

struct parting {
	char nsp[128], sid[RANDOM_ID_LEN + 1];
	bool close;     /* its client too */
};

/* Notes the sockets of the audience (db/audience.h), which are of that namespace. */
int parting_add_audience(struct store *s, struct log_text nsp, bool close) WARN_UNUSED;
/* Takes one of them, which is forgotten. 1, or 0: there is none. */
int parting_take(struct store *s, struct parting *out) WARN_UNUSED;

#endif
