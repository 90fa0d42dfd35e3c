/*
 * So that cron may start it every minute: the address is taken, and a sidecar registered on this very database lives. The kernel
 * won't tell strangers who listens on a port, so it is not proof that the one is the other: a second sidecar for an address that
 * some other program has would end in silence but for its one line in the log.
 */
#include "config.h"
#include "ws/running.h"

#include <time.h>
#include <unistd.h>
#include "core/server.h"
#include "db/processes.h"
#include "db/store.h"

#define LOOKS 40
#define LOOK_NS 50000000

static bool lives(const char *db_path)
{
	struct store_options options = { .create = false };
	struct processes *processes = NULL;
	struct store *store = NULL;
	char why[512];
	bool yes = false;

	if (access(db_path, R_OK | W_OK) < 0 || store_open(&store, db_path, &options, why, sizeof(why)))
		return false;
	if (processes_new(&processes, db_path) == 0)
		yes = processes_live(processes, store, SERVER_KIND_WS) > 0;
	processes_free(processes);
	store_close(store);
	return yes;
}

bool running_already(const char *db_path)
{
	bool yes = lives(db_path);

	for (int i = 1; i < LOOKS && !yes; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
		yes = lives(db_path);
	}
	return yes;
}
