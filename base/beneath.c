/* Symbolic links are the kernel's task: openat2 follows those that stay beneath the folder; where the kernel is too old for it (before 5.6)
 * or a sandbox forbids it, none is followed. */
#include "config.h"
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PART_MAX 256

/* One part after the other, no symbolic links. */
static int open_plainly(int root, const char *name)
{
	char part[PART_MAX];
	int dir = root, fd;

	for (;;) {
		size_t len = strcspn(name, "/");
		bool last = name[len] == '\0', fits = len && len < sizeof(part);

		memcpy(part, name, fits ? len : 0);
		part[fits ? len : 0] = '\0';
		fd = strcmp(part, "..") == 0 ? -1 : openat(dir, part, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | (last ? 0 : O_DIRECTORY));
		if (dir != root)
			close(dir);
		if (fd < 0 || last)
			return fd;
		dir = fd;
		name += len + 1;
	}
}

int beneath_open(int root, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, root, name, &how, sizeof(how));

	return fd < 0 && (errno == ENOSYS || errno == EPERM) ? open_plainly(root, name) : fd;
}
