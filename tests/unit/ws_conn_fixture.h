/*
 * WebSocket connections after their handshake, in this process: a socket pair, the loop, a core that writes down what it hears. What the
 * tests of ws/conn.h share.
 */
#ifndef POLLUX_TEST_WS_CONN_FIXTURE_H
#define POLLUX_TEST_WS_CONN_FIXTURE_H

#include "tests/unit/check.h"

#include <ev.h>
#include <string.h>
#include "base/buf.h"
#include "base/bytes.h"
#include "core/channel.h"
#include "ws/conn.h"

#define MAX_MESSAGE 100000
#define MAX_QUEUED 300000
#define TURNS 200

/* One connection, its peer and its core. */
struct fixture {
	struct ev_loop *loop;
	struct conns conns;
	struct channel *ch;
	int peer;
	struct buf heard; /* "text Hello\n", "closed 1000\n" */
	bool close_when_opened, close_on_message, echo;
};

void start(struct fixture *f);
void end(struct fixture *f);
/* Opens f's connection among those of set, or among its own, with these bytes behind the handshake. */
void open_in(struct conns *set, struct fixture *f, const char *extra, size_t len);
void open_with(struct fixture *f, const char *extra, size_t len);

/* Turns of the loop; time for the closing ones. */
void turn(struct fixture *f, int times);
void pass_time(struct fixture *f, int64_t ms);

/* The peer says these bytes, or one frame (first: its first byte). */
void say_all(struct fixture *f, const char *data, size_t len);
void say_frame(struct fixture *f, int first, const char *payload, size_t len);
/* Core sends a text. */
void send_text(struct channel *ch, const char *text, size_t len);
/* What the peer has got, all there is at the moment, into b. True: the connection has ended. */
bool hear(struct fixture *f, struct buf *b);
/* Just that, and whether it ended. */
void expect_bytes(struct fixture *f, const char *bytes, size_t len, bool ended);
/* What core has heard since it was asked last. */
void expect_heard(struct fixture *f, const char *text);

#endif
