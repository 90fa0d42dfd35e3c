/* Reading is by hand: it happens once a delivery, writing once a message. */
#include "config.h"

#include "tests/bench/event.h"

#include <stdio.h>
#include <string.h>

size_t event_write(char *out, size_t cap, const struct event *e)
{
	char id[16] = "";

	if (e->ack)
		(void)snprintf(id, sizeof(id), "%u", e->number);
	return (size_t)snprintf(out, cap, "%s%s[\"%s\",%u,%u,\"%0*d\"]", e->prefix, id, e->name, e->sender, e->number, (int)e->bytes, 0);
}

bool event_number(const char **at, const char *end, unsigned *out)
{
	const char *start = *at;

	*out = 0;
	while (*at < end && **at >= '0' && **at <= '9')
		*out = *out * 10 + (unsigned)(*(*at)++ - '0');
	return *at > start;
}

bool event_read(const char *at, const char *end, unsigned *sender, unsigned *number)
{
	static const char said[] = "[\"said\",";

	if ((size_t)(end - at) < sizeof(said) || memcmp(at, said, sizeof(said) - 1) != 0)
		return false;
	at += sizeof(said) - 1;
	return event_number(&at, end, sender) && at < end && *at++ == ',' && event_number(&at, end, number);
}
