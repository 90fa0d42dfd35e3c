/*
 * The client bundle: socket.io-client's files, served beside the Engine.IO endpoint (/socket.io/socket.io.js). Read
 * once at start. Loop thread only.
 */
#ifndef POLLUX_BUNDLE_H
#define POLLUX_BUNDLE_H

#include "core/exchange.h"
#include "core/settings.h"

struct bundle;

/* Reads the files of dir; those that are missing are not served (said once). dir NULL: nothing is. NULL: out of memory. */
struct bundle *bundle_load(const char *dir);
/* Answers a request for that file name: 200 with an ETag (compressed where settings and client want it), 304, 404 or 405. */
void bundle_serve(struct bundle *b, const struct settings *settings, struct exchange *x, const char *name);
void bundle_free(struct bundle *b);

#endif
