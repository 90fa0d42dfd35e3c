/* Lengths that names and other things may have, in bytes. */
#ifndef POLLUX_LIMITS_H
#define POLLUX_LIMITS_H

#define NAMESPACE_MAX 127
#define ROOM_NAME_MAX 512
/* What an application keeps with a timer, or for an acknowledgement. */
#define CONTEXT_MAX_BYTES ((size_t)64 << 10)
/* Of one poll's answer: no further packet is added once it is this long (a single packet may be longer). */
#define ANSWER_BYTES (1 << 20)

#endif
