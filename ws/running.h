/* Whether what is to be started runs already. Main thread, at start. */
#ifndef POLLUX_WS_RUNNING_H
#define POLLUX_WS_RUNNING_H

#include <stdbool.h>

/* Whether a process of our kind lives on this database, or does within two seconds: one that has its address may be starting still. Creates
 * nothing; a database that can't be read has none. */
bool running_already(const char *db_path);

#endif
