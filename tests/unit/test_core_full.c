/*
 * Core when there is no room on the disk, or no transaction begins: POSTs and handshakes are refused at once, GETs and the ends of
 * sessions wait until there is room. Nothing is half-written, lost or doubled.
 */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "tests/unit/faulty_vfs.h"

#define MANY 40

static bool is_answered(const void *ctx)
{
	return ((const struct fake *)ctx)->status != 0;
}

static int64_t count_events(void)
{
	return db_query(site->db.path, "SELECT count(*) FROM log WHERE kind = 0");
}

/* No file may grow past so many bytes. */
static void disk_fill(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void disk_is_full(void)
{
	disk_fill(4096);
}

static void disk_has_room(void)
{
	disk_fill(RLIM_INFINITY);
}

/* For as long as it takes until something else has been refused, a GET has not been answered. */
static void assert_waits(const struct fake *get, struct guest *other, int n)
{
	answers(guest_post(other, n, "42[\"all\",\"refused\"]"), 503, NULL);
	site_spin(300);
	assert_int_equal(get->status, 0);
}

/* --- POSTs, and polls that were parked before --- */

static void test_posts_are_refused(void **state)
{
	struct guest a, b;
	struct fake *poll, *posts[3];

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	poll = guest_get(&a, 0);
	site_await_parked(poll);
	disk_is_full();
	posts[0] = guest_post(&b, 0, "42[\"all\",\"1\"]\x1e" "42[\"all\",\"2\"]");
	posts[1] = guest_post(&a, 0, "42[\"join\",\"r\"]");
	posts[2] = guest_post(&b, 1, "42[\"all\",\"3\"]");
	for (int i = 0; i < 3; i++)
		site_until(is_answered, posts[i]);
	site_spin(300);
	disk_has_room();
	for (int i = 0; i < 3; i++)
		answers(posts[i], 503, NULL);
	assert_int_equal(poll->status, 0);
	assert_int_equal(count_events(), 0);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member"), 0);
	guest_say(&b, 1, "42[\"say\",\"r\",\"unheard\"]\x1e" "42[\"all\",\"4\"]");
	answers(poll, 200, "42[\"said\",\"4\"]");
	assert_string_equal(site->said, "");
}

/* The poll's end could not be written down: it is when there is room. */
static void test_hang_up_is_not_forgotten(void **state)
{
	struct guest a;
	struct fake *poll;

	(void)state;
	guest_join(&a, 0);
	poll = guest_get(&a, 0);
	site_await_parked(poll);
	disk_is_full();
	site_hang_up(poll);
	site_spin(300);
	disk_has_room();
	site_status(poll);
	assert_non_null(strstr(site->said, "transport error\n"));   /* those that were tried before have never been */
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM socket WHERE left IS NULL"), 0);
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM client"), 0);
}

/* --- GETs that come meanwhile --- */

static void test_get_waits(void **state)
{
	struct guest a, b;
	struct fake *poll;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	disk_is_full();
	poll = guest_get(&a, 0);
	assert_waits(poll, &b, 1);
	disk_has_room();
	guest_say(&b, 1, "42[\"all\",\"one\"]");
	answers(poll, 200, "42[\"said\",\"one\"]");
	answers(guest_get_again(&a, 1), 200, "42[\"said\",\"one\"]");
	site_await_parked(guest_get(&a, 1));
	assert_string_equal(site->said, "");
}

/* What there was for it comes once. */
static void test_get_waits_with_rows(void **state)
{
	struct guest a, b;
	struct fake *poll;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	guest_say(&b, 1, "42[\"all\",\"one\"]");
	disk_is_full();
	poll = guest_get(&a, 0);
	assert_waits(poll, &b, 0);
	disk_has_room();
	answers(poll, 200, "42[\"said\",\"one\"]");
	guest_say(&b, 1, "42[\"all\",\"two\"]");
	receives(&a, 1, "42[\"said\",\"two\"]");
}

static bool all_parked(const void *ctx)
{
	struct fake *const *polls = ctx;

	for (int i = 0; i < MANY; i++)
		if (!polls[i]->parked || polls[i]->status)
			return false;
	return db_query(site->db.path, "SELECT count(*) FROM client WHERE holder IS NOT NULL") == MANY;
}

static void test_many_wait(void **state)
{
	struct guest guests[MANY], other;
	struct fake *polls[MANY];

	(void)state;
	guest_join(&other, 0);
	for (int i = 0; i < MANY; i++)
		guest_join(&guests[i], i % 2);
	disk_is_full();
	for (int i = 0; i < MANY; i++)
		polls[i] = guest_get(&guests[i], i % 2);
	assert_waits(polls[MANY - 1], &other, 0);
	disk_has_room();
	assert_true(site_until(all_parked, polls));
	guest_say(&other, 0, "42[\"all\",\"end\"]");
	for (int i = 0; i < MANY; i++)
		answers(polls[i], 200, "42[\"said\",\"end\"]");
}

/* No request is held longer than a poll; noop says nothing, so nothing is missed. */
static void test_wait_ends_with_noop(void **state)
{
	struct guest a;

	(void)state;
	site->settings.hold_ms = 300;
	guest_join(&a, 0);
	guest_say(&a, 0, "42[\"all\",\"one\"]");
	disk_is_full();
	answers(guest_get(&a, 0), 200, "6");
	answers(guest_get(&a, 1), 200, "6");
	disk_has_room();
	receives(&a, 0, "42[\"said\",\"one\"]");
	assert_string_equal(site->said, "");
}

static void test_leaves_while_it_waits(void **state)
{
	struct guest a, b;
	struct fake *poll;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	disk_is_full();
	poll = guest_get(&a, 0);
	assert_waits(poll, &b, 0);
	site_hang_up(poll);
	site_spin(300);
	disk_has_room();
	site_status(poll);
	assert_non_null(strstr(site->said, "transport error\n"));
	answers(guest_get(&a, 0), 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

static void on_idle(void *ctx)
{
	*(bool *)ctx = true;
}

static bool is_true(const void *ctx)
{
	return *(const bool *)ctx;
}

static void test_drain_on_full_disk(void **state)
{
	struct guest a, b;
	struct fake *poll;
	bool idle = false;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	disk_is_full();
	poll = guest_get(&a, 0);
	assert_waits(poll, &b, 0);
	server_drain(site->servers[0], on_idle, &idle);
	answers(poll, 200, "6");
	assert_true(site_until(is_true, &idle));
	disk_has_room();
	site_stop(0);
	site_await_parked(guest_get(&a, 1));
}

static void test_stop_on_full_disk(void **state)
{
	struct guest a, b;
	struct fake *poll;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 1);
	disk_is_full();
	poll = guest_get(&a, 0);
	assert_waits(poll, &b, 1);
	site_stop(0);
	disk_has_room();
	site_await_parked(guest_get(&a, 1));
}

/* --- no transaction begins --- */

/* Runs with standard error going to a file; returns how often the word was logged. */
static int count_logged(void (*run)(struct guest *g), struct guest *g, const char *word)
{
	int before = dup(STDERR_FILENO), count = 0;
	FILE *log = tmpfile();
	char line[1024];

	assert_true(before >= 0 && log);
	fflush(stderr);
	assert_true(dup2(fileno(log), STDERR_FILENO) >= 0);
	run(g);
	fflush(stderr);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	rewind(log);
	while (fgets(line, sizeof(line), log)) {
		fputs(line, stderr);
		count += strstr(line, word) != NULL;
	}
	fclose(log);
	return count;
}

static struct fake *waiting;

static void ask_in_vain(struct guest *g)
{
	struct guest other = g[1];

	waiting = guest_get(g, 0);
	for (int i = 0; i < 3; i++)
		answers(guest_post(&other, 0, "42[\"all\",\"refused\"]"), 503, NULL);
	answers(site_ask(0, "GET", "EIO=4&transport=polling", NULL, 0), 503, NULL);
	site_spin(600);
}

static void begin_fails(int result)
{
	struct guest g[2];

	guest_join(&g[0], 0);
	guest_join(&g[1], 0);
	site_stop(1);
	faulty_arm_locks(result);
	assert_int_equal(count_logged(ask_in_vain, g, " error "), 1);
	assert_int_equal(waiting->status, 0);
	faulty_disarm();
	guest_say(&g[1], 0, "42[\"all\",\"heard\"]");
	answers(waiting, 200, "42[\"said\",\"heard\"]");
	assert_int_equal(count_events(), 1);
	assert_string_equal(site->said, "");
}

static void test_begin_fails_by_io(void **state)
{
	(void)state;
	begin_fails(SQLITE_IOERR_SHMLOCK);
}

static void test_begin_fails_by_damage(void **state)
{
	(void)state;
	begin_fails(SQLITE_CORRUPT);
}

/* One failure is no reason to refuse anything. */
static void test_begin_fails_for_a_moment(void **state)
{
	struct guest a;
	struct fake *post;

	(void)state;
	guest_join(&a, 0);
	site_stop(1);
	faulty_arm_locks(SQLITE_IOERR_SHMLOCK);
	post = guest_post(&a, 0, "42[\"all\",\"one\"]");
	site_spin(20);
	faulty_disarm();
	answers(post, 200, "ok");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_setup_two, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_posts_are_refused),
		TEST(test_hang_up_is_not_forgotten),
		TEST(test_get_waits),
		TEST(test_get_waits_with_rows),
		TEST(test_many_wait),
		TEST(test_wait_ends_with_noop),
		TEST(test_leaves_while_it_waits),
		TEST(test_drain_on_full_disk),
		TEST(test_stop_on_full_disk),
		TEST(test_begin_fails_by_io),
		TEST(test_begin_fails_by_damage),
		TEST(test_begin_fails_for_a_moment),
	};

	faulty_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
