/* Who serves: life and death of processes, and what a silence of all does to deadlines. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "db/clients.h"
#include "db/processes.h"
#include "db/sockets.h"
#include "db/store_internal.h"

static struct processes *new_processes(const char *path)
{
	struct processes *p;

	assert_int_equal(processes_new(&p, path), 0);
	return p;
}

static int64_t enter(struct processes *p, struct store *s, bool cgi, int64_t now_ms)
{
	int64_t id;

	OK(s, store_begin(s, "register"));
	OK(s, processes_register(p, s, cgi ? "cgi" : "fcgi", cgi, now_ms, &id));
	OK(s, store_commit(s));
	return id;
}

static void test_register_and_leave(void **state)
{
	struct db *db = *state;
	struct processes *a = new_processes(db->path), *b = new_processes(db->path);
	int64_t first = enter(a, db->s, false, 100), second = enter(b, db->s, false, 100), dead[4];

	assert_true(second > first);
	assert_true(processes_alive(a, first));
	assert_true(processes_alive(a, second));
	assert_true(processes_alive(b, first));
	assert_false(processes_alive(a, second + 1));
	OK(db->s, store_begin(db->s, "leave"));
	assert_int_equal(OK(db->s, processes_dead(a, db->s, dead, 4)), 0);
	OK(db->s, processes_unregister(b, db->s));
	OK(db->s, store_commit(db->s));
	assert_false(processes_alive(a, second));
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM process"), 1);
	assert_true(enter(b, db->s, false, 100) > second);
	processes_free(a);
	processes_free(b);
	processes_free(NULL);
}

struct life {
	const char *path;
	int ready[2];
	int64_t holds; /* a client it holds, 0 none */
};

static int live(void *ctx)
{
	struct life *life = ctx;
	struct store *s = db_open(life->path);
	struct processes *p = new_processes(life->path);
	int64_t id = enter(p, s, false, clock_mono_ms());
	struct client_row row;

	if (life->holds != 0) {
		if (store_begin(s, "hold") < 0 || client_load_id(s, life->holds, &row) < 0)
			return 1;
		row.holder = id;
		if (client_save(s, &row) < 0 || store_commit(s) < 0)
			return 2;
	}
	if (write(life->ready[1], &id, sizeof(id)) != sizeof(id))
		return 3;
	pause();
	return 0;
}

static pid_t start(struct life *life, const char *path, int64_t holds, int64_t *id)
{
	pid_t pid;

	life->path = path;
	life->holds = holds;
	assert_int_equal(pipe(life->ready), 0);
	pid = db_fork(live, life);
	assert_int_equal(read(life->ready[0], id, sizeof(*id)), sizeof(*id));
	return pid;
}

static int64_t new_client(struct store *s)
{
	struct client_row row = { .protocol = 4, .ping_at_ms = 1000, .expires_at_ms = 2000, .connect_by_ms = 1500, .upgrade_by_ms = 1200 };

	random_id(row.sid);
	OK(s, store_begin(s, "client"));
	OK(s, client_insert(s, &row, "{}", 2));
	OK(s, store_commit(s));
	return row.id;
}

/* kill -9 is seen at once; a stopped process lives. Rows of the dead that hold nobody go by themselves. */
static void test_killed(void **state)
{
	struct db *db = *state;
	struct processes *me = new_processes(db->path);
	struct life life;
	int64_t client, with, without, dead[4];
	pid_t holding, idle;

	enter(me, db->s, false, clock_mono_ms());
	client = new_client(db->s);
	/* A fork must not carry our connection along: what a child opens is its own. */
	store_close(db->s);
	db->s = NULL;
	holding = start(&life, db->path, client, &with);
	idle = start(&life, db->path, 0, &without);
	db->s = db_open(db->path);
	kill(holding, SIGSTOP);
	assert_true(processes_alive(me, with));
	kill(holding, SIGKILL);
	kill(idle, SIGKILL);
	db_wait(holding);
	db_wait(idle);
	assert_false(processes_alive(me, with));
	OK(db->s, store_begin(db->s, "reap"));
	assert_int_equal(OK(db->s, processes_dead(me, db->s, dead, 4)), 1);
	assert_int_equal(dead[0], with);
	OK(db->s, store_commit(db->s));
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM process"), 2);
	OK(db->s, store_begin(db->s, "reap"));
	OK(db->s, client_delete(db->s, client));
	assert_int_equal(OK(db->s, processes_dead(me, db->s, dead, 4)), 0);
	OK(db->s, store_commit(db->s));
	assert_int_equal(db_query(db->path, "SELECT count(*) FROM process"), 1);
	processes_free(me);
}

static void assert_deadlines(struct store *s, int64_t client, int64_t shift)
{
	struct client_row row;

	OK(s, client_load_id(s, client, &row));
	assert_int_equal(row.ping_at_ms, 1000 + shift);
	assert_int_equal(row.expires_at_ms, 2000 + shift);
	assert_int_equal(row.connect_by_ms, 1500 + shift);
	assert_int_equal(row.upgrade_by_ms, 1200 + shift);
}

static int64_t new_left_socket(struct db *db)
{
	struct socket_row row = { .sid = text("s"), .nsp = text("/") };

	OK(db->s, store_begin(db->s, "socket"));
	OK(db->s, socket_insert(db->s, &row));
	OK(db->s, socket_leave(db->s, text("s"), 1, 700));
	OK(db->s, store_commit(db->s));
	return 700;
}

static int64_t left_at(struct db *db)
{
	return db_query(db->path, "SELECT left_at_ms FROM socket WHERE sid='s'");
}

static void test_downtime_shifts(void **state)
{
	struct db *db = *state;
	struct processes *p = new_processes(db->path), *other;
	int64_t client = new_client(db->s);

	new_left_socket(db);
	enter(p, db->s, false, 500); /* nobody served before: nothing is known */
	assert_deadlines(db->s, client, 0);
	processes_note_service(p, 900);
	other = new_processes(db->path);
	enter(other, db->s, false, 5000); /* somebody lives: no silence */
	assert_deadlines(db->s, client, 0);
	processes_free(other);
	processes_free(p);
	p = new_processes(db->path);
	enter(p, db->s, false, 10900);
	assert_deadlines(db->s, client, 10000);
	assert_int_equal(left_at(db), 10700);
	processes_free(p);
}

/* In wall clock, too: rows are kept for it. */
static void test_downtime_is_silence(void **state)
{
	struct db *db = *state;
	struct processes *p = new_processes(db->path);
	char path[128], line[128];
	int64_t ms;
	FILE *f;

	enter(p, db->s, false, 500);
	processes_note_service(p, 900);
	processes_free(p);
	snprintf(path, sizeof(path), "%s-lock", db->path);
	f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, 64, SEEK_SET);
	snprintf(line, sizeof(line), "served %-20lld %.36s %-20lld\n", 900LL, store_boot_id(), (long long)clock_wall_ms() - 60000);
	fputs(line, f);
	fclose(f);
	p = new_processes(db->path);
	enter(p, db->s, false, 61000);
	ms = db_query(db->path, "SELECT ms FROM silence");
	assert_true(ms >= 60000 && ms < 90000);
	processes_free(p);
}

static const char *other_boot(void)
{
	return "11111111-2222-3333-4444-555555555555";
}

/* The clock begins anew at a boot: what was left of a deadline is left still. */
static void test_boot_shifts(void **state)
{
	struct db *db = *state;
	struct processes *p = new_processes(db->path);
	int64_t client = new_client(db->s);

	enter(p, db->s, false, 500);
	processes_note_service(p, 900);
	processes_free(p);
	store_boot_id = other_boot;
	p = new_processes(db->path);
	enter(p, db->s, false, 20);
	assert_deadlines(db->s, client, -880);
	processes_free(p);
	store_boot_id = clock_boot_id;
}

/* Between the requests of a CGI host nobody lives, and that is no downtime. A boot is. */
static void test_cgi_shifts_at_a_boot_alone(void **state)
{
	struct db *db = *state;
	struct processes *p = new_processes(db->path);
	int64_t client = new_client(db->s);

	enter(p, db->s, true, 500);
	processes_note_service(p, 900);
	processes_free(p);
	p = new_processes(db->path);
	enter(p, db->s, true, 1900);
	assert_deadlines(db->s, client, 0);
	processes_free(p);
	store_boot_id = other_boot;
	p = new_processes(db->path);
	enter(p, db->s, true, 1000);
	assert_deadlines(db->s, client, 100);
	processes_free(p);
	store_boot_id = clock_boot_id;
}

/* A registration that was rolled back shifted nothing; whoever comes next does. */
static void test_rolled_back_registration(void **state)
{
	struct db *db = *state;
	struct processes *p = new_processes(db->path), *failing = new_processes(db->path);
	int64_t id, client = new_client(db->s);

	enter(p, db->s, false, 500);
	processes_note_service(p, 900);
	processes_free(p);
	OK(db->s, store_begin(db->s, "fails"));
	OK(db->s, processes_register(failing, db->s, "fcgi", false, 1900, &id));
	assert_deadlines(db->s, client, 1000);
	store_rollback(db->s);
	assert_deadlines(db->s, client, 0);
	p = new_processes(db->path);
	assert_true(enter(p, db->s, false, 2900) > id); /* the failing one has the lock of its number still */
	assert_deadlines(db->s, client, 2000);
	processes_free(failing);
	processes_free(p);
}

static void test_many_lines(void **state)
{
	struct db *db = *state;
	struct processes *p = new_processes(db->path);
	char path[200], line[200] = "";
	FILE *f;

	processes_note_service(p, 123456789012345);
	processes_note_service(p, 7);
	snprintf(path, sizeof(path), "%s-lock", db->path);
	f = fopen(path, "rb");
	assert_int_equal(fseek(f, 64, SEEK_SET), 0);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(strncmp(line, "served 7 ", 9), 0);
	assert_non_null(strstr(line, clock_boot_id()));
	fclose(f);
	processes_free(p);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_register_and_leave),
		WITH_STORE(test_killed),
		WITH_STORE(test_downtime_shifts),
		WITH_STORE(test_downtime_is_silence),
		WITH_STORE(test_boot_shifts),
		WITH_STORE(test_cgi_shifts_at_a_boot_alone),
		WITH_STORE(test_rolled_back_registration),
		WITH_STORE(test_many_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
