/*
 * FCGI_WEB_SERVER_ADDRS, the specification's list of web servers that may connect by TCP, is libfcgi's task in its own accept,
 * which we don't call: so it is kept here.
 */
#include "config.h"
#include "fcgi/accept.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/say.h"
#include "front/listen.h"

/* Whether the address is one of the comma-separated list. */
static bool is_listed(const char *list, const char *address)
{
	size_t len = strlen(address);

	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL) {
		list += strspn(list, " ");
		if (strncmp(list, address, len) == 0 && (list[len] == ',' || list[len] == ' ' || list[len] == '\0'))
			return true;
	}
	return false;
}

static bool is_allowed(const struct sockaddr_storage *from)
{
	const char *allowed = getenv("FCGI_WEB_SERVER_ADDRS");
	char text[INET6_ADDRSTRLEN] = "";

	if (!allowed || !*allowed)
		return true;
	if (from->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)from)->sin_addr, text, sizeof(text));
	else if (from->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)from)->sin6_addr, text, sizeof(text));
	if (is_listed(allowed, text))
		return true;
	say(SAY_WARN, "fcgi", NULL, "refused %s, which FCGI_WEB_SERVER_ADDRS does not name", text);
	return false;
}

int fcgi_accept(const struct listener *l)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	bool tcp = listener_is_tcp(l);
	int one = 1, fd;

	fd = accept4(listener_fd(l), tcp ? (struct sockaddr *)&from : NULL, tcp ? &len : NULL, SOCK_CLOEXEC);
	if (fd < 0 || !tcp)
		return fd;
	if (!is_allowed(&from)) {
		close(fd);
		errno = EACCES;
		return -1;
	}
	/* a kept connection's reply must not wait for an acknowledgement */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}
