/*
 * A small FastCGI client, as a web server would be one, and a front in a process of its own: what the tests of fcgi/ share.
 * Blocks, with a time limit on every read. Asserts by itself: a call that returns went well.
 */
#ifndef POLLUX_FCGI_CLIENT_H
#define POLLUX_FCGI_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The fake core's front (tests/unit/fake_core.h) in a child process. */
struct front_process {
	pid_t pid;
	char dir[64]; /* temporary; holds the socket */
	char socket[96];
};

/* Starts it and waits until it listens. extra: options besides --db and --listen, NULL-terminated; NULL: none. */
void front_start(struct front_process *p, const char *const *extra);
/* SIGTERM, wait, remove the directory. The exit status. */
int front_stop(struct front_process *p);
/* Waits for its end after a signal was sent; the exit status, or -1 if it lives still after seconds. */
int front_wait(struct front_process *p, double seconds);

/* Bytes of one request: BEGIN, PARAMS, STDIN. */
struct request {
	unsigned char *data;
	size_t len;
};

struct request_spec {
	int id; /* 1 */
	bool keep;
	const char *method; /* "GET" */
	const char *uri;
	const char *const *vars; /* further "NAME=value", NULL-terminated, or NULL */
	const char *body;
	size_t body_len;
};

/* 0 and NULL become the defaults above. The caller frees data. */
struct request request_make(const struct request_spec *spec);

int client_connect(const struct front_process *p);
/* False: the peer closed before it had taken all; its answer may tell why. */
bool client_send(int fd, const void *data, size_t len);
/* One request on a connection of its own or, with fd >= 0, on this. Returns the fd. */
int client_ask(const struct front_process *p, int fd, const struct request_spec *spec);

/* What came back for one request. */
struct fcgi_answer {
	int status;
	char head[2048];
	char *body;
	size_t body_len;
	bool ended; /* END_REQUEST was seen */
	bool stdout_ended; /* an empty STDOUT was */
};

/* Reads until END_REQUEST, or false when the connection ends before. The caller frees body. */
bool client_answer(int fd, struct fcgi_answer *a);
/* Asks on a new connection, without keeping it, and returns the body (the caller frees it); *status may be NULL. */
char *client_get(const struct front_process *p, const char *uri, int *status);
/* Whether the peer has closed: waits for it. */
bool client_closed(int fd);
/* Asks for /stats until it begins with this text: "parked 3 aborted 0". Fails after a few seconds. */
void client_await_stats(const struct front_process *p, const char *text);

#endif
