/*
 * The sidecar's front over the fake core (tests/unit/fake_core.h) in a process of its own, and a small HTTP client. Blocks, with a time
 * limit on every read. Asserts by itself: a call that returns went well.
 */
#ifndef POLLUX_WS_CLIENT_H
#define POLLUX_WS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sidecar {
	pid_t pid;
	char dir[64]; /* temporary; holds the Unix socket */
	char where[128]; /* what it listens on: "unix:…", "127.0.0.1:N"; "" for the inherited socket */
	int out; /* what it prints, a pipe */
	int ready; /* a byte comes once it serves */
};

/* Starts it on p->where, or on inherited as its descriptor 0 (-1: none). extra: further options, NULL-terminated, or NULL. */
void sidecar_spawn(struct sidecar *p, int inherited, const char *const *extra);
/* The same on a Unix socket, standing alone in front of a folder (p->dir/www), once it serves. */
void sidecar_start(struct sidecar *p, const char *const *extra);
/* A free port of 127.0.0.1 for p->where. */
void sidecar_on_tcp(struct sidecar *p);
void sidecar_await(struct sidecar *p);
/* Its exit status after it has ended by itself, and all that it printed. */
int sidecar_wait(struct sidecar *p, char *text, size_t room);
/* SIGTERM, then the same; removes the folder. */
int sidecar_stop(struct sidecar *p);

int sidecar_connect(const struct sidecar *p);
void put(int fd, const void *data, size_t len);
void put_text(int fd, const char *text);

struct reply {
	int status;
	char head[16384];
	char *body;
	size_t len;
};

/* Reads one reply with its Content-Length (head_only: without its body); false: the connection ended before it. Free body. */
bool get_reply(int fd, struct reply *r, bool head_only);
/* Asks on a connection of its own. The caller frees body. */
void ask(const struct sidecar *p, const char *text, struct reply *r);
/* Asks for /stats until it holds this text. */
void await_stats(const struct sidecar *p, const char *text);
/* Reads exactly len bytes; false: fewer came. */
bool get_bytes(int fd, void *to, size_t len);
/* Whether the peer ends the connection next. */
bool ends(int fd);

#endif
