/* Names of errors. Pure; any thread. */
#include "config.h"
#include "base/err.h"

const char *pollux_strerror(int error)
{
	switch (error) {
	case POLLUX_OK:
		return "ok";
	case POLLUX_AGAIN:
		return "try again";
	case POLLUX_GONE:
		return "peer gone";
	case POLLUX_TOO_BIG:
		return "too big";
	case POLLUX_BUSY:
		return "busy";
	case POLLUX_NO_MEMORY:
		return "out of memory";
	case POLLUX_PROTOCOL:
		return "malformed input";
	case POLLUX_DATABASE:
		return "database error";
	case POLLUX_NO_SPACE:
		return "no space";
	case POLLUX_NOT_FOUND:
		return "not found";
	case POLLUX_EXISTS:
		return "exists already";
	case POLLUX_REFUSED:
		return "refused";
	case POLLUX_SYSTEM:
		return "system call failed";
	}
	return error > 0 ? "ok" : "unknown error";
}
