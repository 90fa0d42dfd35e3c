/* Parsing and connecting; the sockets are the caller's. */
#include "config.h"

#include "tests/bench/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static bool add_unix(struct addresses *a, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&a->at[a->count];

	if (strlen(path) >= sizeof(un->sun_path))
		return false;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	a->len[a->count++] = sizeof(*un);
	return true;
}

bool addresses_add(struct addresses *a, const char *text)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&a->at[a->count % ADDRESSES_MAX];
	const char *colon = strrchr(text, ':');
	char host[64];

	if (a->count == ADDRESSES_MAX || !colon)
		return false;
	if (strncmp(text, "unix:", 5) == 0)
		return add_unix(a, text + 5);
	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
		return false;
	a->len[a->count++] = sizeof(*in);
	return true;
}

int addresses_connect(struct addresses *a)
{
	unsigned which = a->turn++ % (unsigned)a->count;
	struct sockaddr *to = (struct sockaddr *)&a->at[which];
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, error;

	if (fd < 0)
		return -1;
	if (to->sa_family == AF_INET)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, to, a->len[which]) == 0 || errno == EINPROGRESS)
		return fd;
	error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}
