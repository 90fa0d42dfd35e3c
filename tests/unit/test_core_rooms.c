/* To whom events go: rooms, exceptions, keys, volatile ones. Two servers on one database. */
#include "config.h"
#include "tests/unit/core_fixture.h"

static void test_once(void **state)
{
	struct guest a;

	(void)state;
	guest_join(&a, 0);
	guest_say(&a, 0, event_packet("once", "k", "first"));
	guest_say(&a, 1, event_packet("once", "k", "second"));
	guest_say(&a, 0, event_packet("all", "end", ""));
	receives(&a, 1, "42[\"said\",\"first\"]\x1e" "42[\"said\",\"end\"]");
}

/* Only the polls that wait get it. */
static void test_volatile(void **state)
{
	struct guest a, b;
	struct fake *f;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	f = guest_get(&a, 1);
	site_await_parked(f);
	guest_say(&b, 0, event_packet("volatile", "v", ""));
	answers(f, 200, "42[\"said\",\"v\"]");
	guest_say(&b, 0, event_packet("all", "end", ""));
	receives(&b, 0, "42[\"said\",\"end\"]");
	receives(&a, 0, "42[\"said\",\"end\"]");
}

static void test_rooms(void **state)
{
	struct guest a, b, c;

	(void)state;
	guest_join(&a, 0);
	guest_join(&b, 0);
	guest_join(&c, 1);
	guest_say(&a, 0, "42[\"join\",\"x\"]\x1e" "42[\"join\",\"y\"]");
	guest_say(&b, 1, "42[\"join\",\"y\"]");
	guest_say(&c, 0, "42[\"both\",\"x\",\"y\",\"1\"]\x1e" "42[\"except\",\"y\",\"x\",\"2\"]\x1e" "42[\"all except\",\"x\",\"3\"]\x1e"
			 "42[\"say\",\"\",\"nobody\"]\x1e" "42[\"all\",\"4\"]");
	receives(&a, 0, "42[\"said\",\"1\"]\x1e" "42[\"said\",\"4\"]");
	receives(&b, 0, "42[\"said\",\"1\"]\x1e" "42[\"said\",\"2\"]\x1e" "42[\"said\",\"3\"]\x1e" "42[\"said\",\"4\"]");
	receives(&c, 1, "42[\"said\",\"3\"]\x1e" "42[\"said\",\"4\"]");
}

/* At the limit of rooms one may join again where one is. */
static void test_join_limit(void **state)
{
	struct guest a;

	(void)state;
	site->settings.max_rooms = 2;
	guest_join(&a, 0);
	guest_say(&a, 0, "42[\"join\",\"x\"]\x1e" "42[\"join\",\"y\"]\x1e" "420[\"join\",\"x\"]\x1e" "421[\"join\",\"z\"]\x1e"
			 "42[\"leave\",\"x\"]\x1e" "422[\"join\",\"z\"]");
	receives(&a, 0, "430[\"done\"]\x1e" "432[\"done\"]");
	assert_int_equal(db_query(site->db.path, "SELECT count(*) FROM member WHERE until IS NULL"), 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, site_setup_two, site_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_once),
		TEST(test_volatile),
		TEST(test_rooms),
		TEST(test_join_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
