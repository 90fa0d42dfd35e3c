/*
 * Who serves, and what a silence of everybody does to the deadlines. The loop thread.
 *
 * Deadlines are in CLOCK_MONOTONIC, which begins anew at every boot; what survives downtime and reboots alike is how much of them was
 * left at the last moment somebody served. Hence one formula: add (now - that moment), whichever clock it was in.
 *
 * Timers (the application's) are another matter: a downtime counts. Within a boot their clock went on; over a reboot the same formula carries what was
 * left, less the silence as the wall clock tells it, which is asked for nothing else.
 */
#include "config.h"
#include "db/processes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/retention.h"
#include "db/side_file.h"
#include "db/store_internal.h"

/* The lock file's second line: deadline clock, boot id and wall clock of the last moment of service. */
#define SERVED_OFFSET 64
#define SERVED_LINE "served %-20lld %.36s %-20lld\n"
#define SERVED_LINE_MAX 100

struct service {
	int64_t mono_ms, wall_ms;
	bool this_boot;
};

struct processes {
	int fd;
	int64_t id; /* ours, 0 before registering */
};

int processes_new(struct processes **out, const char *db_path)
{
	struct processes *p = calloc(1, sizeof(*p));
	int error = p == NULL ? POLLUX_NO_MEMORY : side_file_open(&p->fd, db_path, SIDE_FILE_LOCK);

	*out = error < 0 ? NULL : p;
	if (error < 0)
		free(p);
	return error;
}

bool processes_alive(const struct processes *p, int64_t id)
{
	return id == p->id || side_file_locked(p->fd, LOCK_BYTE_PROCESS + id, 1);
}

void processes_note_service(struct processes *p, int64_t now_ms)
{
	char line[SERVED_LINE_MAX];
	int n = snprintf(line, sizeof(line), SERVED_LINE, (long long)now_ms, store_boot_id(), (long long)clock_wall_ms());

	if (n < 0 || pwrite(p->fd, line, (size_t)n, SERVED_OFFSET) < 0)
		return; /* a full disk: the moment before counts */
}

/* False when nobody ever served, or the file was lost. */
static bool last_service(const struct processes *p, struct service *out)
{
	char line[SERVED_LINE_MAX + 1], boot[40] = "";
	long long mono, wall;
	ssize_t n = pread(p->fd, line, SERVED_LINE_MAX, SERVED_OFFSET);

	if (n <= 0)
		return false;
	line[n] = '\0';
	if (sscanf(line, "served %lld %36s %lld", &mono, boot, &wall) != 3)
		return false;
	*out = (struct service){ mono, wall, strcmp(boot, store_boot_id()) == 0 };
	return true;
}

static int shift_table(struct store *s, enum statement_slot slot, const char *sql, int64_t by_ms)
{
	sqlite3_stmt *st;
	int error = statement_get(s, slot, sql, &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, by_ms);
	return statement_run(s, st);
}

static int shift_deadlines(struct store *s, int64_t by_ms)
{
	int error;

	if (by_ms == 0)
		return 0;
	error = shift_table(s, ST_SHIFT_CLIENTS,
		"UPDATE client SET ping_at_ms = ping_at_ms + ?1, expires_at_ms = expires_at_ms + ?1, "
		"connect_by_ms = connect_by_ms + ?1, upgrade_by_ms = upgrade_by_ms + ?1",
		by_ms);
	if (error < 0)
		return error;
	error = shift_table(s, ST_SHIFT_SOCKETS, "UPDATE socket SET left_at_ms = left_at_ms + ?1 WHERE left IS NOT NULL", by_ms);
	if (error < 0)
		return error;
	return shift_table(s, ST_SHIFT_ASKS, "UPDATE ask SET by_ms = by_ms + ?1 WHERE by_ms > 0", by_ms);
}

/* A wall clock that went backwards tells nothing. */
static int64_t silence_of(const struct service *last)
{
	int64_t ms = clock_wall_ms() - last->wall_ms;

	return ms > 0 ? ms : 0;
}

static int shift_timers(struct store *s, const struct service *last, int64_t now_ms)
{
	if (last->this_boot)
		return 0;
	return shift_table(s, ST_SHIFT_TIMERS, "UPDATE timer SET due_ms = due_ms + ?1",
		now_ms - last->mono_ms - silence_of(last));
}

typedef int process_each(struct processes *p, struct store *s, int64_t id, void *ctx);

/* Every other process's row, until each answers something else than 0, which is returned. Rows may be deleted on the way. */
static int each_other(struct processes *p, struct store *s, process_each *each, void *ctx)
{
	sqlite3_stmt *st;
	int64_t id = 0;
	int got, error;

	do {
		error = statement_get(s, ST_PROCESS_LIST, "SELECT min(id) FROM process WHERE id > ?", &st);
		if (error < 0)
			return error;
		bind_int(s, st, 1, id);
		error = statement_integer(s, st, 0, &id);
		if (error < 0 || id == 0)
			return error;
		got = id == p->id ? 0 : each(p, s, id, ctx);
	} while (got == 0);
	return got;
}

static int is_alive(struct processes *p, struct store *s, int64_t id, void *ctx)
{
	(void)s;
	(void)ctx;
	return processes_alive(p, id) ? 1 : 0;
}

/* The life that counts has a committed row: one whose registration was rolled back has shifted nothing. */
static int shift_after_silence(struct processes *p, struct store *s, bool cgi, int64_t now_ms)
{
	struct service last;
	int error, alive = each_other(p, s, is_alive, NULL);

	if (alive != 0)
		return alive < 0 ? alive : 0;
	if (!last_service(p, &last))
		return 0;
	/* Between the requests of a CGI host nobody lives, and that is no downtime; a boot is. */
	if (cgi && last.this_boot)
		return 0;
	error = retention_note_silence(s, silence_of(&last));
	if (error == 0)
		error = shift_timers(s, &last, now_ms);
	return error < 0 ? error : shift_deadlines(s, now_ms - last.mono_ms);
}

static int insert_process(struct store *s, const char *kind, int64_t *id)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_PROCESS_INSERT, "INSERT INTO process(pid, kind, started_ms) VALUES(?, ?, ?)", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, getpid());
	bind_str(s, st, 2, kind);
	bind_int(s, st, 3, clock_wall_ms());
	error = statement_run(s, st);
	*id = sqlite3_last_insert_rowid(s->db);
	return error;
}

static void let_go(struct processes *p)
{
	if (p->id != 0)
		side_file_unlock(p->fd, LOCK_BYTE_PROCESS + p->id);
	p->id = 0;
}

static int delete_process(struct store *s, int64_t id)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_PROCESS_DELETE, "DELETE FROM process WHERE id = ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	return statement_run(s, st);
}

/* The id may be that of a registration that was rolled back, whose process still has the lock: then the next one. */
static int insert_and_lock(struct processes *p, struct store *s, const char *kind, int64_t *id)
{
	int error, tries = 100;

	do {
		error = insert_process(s, kind, id);
		if (error < 0)
			return error;
		error = side_file_lock(p->fd, F_WRLCK, LOCK_BYTE_PROCESS + *id);
		if (error == POLLUX_BUSY && delete_process(s, *id) < 0)
			return POLLUX_DATABASE;
	} while (error == POLLUX_BUSY && --tries > 0);
	return error;
}

int processes_register(struct processes *p, struct store *s, const char *kind, bool cgi, int64_t now_ms, int64_t *id)
{
	int error;

	let_go(p); /* of an attempt that was rolled back */
	error = shift_after_silence(p, s, cgi, now_ms);
	if (error == 0)
		error = insert_and_lock(p, s, kind, id);
	if (error < 0)
		return error;
	p->id = *id;
	return 0;
}

int processes_live(struct processes *p, struct store *s, const char *kind)
{
	sqlite3_stmt *st;
	int got, error = statement_get(s, ST_PROCESS_OF_KIND, "SELECT id FROM process WHERE kind = ?", &st);

	if (error < 0)
		return error;
	bind_str(s, st, 1, kind);
	while ((got = statement_step(s, st)) == 1 && !processes_alive(p, sqlite3_column_int64(st, 0)))
		;
	statement_end(st);
	return got;
}

int processes_note_position(struct processes *p, struct store *s, int64_t position)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_PROCESS_POSITION, "UPDATE process SET position = nullif(?, -1) WHERE id = ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, position);
	bind_int(s, st, 2, p->id);
	return statement_run(s, st);
}

int processes_lowest_position(struct store *s, int64_t floor, int64_t *out)
{
	sqlite3_stmt *st;
	int error = statement_get(s, ST_PROCESS_LOWEST, "SELECT min(position) FROM process WHERE position > ?", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, floor);
	return statement_integer(s, st, INT64_MAX, out);
}

static int holds_client(struct store *s, int64_t id, bool *holds)
{
	sqlite3_stmt *st;
	int64_t one;
	int error = statement_get(s, ST_PROCESS_HOLDS, "SELECT 1 FROM client WHERE holder = ? LIMIT 1", &st);

	if (error < 0)
		return error;
	bind_int(s, st, 1, id);
	error = statement_integer(s, st, 0, &one);
	*holds = one == 1;
	return error;
}

struct dead {
	int64_t *ids;
	int count, limit;
};

static int collect_dead(struct processes *p, struct store *s, int64_t id, void *ctx)
{
	struct dead *dead = ctx;
	bool holds;
	int error;

	if (processes_alive(p, id))
		return 0;
	error = holds_client(s, id, &holds);
	if (error < 0)
		return error;
	if (!holds)
		return delete_process(s, id);
	dead->ids[dead->count++] = id;
	return dead->count == dead->limit ? 1 : 0;
}

int processes_dead(struct processes *p, struct store *s, int64_t *ids, int limit)
{
	struct dead dead = { ids, 0, limit };
	int error = limit > 0 ? each_other(p, s, collect_dead, &dead) : 0;

	return error < 0 ? error : dead.count;
}

int processes_unregister(struct processes *p, struct store *s)
{
	int error = p->id == 0 ? 0 : delete_process(s, p->id);

	if (error == 0)
		let_go(p);
	return error;
}

void processes_free(struct processes *p)
{
	if (p == NULL)
		return;
	close(p->fd);
	free(p);
}
