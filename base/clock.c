/* The clocks. Any thread; the tests' shift is atomic since helper threads read clocks too. */
#include "config.h"
#include "base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BOOT_ID_LEN 36

static _Atomic int64_t shift_ms;
static pthread_once_t boot_id_once = PTHREAD_ONCE_INIT;
/* What stands here when /proc is not mounted: one boot for ever, so the skip after a power cut never happens. */
static char boot_id[BOOT_ID_LEN + 1] = "00000000-0000-0000-0000-000000000000";

static int64_t read_us(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000 + atomic_load_explicit(&shift_ms, memory_order_relaxed);
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC) + atomic_load_explicit(&shift_ms, memory_order_relaxed) * 1000;
}

int64_t clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000 + atomic_load_explicit(&shift_ms, memory_order_relaxed);
}

void clock_shift_ms(int64_t by_ms)
{
	atomic_fetch_add(&shift_ms, by_ms);
}

static void read_boot_id(void)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char text[BOOT_ID_LEN];

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text)) == BOOT_ID_LEN)
		memcpy(boot_id, text, sizeof(text));
	close(fd);
}

const char *clock_boot_id(void)
{
	pthread_once(&boot_id_once, read_boot_id);
	return boot_id;
}
