/* The ring of recent rows: what it covers, whose rows it passes over, how old and how big it gets. */
#include "config.h"
#include "tests/unit/row_fixture.h"

#include <stdlib.h>
#include <string.h>
#include "core/recent.h"

static void test_recent(void **state)
{
	struct recent *r = calloc(1, sizeof(*r));
	int64_t last = 100 + 2 * (RECENT_ROWS + 10);
	struct row *row;
	int64_t seq;
	size_t index;

	(void)state;
	assert_int_equal(recent_init(r, 100), 0);
	assert_true(recent_covers(r, 100));
	assert_false(recent_covers(r, 99));
	assert_int_equal(recent_find(r, 100), 0);
	for (seq = 102; seq <= last; seq += 2) {
		row = row_of(LOG_EVENT, seq, "/", NULL, NULL, "[1]");
		recent_add(r, row);
		row_unref(row);
	}
	assert_int_equal(r->count, RECENT_ROWS);
	assert_int_equal(r->after, 120);   /* ten have gone */
	assert_true(recent_covers(r, 120));
	assert_false(recent_covers(r, 119));
	assert_int_equal(recent_find(r, 120), 0);
	assert_int_equal(recent_find(r, 121), 0);
	assert_int_equal(recent_find(r, 122), 1);
	index = recent_find(r, 200);
	assert_true(recent_next(r, &index, 7, &seq, &row));
	assert_int_equal(seq, 202);
	assert_int_equal(row->seq, 202);
	assert_int_equal(recent_find(r, last), RECENT_ROWS);
	recent_deinit(r);
	assert_int_equal(r->count + r->bytes, 0);
	free(r);
}

static void add_for(struct recent *r, enum log_kind kind, int64_t seq, int64_t client)
{
	struct row *row = row_of(kind, seq, "/", NULL, NULL, "[1]");

	row->client = client;
	recent_add(r, row);
	row_unref(row);
}

/* What is one other client's is passed over. */
static void test_recent_of_client(void **state)
{
	static const int64_t mine[] = { 2, 4, 5 };
	struct recent *r = calloc(1, sizeof(*r));
	struct row *row;
	int64_t seq;
	size_t index = 0;

	(void)state;
	assert_int_equal(recent_init(r, 0), 0);
	add_for(r, LOG_REPLY, 1, 8);
	add_for(r, LOG_REPLY, 2, 7);
	add_for(r, LOG_CONTROL, 3, 8);
	add_for(r, LOG_DIRECT, 4, 0);
	add_for(r, LOG_EVENT, 5, 0);
	add_for(r, LOG_REPLY, 6, 8);
	for (size_t i = 0; i < COUNT(mine); i++, index++) {
		assert_true(recent_next(r, &index, 7, &seq, &row));
		assert_int_equal(seq, mine[i]);
		assert_int_equal(row->seq, mine[i]);
	}
	assert_false(recent_next(r, &index, 7, &seq, &row));
	for (seq = 7; seq < 7 + RECENT_KEPT; seq++)   /* now the old ones are known, but where they are for one client not kept */
		add_for(r, LOG_REPLY, seq, 8);
	index = 0;
	for (size_t i = 0; i < COUNT(mine); i++, index++) {
		assert_true(recent_next(r, &index, 7, &seq, &row));
		assert_int_equal(seq, mine[i]);
		assert_int_equal(row ? row->seq : 0, i ? mine[i] : 0);
	}
	recent_deinit(r);
	assert_int_equal(r->bytes, 0);
	free(r);
}

/* The newest stay whatever their age, others for some seconds. */
static void test_recent_age(void **state)
{
	struct recent *r = calloc(1, sizeof(*r));
	int64_t seq = 0;

	(void)state;
	assert_int_equal(recent_init(r, 0), 0);
	while (seq < RECENT_KEPT + 100)
		add_for(r, LOG_EVENT, ++seq, 0);
	for (int i = 0; i <= RECENT_SECONDS; i++) {
		assert_int_equal(r->count, RECENT_KEPT + 100 + (size_t)i);
		assert_true(recent_covers(r, 0));
		recent_age(r);
		if (i < RECENT_SECONDS)
			add_for(r, LOG_EVENT, ++seq, 0);
	}
	assert_int_equal(r->count, RECENT_KEPT);
	assert_false(recent_covers(r, 0));
	recent_deinit(r);
	free(r);
}

static void test_recent_bytes(void **state)
{
	struct recent *r = calloc(1, sizeof(*r));
	char *packet = malloc((1 << 20) + 1);

	(void)state;
	assert_int_equal(recent_init(r, 0), 0);
	memset(packet, ' ', 1 << 20);
	packet[1 << 20] = '\0';
	packet[0] = '[', packet[1] = '1', packet[2] = ']';
	for (int64_t seq = 1; seq <= 20; seq++) {
		struct row *row = row_of(LOG_EVENT, seq, "/", NULL, NULL, packet);

		recent_add(r, row);
		if (seq % 2)
			row_polling(row);   /* its wire form makes no difference to the account */
		row_unref(row);
	}
	assert_in_range(r->count, 6, 7);
	assert_int_equal(recent_find(r, 19), r->count - 1);
	assert_int_equal(r->after, 20 - (int64_t)r->count);
	recent_deinit(r);
	assert_int_equal(r->bytes, 0);
	free(packet);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recent),
		cmocka_unit_test(test_recent_bytes),
		cmocka_unit_test(test_recent_of_client),
		cmocka_unit_test(test_recent_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
