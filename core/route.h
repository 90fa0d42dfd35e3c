/* Which clients a row of the log reaches. Loop thread only. */
#ifndef POLLUX_ROUTE_H
#define POLLUX_ROUTE_H

#include "core/client.h"

typedef void route_ready(void *ctx, struct client *c);

/* Pushes the row to every client here whose poll waits and whom it reaches; ready is told of each. 0 or NO_MEMORY. */
int route_row(struct clients *all, struct row *row, route_ready *ready, void *ctx) WARN_UNUSED;
/* Whether the row reaches this one client. */
bool route_reaches(const struct client *c, const struct row *row);
/* Whether it reaches that socket of the client. */
bool route_reaches_socket(const struct client *c, const char *sid, const struct row *row);

#endif
