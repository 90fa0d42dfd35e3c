/*
 * A core for tests of the fronts: core/server.h without a database. It answers by path, also below /socket.io:
 *   /echo          what it was asked, as text: request line, header lines, a blank line, the body
 *   /len           the body's length; 413 when it was too big
 *   /park          parked until /wake ("woken", answered with how many) or the drain ("6")
 *   /later         parked, answered by a timer after 20 ms
 *   /big?N         N bytes "0123456789…" in pieces of 1000
 *   /none          204 without a body
 *   /stats         "parked N aborted N heap N sockets N unopened N reloaded N"
 *   /ws            a WebSocket that sends every message back; "close" closes it with 4000, "hello" is what it begins with
 *                  (a handshake for /park or /later: the same, then)
 * Anything else is 404; all is 503 once draining. Whatever is in a parked exchange's aborted is counted and answered.
 */
#ifndef POLLUX_FAKE_CORE_H
#define POLLUX_FAKE_CORE_H

#include "front/app.h"

/* server_new writes one byte here: the front listens and has loaded its application. -1: nowhere. */
extern int fake_core_ready_fd;
extern const struct front_app fake_app;

#endif
