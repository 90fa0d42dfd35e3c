/* Rows of clients, partials, sockets, members and keys. */
#include "config.h"
#include "tests/unit/db_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "db/clients.h"
#include "db/kv.h"
#include "db/namespaces.h"
#include "db/sockets.h"

/* Every test here runs in one write transaction. */
static int setup(void **state)
{
	if (db_setup(state) != 0)
		return -1;
	return store_begin(((struct db *)*state)->s, "rows");
}

static struct client_row new_client(struct store *s, int64_t expires_at_ms)
{
	struct client_row row = { .protocol = 4, .cursor = 10, .ping_at_ms = 100, .expires_at_ms = expires_at_ms, .connect_by_ms = 50 };

	random_id(row.sid);
	OK(s, client_insert(s, &row, "{\"url\":\"/\"}", 11));
	return row;
}

static void assert_same_client(const struct client_row *a, const struct client_row *b)
{
	assert_int_equal(a->id, b->id);
	assert_string_equal(a->sid, b->sid);
	assert_int_equal(a->protocol, b->protocol);
	assert_int_equal(a->transport, b->transport);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->final, b->final);
	assert_int_equal(a->pinged, b->pinged);
	assert_int_equal(a->has_partial, b->has_partial);
	assert_int_equal(a->answered_with, b->answered_with);
	assert_string_equal(a->answered_t, b->answered_t);
	assert_int_equal(a->cursor, b->cursor);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->holder, b->holder);
	assert_int_equal(a->claim, b->claim);
	assert_int_equal(a->ping_at_ms, b->ping_at_ms);
	assert_int_equal(a->expires_at_ms, b->expires_at_ms);
	assert_int_equal(a->connect_by_ms, b->connect_by_ms);
	assert_int_equal(a->answered_from, b->answered_from);
	assert_int_equal(a->upgrade_holder, b->upgrade_holder);
	assert_int_equal(a->upgrade_by_ms, b->upgrade_by_ms);
	assert_int_equal(a->probed, b->probed);
}

static void test_client_round_trip(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct client_row row = new_client(s, 200), got;
	char *json;

	OK(s, client_load(s, row.sid, strlen(row.sid), &got));
	assert_same_client(&got, &row);
	row = (struct client_row){ .id = row.id,
		.protocol = 3,
		.transport = 1,
		.state = 1,
		.final = '6',
		.pinged = true,
		.has_partial = true,
		.answered_with = '2',
		.answered_t = "Pabc",
		.cursor = 11,
		.version = 9,
		.holder = 3,
		.claim = 4,
		.ping_at_ms = 5,
		.expires_at_ms = 6,
		.answered_from = 7,
		.upgrade_holder = 8,
		.upgrade_by_ms = 90,
		.probed = CLIENT_TOLD };
	random_id(row.sid);
	OK(s, client_save(s, &row));
	OK(s, client_load_id(s, row.id, &got));
	assert_same_client(&got, &row);
	OK(s, client_touch(s, row.id));
	OK(s, client_save(s, &row)); /* an older copy doesn't take the version back */
	OK(s, client_load_id(s, row.id, &got));
	assert_int_equal(got.version, 10);
	OK(s, client_handshake(s, row.id, &json));
	assert_string_equal(json, "{\"url\":\"/\"}");
	free(json);
}

static void test_client_absent(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct client_row row = new_client(s, 200);
	int64_t id = row.id;
	char *json;

	FAILS(s, POLLUX_NOT_FOUND, client_load(s, "nobody", 6, &row));
	OK(s, client_delete(s, id));
	FAILS(s, POLLUX_NOT_FOUND, client_load_id(s, id, &row));
	FAILS(s, POLLUX_NOT_FOUND, client_touch(s, id));
	FAILS(s, POLLUX_NOT_FOUND, client_handshake(s, id, &json));
	FAILS(s, POLLUX_GONE, client_park(s, id, 0, 1, 1));
	row = new_client(s, 1);
	assert_true(row.id > id); /* ids are never used again */
}

static void test_park_and_answer(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct client_row row = new_client(s, 200);

	OK(s, client_park(s, row.id, 0, 5, 12));
	FAILS(s, POLLUX_GONE, client_park(s, row.id, 0, 6, 12)); /* the other one was faster */
	OK(s, client_load_id(s, row.id, &row));
	assert_int_equal(row.holder, 5);
	assert_int_equal(row.claim, 1);
	assert_int_equal(row.cursor, 12);
	assert_int_equal(OK(s, client_held_count(s)), 1);
	FAILS(s, POLLUX_GONE, client_answer(s, row.id, 0, 15, "t1", 0));
	OK(s, client_answer(s, row.id, 1, 15, "t1", '2'));
	OK(s, client_load_id(s, row.id, &row));
	assert_int_equal(row.holder, 0);
	assert_int_equal(row.answered_from, 12);
	assert_int_equal(row.cursor, 15);
	assert_string_equal(row.answered_t, "t1");
	assert_int_equal(row.answered_with, '2');
	assert_true(row.pinged);
	assert_int_equal(OK(s, client_held_count(s)), 0);
	OK(s, client_park(s, row.id, 1, 5, 3));
	OK(s, client_answer(s, row.id, 2, 16, "", 0));
	OK(s, client_load_id(s, row.id, &row));
	assert_int_equal(row.answered_from, 15); /* the cursor went only upwards */
	assert_string_equal(row.answered_t, "");
	assert_int_equal(row.answered_with, 0);
	assert_true(row.pinged);
}

static void test_long_cache_buster(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct client_row row = new_client(s, 200);
	char t[CLIENT_T_MAX + 30];

	memset(t, 't', sizeof(t));
	t[sizeof(t) - 1] = '\0';
	OK(s, client_answer(s, row.id, 0, 15, t, 0));
	OK(s, client_load_id(s, row.id, &row));
	assert_int_equal(strlen(row.answered_t), CLIENT_T_MAX);
}

static void test_client_lists(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct client_row a, b, c, rows[5];
	int64_t value;

	OK(s, client_next_expiry(s, &value));
	assert_true(value == INT64_MAX);
	OK(s, client_lowest_cursor(s, &value));
	assert_true(value == INT64_MAX);
	a = new_client(s, 300);
	b = new_client(s, 100);
	c = new_client(s, 200);
	OK(s, client_next_expiry(s, &value));
	assert_int_equal(value, 100);
	assert_int_equal(OK(s, client_expired(s, 99, rows, 5)), 0);
	assert_int_equal(OK(s, client_expired(s, 200, rows, 5)), 2);
	assert_int_equal(rows[0].id, b.id);
	assert_int_equal(rows[1].id, c.id);
	assert_int_equal(OK(s, client_expired(s, 1000, rows, 1)), 1);
	a.holder = c.holder = 4;
	a.cursor = 3;
	b.cursor = 1;
	b.state = CLIENT_CLOSED;
	c.transport = CLIENT_WEBSOCKET;
	OK(s, client_save(s, &a));
	OK(s, client_save(s, &b));
	OK(s, client_save(s, &c));
	assert_int_equal(OK(s, client_held_by(s, 4, rows, 5)), 2);
	assert_int_equal(OK(s, client_held_by(s, 5, rows, 5)), 0);
	assert_int_equal(OK(s, client_held_count(s)), 1); /* a websocket is no poll */
	OK(s, client_lowest_cursor(s, &value));
	assert_int_equal(value, 3);
	assert_int_equal(OK(s, client_lagging(s, 4, rows, 5)), 0); /* a poll that is held has what there is for it */
	a.holder = 0;
	OK(s, client_save(s, &a));
	assert_int_equal(OK(s, client_lagging(s, 4, rows, 5)), 1);
	assert_int_equal(rows[0].id, a.id);
}

static void test_partial(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct partial_row row = { .packet = (char *)"51-[{}]", .packet_len = 7, .missing = 2, .attachments = NULL }, got;
	struct client_row client = new_client(s, 1);

	FAILS(s, POLLUX_NOT_FOUND, partial_load(s, client.id, &got));
	OK(s, partial_save(s, client.id, &row));
	row.missing = 1;
	row.attachments = (char *)"\0\0\0\1x";
	row.attachments_len = 5;
	OK(s, partial_save(s, client.id, &row));
	OK(s, partial_load(s, client.id, &got));
	assert_string_equal(got.packet, "51-[{}]");
	assert_int_equal(got.missing, 1);
	assert_int_equal(got.attachments_len, 5);
	assert_memory_equal(got.attachments, "\0\0\0\1x", 5);
	partial_deinit(&got);
	OK(s, client_delete(s, client.id));
	FAILS(s, POLLUX_NOT_FOUND, partial_load(s, client.id, &got));
}

static void new_socket(struct store *s, const char *sid, const char *nsp, int64_t client)
{
	struct socket_row row = { .sid = text(sid), .nsp = text(nsp), .client = client, .joined = 5, .auth = text("{\"a\":1}") };

	OK(s, socket_insert(s, &row));
}

static int collect_sids(void *ctx, const struct socket_row *row)
{
	char *sids = ctx;

	snprintf(sids + strlen(sids), 100 - strlen(sids), "%.*s:%lld ", (int)row->sid.len, row->sid.at, (long long)row->left);
	return 0;
}

static void assert_of_client(struct store *s, int64_t client, bool with_left, const char *expected)
{
	char sids[100] = "";

	OK(s, socket_of_client(s, client, with_left, collect_sids, sids));
	assert_string_equal(sids, expected);
}

static void assert_of_room(struct store *s, const char *nsp, const char *room, const char *expected)
{
	char sids[100] = "";

	OK(s, socket_of_room(s, text(nsp), text(room), 0, collect_sids, sids));
	assert_string_equal(sids, expected);
}

static void test_sockets(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	struct socket_row row;
	void *block;

	new_socket(s, "s1", "/", 1);
	new_socket(s, "s2", "/b", 1);
	new_socket(s, "s3", "/", 2);
	OK(s, socket_load(s, text("/"), text("s1"), &row, &block));
	assert_int_equal(row.client, 1);
	assert_string_equal(row.data.at, "{}");
	assert_string_equal(row.auth.at, "{\"a\":1}");
	assert_null(row.pid.at);
	free(block);
	FAILS(s, POLLUX_NOT_FOUND, socket_load(s, text("/b"), text("s1"), &row, &block));
	assert_null(block);
	OK(s, socket_of_client_nsp(s, 1, text("/b"), &row, &block));
	assert_string_equal(row.sid.at, "s2");
	free(block);
	assert_int_equal(OK(s, socket_count_of_client(s, 1)), 2);
	OK(s, socket_set_data(s, text("s1"), text("{\"n\":\"x\"}")));
	OK(s, socket_load(s, text("/"), text("s1"), &row, &block));
	assert_string_equal(row.data.at, "{\"n\":\"x\"}");
	free(block);
	assert_of_room(s, "/", NULL, "s1:0 s3:0 ");
	assert_of_client(s, 1, false, "s1:0 s2:0 ");
	OK(s, socket_leave(s, text("s1"), 9, 1000));
	FAILS(s, POLLUX_NOT_FOUND, socket_leave(s, text("s1"), 10, 1000));
	FAILS(s, POLLUX_NOT_FOUND, socket_set_data(s, text("s1"), text("{}")));
	FAILS(s, POLLUX_NOT_FOUND, socket_load(s, text("/"), text("s1"), &row, &block));
	assert_of_client(s, 1, false, "s2:0 ");
	assert_of_client(s, 1, true, "s1:9 s2:0 ");
	assert_of_room(s, "/", NULL, "s3:0 ");
	assert_int_equal(OK(s, socket_count_of_client(s, 1)), 1);
	OK(s, socket_leave(s, text("s2"), 0, 1000)); /* in an empty log */
	assert_of_client(s, 1, true, "s1:9 s2:1 ");
}

static int collect_members(void *ctx, struct log_text nsp, struct log_text room, struct log_text sid, int64_t since, int64_t until)
{
	char *out = ctx;

	(void)nsp;
	(void)sid;
	snprintf(out + strlen(out), 100 - strlen(out), "%.*s(%lld,%lld] ", (int)room.len, room.at, (long long)since, (long long)until);
	return 0;
}

static void assert_members(struct store *s, const char *sid, const char *expected)
{
	char out[100] = "";

	OK(s, member_of_socket(s, text(sid), collect_members, out));
	assert_string_equal(out, expected);
}

static int collect_rooms(void *ctx, struct log_text room, int64_t sockets)
{
	char *out = ctx;

	snprintf(out + strlen(out), 100 - strlen(out), "%.*s=%lld ", (int)room.len, room.at, (long long)sockets);
	return 0;
}

static void test_members(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	char rooms[100] = "", sids[100] = "";

	new_socket(s, "s1", "/", 1);
	new_socket(s, "s2", "/", 2);
	OK(s, member_join(s, text("/"), text("a"), text("s1"), 5));
	FAILS(s, POLLUX_EXISTS, member_join(s, text("/"), text("a"), text("s1"), 6));
	OK(s, member_join(s, text("/"), text("a"), text("s2"), 5));
	OK(s, member_join(s, text("/"), text("b"), text("s1"), 6));
	assert_int_equal(OK(s, member_count_of_socket(s, text("s1"))), 2);
	assert_int_equal(OK(s, member_rooms(s, text("/"), text(""), 0, collect_rooms, rooms)), 2);
	assert_string_equal(rooms, "a=2 b=1 ");
	rooms[0] = '\0';
	OK(s, member_rooms(s, text("/"), text("a"), 0, collect_rooms, rooms));
	OK(s, member_rooms(s, text("/"), text(""), 1, collect_rooms, rooms));
	OK(s, member_rooms(s, text("/"), text("b"), 0, collect_rooms, rooms));
	assert_string_equal(rooms, "b=1 a=2 ");
	assert_int_equal(OK(s, socket_of_room(s, text("/"), text("a"), 1, collect_sids, sids)), 1);
	assert_int_equal(OK(s, socket_of_room(s, text("/"), (struct log_text){ 0 }, 1, collect_sids, sids)), 1);
	assert_of_room(s, "/", "a", "s1:0 s2:0 ");
	OK(s, member_leave(s, text("/"), text("a"), text("s1"), 8));
	FAILS(s, POLLUX_NOT_FOUND, member_leave(s, text("/"), text("a"), text("s1"), 8));
	FAILS(s, POLLUX_NOT_FOUND, member_leave(s, text("/x"), text("b"), text("s1"), 8));
	assert_of_room(s, "/", "a", "s2:0 ");
	OK(s, member_join(s, text("/"), text("a"), text("s1"), 8));
	assert_members(s, "s1", "a(5,8] a(8,0] b(6,0] ");
	OK(s, member_leave(s, text("/"), text("a"), text("s1"), 8)); /* nothing was sent in between: as if never there */
	assert_members(s, "s1", "a(5,8] b(6,0] ");
	OK(s, member_join(s, text("/"), text("a"), text("s1"), 8));
	OK(s, socket_leave(s, text("s1"), 8, 1));
	assert_members(s, "s1", "a(5,8] a(8,8] b(6,8] "); /* the empty one stays for recovery */
	OK(s, member_join(s, text("/"), text("a"), text("s1"), 8));
	assert_members(s, "s1", "a(5,8] a(8,0] b(6,8] ");
}

static void assert_value(struct store *s, const char *key, const char *expected)
{
	char *value;
	size_t len;

	OK(s, kv_get(s, text(key), &value, &len));
	assert_string_equal(value, expected);
	assert_int_equal(len, strlen(expected));
	free(value);
}

static void test_kv(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	char *value;
	size_t len;

	FAILS(s, POLLUX_NOT_FOUND, kv_get(s, text("k"), &value, &len));
	OK(s, kv_set(s, text("k"), text("\"v\""), 0));
	assert_value(s, "k", "\"v\"");
	OK(s, kv_set(s, text("k"), text(""), clock_wall_ms() + 60000));
	assert_value(s, "k", "");
	clock_shift_ms(60001);
	FAILS(s, POLLUX_NOT_FOUND, kv_get(s, text("k"), &value, &len));
	clock_shift_ms(-60001);
	OK(s, kv_delete(s, text("k")));
	FAILS(s, POLLUX_NOT_FOUND, kv_delete(s, text("k")));
	FAILS(s, POLLUX_NOT_FOUND, kv_get(s, text("k"), &value, &len));
}

static int add_key(void *ctx, struct log_text key, struct log_text value)
{
	char *to = ctx;
	size_t len = strlen(to);

	snprintf(to + len, 200 - len, "%.*s=%.*s ", (int)key.len, key.at, (int)value.len, value.at);
	return 0;
}

static void assert_list(struct store *s, const char *prefix, const char *after, int limit, const char *expected)
{
	char all[200] = "";

	OK(s, kv_list(s, text(prefix), text(after), limit, add_key, all));
	assert_string_equal(all, expected);
}

static void test_kv_list(void **state)
{
	static const char *const keys[] = { "a", "a/1", "a/2", "a/\xc3\xa9", "b" };
	struct store *s = ((struct db *)*state)->s;

	for (size_t i = 0; i < COUNT(keys); i++)
		OK(s, kv_set(s, text(keys[i]), text("1"), 0));
	OK(s, kv_set(s, text("a/old"), text("1"), clock_wall_ms() - 1));
	assert_list(s, "a/", NULL, 10, "a/1=1 a/2=1 a/\xc3\xa9=1 ");
	assert_list(s, "a/", "a/1", 1, "a/2=1 ");
	assert_list(s, "a/", "A", 1, "a/1=1 ");
	assert_list(s, NULL, NULL, 10, "a=1 a/1=1 a/2=1 a/\xc3\xa9=1 b=1 ");
	assert_list(s, "a/", "b", 10, "");
	assert_list(s, "c", NULL, 10, "");
}

static void test_kv_conditions(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	int64_t soon = clock_wall_ms() + 60000;

	OK(s, kv_insert(s, text("k"), text("1"), 0));
	FAILS(s, POLLUX_EXISTS, kv_insert(s, text("k"), text("2"), 0));
	assert_value(s, "k", "1");
	OK(s, kv_expire(s, text("k"), soon));
	FAILS(s, POLLUX_NOT_FOUND, kv_expire(s, text("none"), soon));
	clock_shift_ms(60001);
	FAILS(s, POLLUX_NOT_FOUND, kv_expire(s, text("k"), 0));
	FAILS(s, POLLUX_NOT_FOUND, kv_delete(s, text("k")));
	OK(s, kv_set(s, text("k"), text("3"), 0));
	OK(s, kv_delete(s, text("k")));
	OK(s, kv_set(s, text("k"), text("3"), soon));
	OK(s, kv_insert(s, text("k"), text("4"), 0));
	assert_value(s, "k", "4");
	clock_shift_ms(-60001);
}

static void test_kv_counters(void **state)
{
	static const char *const no_counters[] = { "\"1\"", "1.0", "1e3", "", " 1", "1 ", "+1", "null", "9223372036854775808" };
	struct store *s = ((struct db *)*state)->s;
	int64_t now;

	OK(s, kv_add(s, text("n"), 5, &now));
	assert_int_equal(now, 5);
	OK(s, kv_add(s, text("n"), -7, &now));
	assert_int_equal(now, -2);
	assert_value(s, "n", "-2");
	for (size_t i = 0; i < COUNT(no_counters); i++) {
		OK(s, kv_set(s, text("x"), text(no_counters[i]), 0));
		FAILS(s, POLLUX_PROTOCOL, kv_add(s, text("x"), 1, &now));
		assert_value(s, "x", no_counters[i]);
	}
	OK(s, kv_set(s, text("x"), text("9223372036854775807"), 0));
	FAILS(s, POLLUX_PROTOCOL, kv_add(s, text("x"), 1, &now));
	OK(s, kv_set(s, text("e"), text("4"), clock_wall_ms() - 1));
	OK(s, kv_add(s, text("e"), 1, &now)); /* expired: as if absent */
	assert_int_equal(now, 1);
}

static int collect_names(void *ctx, const char *name)
{
	char *out = ctx;

	snprintf(out + strlen(out), 100 - strlen(out), "%s ", name);
	return 0;
}

static void test_namespaces(void **state)
{
	struct store *s = ((struct db *)*state)->s;
	char out[100] = "", key[8];
	const int64_t hour = 3600000;

	OK(s, namespaces_with_sockets(s, collect_names, out));
	assert_string_equal(out, "");
	new_socket(s, "s1", "/b", 1);
	new_socket(s, "s2", "/a", 2);
	new_socket(s, "s3", "/b", 3);
	new_socket(s, "s4", "/c", 4);
	OK(s, socket_leave(s, text("s4"), 8, 1));
	OK(s, namespaces_with_sockets(s, collect_names, out));
	assert_string_equal(out, "/a /b ");
	FAILS(s, POLLUX_NOT_FOUND, namespace_parent(s, "/a", key, sizeof(key)));
	OK(s, namespace_set_parent(s, "/a", "one", hour));
	OK(s, namespace_set_parent(s, "/c", "one", hour));
	OK(s, namespace_set_parent(s, "/c", "two", hour + 1));
	OK(s, namespace_set_parent(s, "/d", "too long", hour));
	OK(s, namespace_parent(s, "/c", key, sizeof(key)));
	assert_string_equal(key, "two");
	FAILS(s, POLLUX_NOT_FOUND, namespace_parent(s, "/d", key, sizeof(key)));
	/* it is used still: the hour is noted, not the minute */
	OK(s, namespace_set_parent(s, "/d", "one", 2 * hour));
	OK(s, namespace_set_parent(s, "/d", "one", 2 * hour + 1));
	OK(s, namespace_trim(s, 2 * hour + 1));
	OK(s, namespace_parent(s, "/a", key, sizeof(key)));   /* it has a socket */
	FAILS(s, POLLUX_NOT_FOUND, namespace_parent(s, "/c", key, sizeof(key)));
	FAILS(s, POLLUX_NOT_FOUND, namespace_parent(s, "/d", key, sizeof(key)));
	OK(s, namespace_set_parent(s, "/a", NULL, hour));
	FAILS(s, POLLUX_NOT_FOUND, namespace_parent(s, "/a", key, sizeof(key)));
	OK(s, namespace_set_parent(s, "/a", "one", hour));
	OK(s, namespace_set_parent(s, "/a", "one", 2 * hour + 1));
	OK(s, socket_leave(s, text("s2"), 8, 1));
	OK(s, namespace_trim(s, 2 * hour));
	OK(s, namespace_parent(s, "/a", key, sizeof(key)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_client_round_trip, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_client_absent, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_park_and_answer, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_long_cache_buster, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_client_lists, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_partial, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_sockets, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_members, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_namespaces, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_kv, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_kv_conditions, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_kv_list, setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_kv_counters, setup, db_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
