/*
 * Listening sockets. They are non-blocking: several threads and processes wait for the same one.
 */
#include "config.h"
#include "front/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/say.h"

/* 16, libfcgi's example, gave 50% errors at 3,000 polls. The kernel cuts it to net.core.somaxconn. */
#define BACKLOG 4096

struct listener {
	int fd;
	bool tcp;
	bool inherited;
	char *path; /* of our own Unix socket, or NULL */
	dev_t dev;
	ino_t ino;
};

static int fail(const char *what, const char *where)
{
	say(SAY_ERROR, "front", NULL, "%s %s: %s", what, where, strerror(errno));
	return POLLUX_SYSTEM;
}

/* ---- unix:PATH ---- */

/* Whether a process listens there: 0 no; 1 yes, or it cannot be told (its backlog is full, we may not connect). */
static int answers(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), refused;

	if (fd < 0)
		return 1;
	refused = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 && errno == ECONNREFUSED;
	close(fd);
	return !refused;
}

/* 0: nothing is there now. */
static int clear_path(const struct sockaddr_un *addr)
{
	const char *path = addr->sun_path;
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		say(SAY_ERROR, "front", NULL, "%s is there and is no socket", path);
		return POLLUX_SYSTEM;
	}
	if (answers(addr))
		return POLLUX_EXISTS;
	return unlink(path) == 0 || errno == ENOENT ? 0 : fail("cannot remove", path);
}

/* Nobody gets to connect before the mode is what was asked for: hence the umask. No thread runs yet. */
static int bind_path(struct listener *l, const struct sockaddr_un *addr, mode_t mode)
{
	mode_t saved = umask(0777);
	int rc = bind(l->fd, (const struct sockaddr *)addr, sizeof(*addr));
	struct stat st;

	umask(saved);
	if (rc < 0)
		return fail("cannot bind", addr->sun_path);
	if (chmod(addr->sun_path, mode) < 0 || stat(addr->sun_path, &st) < 0)
		return fail("cannot set the mode of", addr->sun_path);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	l->path = strdup(addr->sun_path);
	if (!l->path)
		return POLLUX_NO_MEMORY;
	return listen(l->fd, BACKLOG) == 0 ? 0 : fail("cannot listen on", addr->sun_path);
}

static int open_unix(struct listener *l, const char *path, mode_t mode)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int error;

	if (len == 0 || len >= sizeof(addr.sun_path)) {
		say(SAY_ERROR, "front", NULL, "the path of a socket has 1 to %zu characters: unix:%s", sizeof(addr.sun_path) - 1, path);
		return POLLUX_PROTOCOL;
	}
	memcpy(addr.sun_path, path, len + 1);
	error = clear_path(&addr);
	if (error)
		return error;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return fail("cannot open", path);
	return bind_path(l, &addr, mode);
}

/* ---- HOST:PORT ---- */

static int try_address(struct listener *l, const struct addrinfo *a, bool reuse_port)
{
	int one = 1, saved;

	l->fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return POLLUX_SYSTEM;
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (reuse_port)
		setsockopt(l->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	/* with SO_REUSEADDR it is listen that finds the port taken by a socket bound to the same address */
	if (bind(l->fd, a->ai_addr, a->ai_addrlen) == 0 && listen(l->fd, BACKLOG) == 0)
		return 0;
	saved = errno;
	close(l->fd);
	l->fd = -1;
	errno = saved;
	return errno == EADDRINUSE ? POLLUX_EXISTS : POLLUX_SYSTEM;
}

/* Splits "[::1]:9000", "127.0.0.1:9000", "*:9000", ":9000". */
static int split(char *where, const char **host, const char **port)
{
	char *colon = strrchr(where, ':');

	if (!colon || colon[1] == '\0')
		return POLLUX_PROTOCOL;
	*colon = '\0';
	*port = colon + 1;
	*host = where;
	if (*where == '[' && colon > where + 1 && colon[-1] == ']') {
		colon[-1] = '\0';
		*host = where + 1;
	}
	if (**host == '\0' || strcmp(*host, "*") == 0)
		*host = NULL;
	return 0;
}

static int bind_first(struct listener *l, const char *host, const char *port, const char *where, bool reuse_port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *list, *a;
	int rc = getaddrinfo(host, port, &hints, &list), error = POLLUX_SYSTEM;

	if (rc != 0) {
		say(SAY_ERROR, "front", NULL, "cannot listen on %s: %s", where, gai_strerror(rc));
		return POLLUX_NOT_FOUND;
	}
	for (a = list; a && error; a = a->ai_next)
		error = try_address(l, a, reuse_port);
	freeaddrinfo(list);
	return error && error != POLLUX_EXISTS ? fail("cannot listen on", where) : error;
}

static int open_tcp(struct listener *l, const char *where, bool reuse_port)
{
	const char *host, *port;
	char *copy = strdup(where);
	int error;

	if (!copy)
		return POLLUX_NO_MEMORY;
	error = split(copy, &host, &port);
	if (error)
		say(SAY_ERROR, "front", NULL, "listen on unix:PATH or HOST:PORT, not on %s", where);
	else
		error = bind_first(l, host, port, where, reuse_port);
	free(copy);
	return error;
}

/* ---- */

static struct listener *listener_new(void)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l)
		l->fd = -1;
	return l;
}

static void see_family(struct listener *l)
{
	int domain = AF_UNIX;
	socklen_t len = sizeof(domain);

	l->tcp = getsockopt(l->fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain != AF_UNIX;
}

int listener_open(struct listener **out, const char *where, mode_t mode, bool reuse_port)
{
	struct listener *l = listener_new();
	int error;

	*out = NULL;
	if (!l)
		return POLLUX_NO_MEMORY;
	if (strncmp(where, "unix:", 5) == 0)
		error = open_unix(l, where + 5, mode);
	else
		error = open_tcp(l, where, reuse_port);
	if (error) {
		listener_free(l);
		return error;
	}
	see_family(l);
	*out = l;
	return 0;
}

int listener_inherit(struct listener **out, int fd)
{
	struct listener *l = listener_new();
	int flags;

	*out = NULL;
	if (!l)
		return POLLUX_NO_MEMORY;
	l->fd = fd;
	l->inherited = true;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		listener_free(l);
		return fail("cannot use", "the inherited socket");
	}
	see_family(l);
	*out = l;
	return 0;
}

int listener_fd(const struct listener *l)
{
	return l->fd;
}

bool listener_is_tcp(const struct listener *l)
{
	return l->tcp;
}

/* The file may have become another process's meanwhile. */
static void remove_path(struct listener *l)
{
	struct stat st;

	if (l->path && lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
	free(l->path);
	l->path = NULL;
}

/* A Unix socket that is shut down refuses new connections but still gives out those that wait; a TCP socket would reset them, so
 * that one stays open until it is freed. */
void listener_stop(struct listener *l)
{
	if (l->inherited)
		return;
	if (!l->tcp)
		shutdown(l->fd, SHUT_RDWR);
	remove_path(l);
}

bool listener_is_ours(const struct listener *l)
{
	return !l->inherited;
}

void listener_free(struct listener *l)
{
	if (!l)
		return;
	remove_path(l);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}
