/* The scanner of records on a parked connection. Pure. */
#include "config.h"
#include "fcgi/scan.h"

#include <fastcgi.h>

static enum scan_result judge(struct scan *s, uint16_t request_id)
{
	const uint8_t *h = s->header;
	uint16_t id = (uint16_t)(h[2] << 8 | h[3]);

	s->have = 0;
	s->skip = (uint32_t)(h[4] << 8 | h[5]) + h[6];
	if (h[0] != FCGI_VERSION_1 || h[1] == FCGI_BEGIN_REQUEST)
		return SCAN_VIOLATION;
	return h[1] == FCGI_ABORT_REQUEST && id == request_id ? SCAN_ABORT : SCAN_NOTHING;
}

enum scan_result scan_feed(struct scan *s, uint16_t request_id, const unsigned char *data, size_t n)
{
	enum scan_result result = SCAN_NOTHING;

	while (n > 0 && result == SCAN_NOTHING) {
		size_t step = 1;

		if (s->skip > 0) {
			step = n < s->skip ? n : s->skip;
			s->skip -= (uint32_t)step;
		} else {
			s->header[s->have++] = *data;
			if (s->have == sizeof(s->header))
				result = judge(s, request_id);
		}
		data += step;
		n -= step;
	}
	return result;
}
