/* See the header. */
#include "config.h"
#include "tests/unit/front_fixture.h"

#include <stdlib.h>
#include <time.h>

struct front_process front;

int front_setup(void **state)
{
	(void)state;
	front_start(&front, NULL);
	return 0;
}

int front_teardown(void **state)
{
	(void)state;
	return front_stop(&front);
}

void pause_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

char *letters(size_t n)
{
	char *text = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + i % 26);
	text[n] = '\0';
	return text;
}
