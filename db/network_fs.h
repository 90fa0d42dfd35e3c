/* File systems on which SQLite's WAL and our locks would lie: its shared memory is not shared between hosts. */
#ifndef POLLUX_NETWORK_FS_H
#define POLLUX_NETWORK_FS_H

#include <stddef.h>
#include <stdint.h>

/* The name of the network file system that path (or, when absent, its folder) lies on, NULL when it is a local one.
 * out keeps it. When it can't be told: NULL. */
const char *network_fs_of(const char *path, char *out, size_t cap);
/* The name that belongs to a statfs magic, NULL for local ones and FUSE (which only /proc/self/mountinfo tells apart). */
const char *network_fs_by_magic(uint32_t magic);
/* True for the FUSE types that reach over the network: "fuse.sshfs". */
int network_fs_is_remote_fuse(const char *type);
/* The type of the mount with this device number in a mountinfo line, or NULL. out keeps it. */
const char *network_fs_mount_type(const char *line, unsigned int major_id, unsigned int minor_id, char *out, size_t cap);

#endif
