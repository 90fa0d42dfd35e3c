/*
 * Socket.IO v5 packets, the text part.
 *   0{"token":"x"}   0/admin,   1/admin,   2["hello",1]   2/admin,456["x"]   3/admin,456[]   4{"message":"no"}
 *   51-["x",{"_placeholder":true,"num":0}]   61-/admin,456[{"_placeholder":true,"num":0}]
 * Pure; results point into the caller's bytes. Follows socket.io-parser 4.2 in what it accepts (sio.c says where not).
 */
#ifndef POLLUX_SIO_H
#define POLLUX_SIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "proto/json.h"

#define SIO_MAX_ATTACHMENTS 10
/* Bytes sio_write_head may need besides the namespace. */
#define SIO_HEAD_MAX 32

enum sio_type { SIO_CONNECT, SIO_DISCONNECT, SIO_EVENT, SIO_ACK, SIO_CONNECT_ERROR, SIO_BINARY_EVENT, SIO_BINARY_ACK };

enum sio_verdict {
	SIO_OK = 0,
	SIO_BAD_TYPE = -1,
	SIO_BAD_ATTACHMENTS = -2,   /* no decimal number, over 10, or a placeholder out of range */
	SIO_BAD_PAYLOAD = -3,       /* not valid JSON, or not of the type's shape */
	SIO_RESERVED = -4,          /* connect, disconnect, … as an event name */
	SIO_TOO_DEEP = -5,
	SIO_BAD_ID = -6,            /* an ack without id, or an id over 2^53 */
};

struct sio_packet {
	enum sio_type type;
	int attachments;            /* that follow; 0 for text packets: then placeholders mean nothing */
	const char *nsp;            /* "/" when none was named; a query (?a=b) is kept */
	size_t nsp_len;
	int64_t id;                 /* -1: none */
	struct json_slice payload;  /* one value without white space around it; len 0: none (never for events and acks) */
};

/* Parses and validates one packet's text. SIO_OK or a negative verdict. */
enum sio_verdict sio_parse(const char *text, size_t len, struct sio_packet *out);
/* A verdict in words for the log: "reserved event name". Static. */
const char *sio_verdict_text(enum sio_verdict v);
/* The event's name as its raw JSON value (a string with quotes or a number): the first of the payload's array. */
struct json_slice sio_event_name(struct json_slice payload);
/* Writes everything that stands before the payload: "51-/admin,456". id -1: none. Returns bytes needed; writes only if it fits. */
size_t sio_write_head(char *out, size_t cap, enum sio_type type, int attachments, const char *nsp, size_t nsp_len, int64_t id);

#endif
