/*
 * The Lua host: an application in a Lua file as core's handler. One file, one state, one process; loop thread only.
 * doc/app.md says what the script may do.
 */
#ifndef POLLUX_APP_HOST_H
#define POLLUX_APP_HOST_H

#include "base/buf.h"
#include "base/err.h"
#include "core/handler.h"
#include "core/settings.h"

struct host;

/* Loads the file: applies its io.set to *settings (which hold the defaults) and fills *handler, which works until host_free.
 * On failure the log says why, with file and line; POLLUX_NOT_FOUND: no such file. */
int host_load(struct host **out, const char *file, struct settings *settings, struct handler *handler) WARN_UNUSED;
/* Loads the file and forgets it again. *report gets lines: what is wrong with it, where, or warnings. 0: it can be served. */
int host_check_file(const char *file, struct buf *report) WARN_UNUSED;
void host_free(struct host *h);

#endif
