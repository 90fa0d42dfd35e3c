/*
 * A reply's bytes: the CGI head (Status, Content-Length, the caller's header lines) and, for FastCGI, the records around head
 * and body, as pieces that point into what the caller holds: nothing is copied. Pure but for one malloc with many pieces.
 *   [01 06 id len 00 00] Status: 200 OK\r\nContent-Length: 2\r\n … \r\nok   [01 06 id 0 0 0] [01 03 id 0 8 0 0 …]
 */
#ifndef POLLUX_FCGI_REPLY_H
#define POLLUX_FCGI_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "base/err.h"

#define REPLY_END_LEN 24 /* empty STDOUT, END_REQUEST */
#define REPLY_RECORD_MAX 65528 /* content of a record: below 65536 and a multiple of 8, as the specification advises */
#define REPLY_INLINE_PIECES 24
#define REPLY_INLINE_RECORDS 2

/* Holds pointers into itself: must not be moved between build and deinit. */
struct reply {
	struct iovec *iov;
	int count;
	char head[96]; /* Status and Content-Length */
	unsigned char end[REPLY_END_LEN];
	unsigned char (*records)[8]; /* headers of STDOUT records */
	void *heap; /* iov and records, when they are not these: */
	struct iovec inline_iov[REPLY_INLINE_PIECES];
	unsigned char inline_records[REPLY_INLINE_RECORDS][8];
};

/* The reason phrase; "Status" for codes it does not know. */
const char *reply_reason(int status);
/* Lays out a whole FastCGI reply. 0 or POLLUX_NO_MEMORY. deinit in any case. */
int reply_build(struct reply *r, uint16_t request_id, int status, const char *headers, const struct iovec *body, int pieces) WARN_UNUSED;
/* The end alone: what a request gets that the web server gave up. */
void reply_build_end(struct reply *r, uint16_t request_id);
/* The same reply as a CGI program prints it, without records. */
int reply_build_plain(struct reply *r, int status, const char *headers, const struct iovec *body, int pieces) WARN_UNUSED;
void reply_deinit(struct reply *r);

#endif
