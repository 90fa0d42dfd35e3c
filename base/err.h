/*
 * The one list of ways a call can fail. Everything above the codecs returns 0
 * (or a count) or one of these; what the caller must look at is WARN_UNUSED.
 */
#ifndef POLLUX_ERR_H
#define POLLUX_ERR_H

#define WARN_UNUSED __attribute__((warn_unused_result))

enum pollux_error {
	POLLUX_OK = 0,
	POLLUX_AGAIN = -1,     /* would block, or more input is needed: try later */
	POLLUX_GONE = -2,      /* the peer hung up; nobody to answer, no failure of ours */
	POLLUX_TOO_BIG = -3,   /* over a limit that was set */
	POLLUX_BUSY = -4,      /* somebody else holds the writer lock or a transaction */
	POLLUX_NO_MEMORY = -5,
	POLLUX_PROTOCOL = -6,  /* malformed input */
	POLLUX_DATABASE = -7,  /* SQLite said no; the transaction may be gone */
	POLLUX_NO_SPACE = -8,  /* disk full, quota or I/O error: service resumes when there is room */
	POLLUX_NOT_FOUND = -9,
	POLLUX_EXISTS = -10,   /* a unique key is taken */
	POLLUX_REFUSED = -11,  /* the application said no */
	POLLUX_SYSTEM = -12,   /* a system call failed: see errno */
};

/* The error's name for a log line: "too big". Never NULL; static. */
const char *pollux_strerror(int error);

#endif
