/*
 * Static files of one folder, for --standalone: what conf/ lets the web servers do with static/. Nothing outside the folder is
 * ever opened, nor anything whose name begins with a dot. Loop thread only.
 */
#ifndef POLLUX_WS_FILES_H
#define POLLUX_WS_FILES_H

#include "base/err.h"

struct request;
struct settings;

struct files {
	int root; /* the folder; -1: none */
};

/* 0, or an error that has been logged. */
int files_init(struct files *f, const char *dir) WARN_UNUSED;
void files_deinit(struct files *f);
/* Answers the request: 200 (text compressed where settings and client want it), 301 (a folder without its slash), 304, 404 or 405. */
void files_serve(const struct files *f, const struct settings *settings, struct request *r);

#endif
