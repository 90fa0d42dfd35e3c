/* An SQLite VFS over the system's, and an allocator, that fail at the nth call: each fallible call fails in turn. */
#ifndef POLLUX_TEST_FAULTY_VFS_H
#define POLLUX_TEST_FAULTY_VFS_H

#include <stdbool.h>

/* Before anything of SQLite is used. Both pass everything on until they are armed. */
void faulty_install(void);
/* From the nth write, sync, truncate, open or growth of shared memory on: result (an SQLite code). once: that one alone. */
void faulty_arm_io(int nth, int result, bool once);
/* The nth allocation fails; once: that one alone, else all from there on. */
void faulty_arm_memory(int nth, bool once);
/* Every lock of the wal-index fails with that result, so that no transaction begins and nothing can be read. */
void faulty_arm_locks(int result);
/* All is well again. True when something had failed. */
bool faulty_disarm(void);

#endif
