/* See the header. */
#include "config.h"
#include "front/process.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/say.h"

/* A web server may start us without them; then the database would get number 2, and messages would be written into it. */
static void open_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* One descriptor a client. */
static void raise_descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &r) < 0)
			say(SAY_WARN, "front", NULL, "cannot raise the limit of open files: %s", strerror(errno));
	}
}

/* One heap for all threads: each thread's own would keep the memory of its busiest moment (0.1 KB a parked poll at 10,000), and
 * the threads of these programs wait for the kernel, not for malloc. */
static void share_heap(void)
{
	mallopt(M_ARENA_MAX, 1);
}

void process_prepare(void)
{
	share_heap();
	open_stdio();
	raise_descriptor_limit();
}

void process_ignore_signals(void)
{
	static const int signals[] = { SIGPIPE, SIGUSR1, SIGUSR2, SIGHUP };
	struct sigaction sa = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
}
