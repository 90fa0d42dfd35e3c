/* See the header. One thread. */
#include "config.h"
#include "tests/unit/faulty_vfs.h"

#include <sqlite3.h>
#include <string.h>

struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real; /* lies behind this struct */
};

static struct {
	int countdown, result;
	bool once, failed;
} io, memory;
static int lock_result;
static sqlite3_vfs *system_vfs;
static sqlite3_mem_methods system_memory;

static sqlite3_file *real(sqlite3_file *f)
{
	return ((struct faulty_file *)f)->real;
}

static int io_result(void)
{
	if (io.countdown == 0 || --io.countdown > 0)
		return SQLITE_OK;
	io.failed = true;
	io.countdown = io.once ? 0 : 1;
	return io.result;
}

#define METHOD(f) real(f)->pMethods

static int faulty_close(sqlite3_file *f)
{
	return real(f)->pMethods == NULL ? SQLITE_OK : METHOD(f)->xClose(real(f));
}

static int faulty_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return METHOD(f)->xRead(real(f), to, n, at);
}

static int faulty_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	int result = io_result();

	return result != SQLITE_OK ? result : METHOD(f)->xWrite(real(f), from, n, at);
}

static int faulty_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int result = io_result();

	return result != SQLITE_OK ? result : METHOD(f)->xTruncate(real(f), size);
}

static int faulty_sync(sqlite3_file *f, int flags)
{
	int result = io_result();

	return result != SQLITE_OK ? result : METHOD(f)->xSync(real(f), flags);
}

static int faulty_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return METHOD(f)->xFileSize(real(f), size);
}

static int faulty_lock(sqlite3_file *f, int level)
{
	return METHOD(f)->xLock(real(f), level);
}

static int faulty_unlock(sqlite3_file *f, int level)
{
	return METHOD(f)->xUnlock(real(f), level);
}

static int faulty_check_reserved(sqlite3_file *f, int *out)
{
	return METHOD(f)->xCheckReservedLock(real(f), out);
}

static int faulty_control(sqlite3_file *f, int op, void *arg)
{
	return METHOD(f)->xFileControl(real(f), op, arg);
}

static int faulty_sector_size(sqlite3_file *f)
{
	return METHOD(f)->xSectorSize(real(f));
}

static int faulty_characteristics(sqlite3_file *f)
{
	return METHOD(f)->xDeviceCharacteristics(real(f));
}

static int faulty_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	int result = extend ? io_result() : SQLITE_OK;

	return result != SQLITE_OK ? result : METHOD(f)->xShmMap(real(f), page, size, extend, out);
}

static int faulty_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	if (lock_result != SQLITE_OK && (flags & SQLITE_SHM_LOCK))
		return lock_result;
	return METHOD(f)->xShmLock(real(f), at, n, flags);
}

static void faulty_shm_barrier(sqlite3_file *f)
{
	METHOD(f)->xShmBarrier(real(f));
}

static int faulty_shm_unmap(sqlite3_file *f, int remove_it)
{
	return METHOD(f)->xShmUnmap(real(f), remove_it);
}

static const sqlite3_io_methods faulty_methods = {
	.iVersion = 2,
	.xClose = faulty_close,
	.xRead = faulty_read,
	.xWrite = faulty_write,
	.xTruncate = faulty_truncate,
	.xSync = faulty_sync,
	.xFileSize = faulty_file_size,
	.xLock = faulty_lock,
	.xUnlock = faulty_unlock,
	.xCheckReservedLock = faulty_check_reserved,
	.xFileControl = faulty_control,
	.xSectorSize = faulty_sector_size,
	.xDeviceCharacteristics = faulty_characteristics,
	.xShmMap = faulty_shm_map,
	.xShmLock = faulty_shm_lock,
	.xShmBarrier = faulty_shm_barrier,
	.xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
	struct faulty_file *file = (struct faulty_file *)f;
	int result = io_result();

	(void)vfs;
	file->base.pMethods = NULL;
	if (result != SQLITE_OK)
		return SQLITE_CANTOPEN;
	file->real = (sqlite3_file *)(file + 1);
	memset(file->real, 0, (size_t)system_vfs->szOsFile);
	result = system_vfs->xOpen(system_vfs, name, file->real, flags, out_flags);
	if (file->real->pMethods != NULL)
		file->base.pMethods = &faulty_methods;
	return result;
}

static void *faulty_malloc(int n)
{
	if (memory.countdown > 0 && --memory.countdown == 0) {
		memory.failed = true;
		memory.countdown = memory.once ? 0 : 1;
		return NULL;
	}
	return system_memory.xMalloc(n);
}

static void *faulty_realloc(void *p, int n)
{
	if (memory.countdown > 0 && --memory.countdown == 0) {
		memory.failed = true;
		memory.countdown = memory.once ? 0 : 1;
		return NULL;
	}
	return system_memory.xRealloc(p, n);
}

void faulty_install(void)
{
	static sqlite3_vfs vfs;
	sqlite3_mem_methods methods;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory);
	methods = system_memory;
	methods.xMalloc = faulty_malloc;
	methods.xRealloc = faulty_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* every allocation counts */
	system_vfs = sqlite3_vfs_find(NULL);
	vfs = *system_vfs;
	vfs.zName = "faulty";
	vfs.szOsFile = (int)sizeof(struct faulty_file) + system_vfs->szOsFile;
	vfs.xOpen = faulty_open;
	sqlite3_vfs_register(&vfs, 1);
}

void faulty_arm_io(int nth, int result, bool once)
{
	io.countdown = nth;
	io.result = result;
	io.once = once;
	io.failed = false;
}

void faulty_arm_memory(int nth, bool once)
{
	memory.countdown = nth;
	memory.once = once;
	memory.failed = false;
}

void faulty_arm_locks(int result)
{
	lock_result = result;
}

bool faulty_disarm(void)
{
	bool failed = io.failed || memory.failed;

	io.countdown = memory.countdown = 0;
	lock_result = SQLITE_OK;
	io.failed = memory.failed = false;
	return failed;
}
