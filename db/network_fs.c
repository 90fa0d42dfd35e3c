/* Telling network file systems; see the header. Any thread. */
#include "config.h"
#include "db/network_fs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define FUSE_MAGIC 0x65735546u

static const struct {
	uint32_t magic;
	const char *name;
} network_magic[] = {
	{ 0x00006969u, "NFS" },
	{ 0x0000517bu, "SMB" },
	{ 0xff534d42u, "CIFS" },
	{ 0xfe534d42u, "SMB2" },
	{ 0x01021997u, "9P" },
	{ 0x5346414fu, "AFS" },
	{ 0x6b414653u, "AFS" },
	{ 0x73757245u, "Coda" },
	{ 0x00c36400u, "Ceph" },
	{ 0x0bd00bd0u, "Lustre" },
	{ 0x7461636fu, "OCFS2" },
	{ 0x01161970u, "GFS2" },
	{ 0x0000564cu, "NCP" },
	{ 0x47504653u, "GPFS" },
};

const char *network_fs_by_magic(uint32_t magic)
{
	for (size_t i = 0; i < sizeof(network_magic) / sizeof(network_magic[0]); i++)
		if (network_magic[i].magic == magic)
			return network_magic[i].name;
	return NULL;
}

int network_fs_is_remote_fuse(const char *type)
{
	static const char *const remote[] = { "sshfs", "glusterfs", "s3fs", "rclone", "davfs", "cephfs", "ceph-fuse", "curlftpfs",
		"juicefs", "gcsfuse", "smbnetfs", "blobfuse" };

	if (strncmp(type, "fuse.", 5) != 0)
		return 0;
	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
		if (strcmp(type + 5, remote[i]) == 0)
			return 1;
	return 0;
}

/* "36 35 98:0 /root /mount options optional-fields - type source options" (proc(5)). */
const char *network_fs_mount_type(const char *line, unsigned int major_id, unsigned int minor_id, char *out, size_t cap)
{
	unsigned int mount, parent, major_here, minor_here;
	const char *type;

	if (sscanf(line, "%u %u %u:%u", &mount, &parent, &major_here, &minor_here) != 4)
		return NULL;
	if (major_here != major_id || minor_here != minor_id)
		return NULL;
	type = strstr(line, " - ");
	if (type == NULL)
		return NULL;
	type += 3;
	snprintf(out, cap, "%.*s", (int)strcspn(type, " \n"), type);
	return out;
}

static const char *fuse_type(const char *path, char *out, size_t cap)
{
	char line[4096];
	const char *type = NULL;
	struct stat st;
	FILE *mounts;

	if (stat(path, &st) != 0)
		return NULL;
	mounts = fopen("/proc/self/mountinfo", "re");
	if (mounts == NULL)
		return NULL;
	while (type == NULL && fgets(line, sizeof(line), mounts) != NULL)
		type = network_fs_mount_type(line, major(st.st_dev), minor(st.st_dev), out, cap);
	fclose(mounts);
	return type;
}

/* The folder that a file to be made will lie in. */
static void folder_of(const char *path, char *out, size_t cap)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		snprintf(out, cap, ".");
	else
		snprintf(out, cap, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

const char *network_fs_of(const char *path, char *out, size_t cap)
{
	char folder[4096];
	struct statfs fs;
	const char *name;

	if (statfs(path, &fs) != 0) {
		folder_of(path, folder, sizeof(folder));
		path = folder;
		if (statfs(path, &fs) != 0)
			return NULL;
	}
	if ((uint32_t)fs.f_type == FUSE_MAGIC) {
		name = fuse_type(path, out, cap);
		return name != NULL && network_fs_is_remote_fuse(name) ? name : NULL;
	}
	name = network_fs_by_magic((uint32_t)fs.f_type);
	if (name != NULL)
		snprintf(out, cap, "%s", name);
	return name == NULL ? NULL : out;
}
