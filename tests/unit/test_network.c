/* Addresses and ranges: what is one, and what lies in it. */
#include "config.h"
#include "tests/unit/check.h"

#include <string.h>
#include "proto/network.h"

static void test_parse(void **state)
{
	static const char *const good[] = { "10.0.0.0/8", "192.0.2.7", "192.0.2.7/32", "0.0.0.0/0", "::1", "2001:db8::/32", "::/0", "unix",
		"::ffff:192.0.2.7", "::ffff:192.0.2.0/120" };
	static const char *const bad[] = { "", "/", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8",
		"2001:db8::/129", "2001:db8::1/32", "example.org", "10.0.0", "10.0.0.0/8/8", "Unix", "unix/8", "[::1]",
		"1111111111111111111111111111111111111111111111111111111111111111111" };
	struct network n;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!network_parse(good[i], &n))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (network_parse(bad[i], &n))
			fail_msg("%s", bad[i]);
}

static void test_has(void **state)
{
	static const struct {
		const char *network, *address;
		bool has;
	} table[] = {
		{ "10.0.0.0/8", "10.255.0.1", true }, { "10.0.0.0/8", "11.0.0.0", false }, { "10.0.0.0/8", "9.255.255.255", false },
		{ "10.0.0.0/8", "::ffff:10.1.2.3", true }, { "192.0.2.128/25", "192.0.2.128", true }, { "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.7", "192.0.2.7", true }, { "192.0.2.7", "192.0.2.6", false }, { "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false }, { "::/0", "203.0.113.9", true }, { "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false }, { "::1", "0:0:0:0:0:0:0:1", true }, { "unix", "", true },
		{ "unix", "127.0.0.1", false }, { "::/0", "", false }, { "::/0", "unknown", false }, { "::/0", "10.0.0.1/8", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct network n[2] = { { .bits = 128 } };

		assert_true(network_parse(table[i].network, &n[1]));
		if (network_has(n, 2, table[i].address) != table[i].has)
			fail_msg("%s in %s", table[i].address, table[i].network);
	}
	assert_false(network_has(NULL, 0, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
