/*
 * The bell. The loop thread.
 *
 * Rejected: watching the WAL file. Its index is shared memory stored to after the last write, so the news comes before
 * the rows are visible: up to 95% of the wake-ups were lost.
 */
#include "config.h"
#include "db/bell.h"

#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "db/side_file.h"

struct bell {
	int file_fd, inotify_fd;
};

/* A write by us, or a touch by a foreign writer. Failing to watch is no error: one looks more often. */
static int watch(const char *path)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd >= 0 && inotify_add_watch(fd, path, IN_MODIFY | IN_ATTRIB) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int bell_new(struct bell **out, const char *db_path)
{
	char path[SIDE_FILE_PATH_MAX];
	struct bell *b = malloc(sizeof(*b));
	int error = b == NULL ? POLLUX_NO_MEMORY : side_file_path(path, db_path, SIDE_FILE_BELL);

	*out = NULL;
	if (error == 0)
		error = side_file_open(&b->file_fd, db_path, SIDE_FILE_BELL);
	if (error < 0) {
		free(b);
		return error;
	}
	b->inotify_fd = watch(path);
	*out = b;
	return 0;
}

void bell_ring(struct bell *b)
{
	if (pwrite(b->file_fd, "!", 1, 0) < 0)
		return; /* the others look four times a second in any case */
}

int bell_fd(const struct bell *b)
{
	return b->inotify_fd;
}

void bell_heard(struct bell *b)
{
	char events[4096];

	while (b->inotify_fd >= 0 && read(b->inotify_fd, events, sizeof(events)) == (ssize_t)sizeof(events))
		continue; /* a full buffer: there may be more */
}

void bell_free(struct bell *b)
{
	if (b == NULL)
		return;
	close(b->file_fd);
	if (b->inotify_fd >= 0)
		close(b->inotify_fd);
	free(b);
}
