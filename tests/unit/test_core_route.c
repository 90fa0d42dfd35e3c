/* The cache of clients and the routing: whom a row reaches, what a copy knows, what waits for a client. */
#include "config.h"
#include "tests/unit/row_fixture.h"

#include <stdio.h>
#include <string.h>
#include "core/client.h"
#include "core/exchange.h"
#include "core/route.h"
#include "db/sockets.h"
#include "tests/unit/db_fixture.h"

static struct text as_text(const char *s)
{
	return (struct text){ s, strlen(s) };
}

struct cache {
	struct db *db;
	struct clients all;
	struct exchange x;
	struct client_row rows[4];
	struct client *clients[4];
};

static void cache_socket(struct cache *c, int n, const char *nsp, const char *sid, int64_t joined)
{
	struct socket_row row = { .sid = text(sid), .nsp = text(nsp), .client = c->rows[n].id, .joined = joined };

	OK(c->db->s, socket_insert(c->db->s, &row));
	OK(c->db->s, client_touch(c->db->s, c->rows[n].id));
}

/* The cached copy as the store has it now, with a poll that waits. */
static struct client *cache_get(struct cache *c, int n)
{
	int error;

	OK(c->db->s, client_load_id(c->db->s, c->rows[n].id, &c->rows[n]));
	c->clients[n] = client_get(&c->all, c->db->s, &c->rows[n], &error);
	assert_int_equal(error, 0);
	c->clients[n]->x = &c->x;
	c->clients[n]->cursor = c->rows[n].cursor;
	return c->clients[n];
}

/* Client n has the socket "n"; all are in "/" since 10; an event gave the store its rows. */
static void cache_init(struct cache *c, struct db *db)
{
	char sid[2] = "0";

	memset(c, 0, sizeof(*c));
	c->db = db;
	OK(db->s, store_begin(db->s, "test"));
	for (int i = 0; i < 4; i++) {
		sid[0] = (char)('0' + i);
		c->rows[i].protocol = 4;
		memcpy(c->rows[i].sid, sid, 2);
		OK(db->s, client_insert(db->s, &c->rows[i], "{}", 2));
		cache_socket(c, i, "/", sid, 10);
		cache_get(c, i);
	}
}

static void cache_deinit(struct cache *c)
{
	clients_deinit(&c->all);
	assert_null(c->all.by_sid);
	assert_null(c->all.by_key);
	store_rollback(c->db->s);
}

static void join(struct cache *c, int n, const char *room, int64_t since, int64_t until)
{
	char sid[2] = { (char)('0' + n), '\0' };

	OK(c->db->s, member_join(c->db->s, text("/"), text(room), text(sid), since));
	if (until)
		OK(c->db->s, member_leave(c->db->s, text("/"), text(room), text(sid), until));
	OK(c->db->s, client_touch(c->db->s, c->rows[n].id));
	cache_get(c, n);
}

static void ignore(void *ctx, struct client *c)
{
	(void)ctx, (void)c;
}

/* Routes a row; whom it reached, "013". What one client is asked for agrees. */
static const char *reached(struct cache *c, enum log_kind kind, int64_t seq, const char *nsp, const char *room, const char *targets)
{
	static char who[5];
	struct row *row = row_of(kind, seq, nsp, room, targets, "[1]");
	int n = 0;

	assert_int_equal(route_row(&c->all, row, ignore, NULL), 0);
	for (int i = 0; i < 4; i++) {
		struct client *one = c->clients[i];

		if (one->pending_count > 1)
			fail_msg("%d got it %u times", i, one->pending_count);
		if (one->pending_count)
			who[n++] = (char)('0' + i);
		if (one->x && one->cursor < seq)
			assert_int_equal(route_reaches(one, row), one->pending_count);
		client_drop_pending(one, INT64_MIN);
	}
	who[n] = '\0';
	row_unref(row);
	return who;
}

static void test_routes(void **state)
{
	struct cache c;

	cache_init(&c, *state);
	join(&c, 0, "r", 20, 30);
	join(&c, 1, "r", 25, 0);
	join(&c, 1, "s", 20, 0);
	join(&c, 2, "", 20, 0);
	/* the namespace, and who was not there yet */
	assert_string_equal(reached(&c, LOG_EVENT, 10, "/", NULL, NULL), "");
	assert_string_equal(reached(&c, LOG_EVENT, 11, "/", NULL, NULL), "0123");
	assert_string_equal(reached(&c, LOG_EVENT, 11, "/a", NULL, NULL), "");
	/* a room: since < seq <= until */
	assert_string_equal(reached(&c, LOG_EVENT, 20, "/", "r", NULL), "");
	assert_string_equal(reached(&c, LOG_EVENT, 21, "/", "r", NULL), "0");
	assert_string_equal(reached(&c, LOG_EVENT, 25, "/", "r", NULL), "0");
	assert_string_equal(reached(&c, LOG_EVENT, 30, "/", "r", NULL), "01");
	assert_string_equal(reached(&c, LOG_EVENT, 31, "/", "r", NULL), "1");
	assert_string_equal(reached(&c, LOG_EVENT, 31, "/a", "r", NULL), "");
	assert_string_equal(reached(&c, LOG_EVENT, 31, "/", "", NULL), "2");
	assert_string_equal(reached(&c, LOG_EVENT, 31, "/", "nobody", NULL), "");
	/* several rooms, exceptions: of when it was sent as well */
	assert_string_equal(reached(&c, LOG_EVENT, 30, "/", NULL, "[[\"r\",\"s\",\"\"],[]]"), "012");
	assert_string_equal(reached(&c, LOG_EVENT, 30, "/", "r", "[[],[\"s\"]]"), "0");
	assert_string_equal(reached(&c, LOG_EVENT, 30, "/", NULL, "[[],[\"r\"]]"), "23");
	assert_string_equal(reached(&c, LOG_EVENT, 31, "/", NULL, "[[],[\"r\"]]"), "023");
	assert_string_equal(reached(&c, LOG_EVENT, 31, "/", NULL, "[[\"r\",\"s\"],[\"\\u0073\"]]"), "");
	/* a socket's id is a room of its own */
	assert_string_equal(reached(&c, LOG_DIRECT, 11, "/", "3", NULL), "3");
	assert_string_equal(reached(&c, LOG_DIRECT, 11, "/a", "3", NULL), "");
	assert_string_equal(reached(&c, LOG_EVENT, 31, "/", NULL, "[[\"3\",\"r\"],[]]"), "13");
	assert_string_equal(reached(&c, LOG_EVENT, 31, "/", NULL, "[[],[\"3\",\"0\"]]"), "12");
	assert_string_equal(reached(&c, LOG_VOLATILE, 31, "/", "r", NULL), "1");
	assert_string_equal(reached(&c, LOG_CONTROL, 31, "/", NULL, NULL), "");
	/* only polls that wait, only above their cursor */
	c.clients[1]->cursor = 31;
	c.clients[2]->x = NULL;
	assert_string_equal(reached(&c, LOG_EVENT, 31, "/", NULL, NULL), "03");
	assert_string_equal(reached(&c, LOG_EVENT, 32, "/", NULL, NULL), "013");
	cache_deinit(&c);
}

static void test_replies(void **state)
{
	struct cache c;
	struct log_row from = { .kind = LOG_REPLY, .seq = 20, .nsp = text(""), .packet = text("0") };
	struct row *row;

	cache_init(&c, *state);
	from.client = c.rows[2].id;
	row = row_new(&from, true, NULL);
	assert_int_equal(route_row(&c.all, row, ignore, NULL), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(c.clients[i]->pending_count, i == 2);
		assert_int_equal(route_reaches(c.clients[i], row), i == 2);
	}
	row_unref(row);
	cache_deinit(&c);
}

static void test_cache(void **state)
{
	struct cache c;
	struct client *one;

	cache_init(&c, *state);
	cache_socket(&c, 0, "/a", "second", 12);
	one = c.clients[0];
	assert_null(one->sockets->next);   /* a copy: as old as its version */
	assert_ptr_equal(cache_get(&c, 0), one);
	assert_non_null(one->sockets->next);
	assert_non_null(socket_find(&c.all, as_text("/a"), as_text("second")));
	assert_null(socket_find(&c.all, as_text("/"), as_text("second")));
	/* one that has left still gets what was sent before */
	OK(c.db->s, socket_leave(c.db->s, text("second"), 20, 1));
	OK(c.db->s, client_touch(c.db->s, c.rows[0].id));
	cache_get(&c, 0);
	assert_string_equal(reached(&c, LOG_EVENT, 20, "/a", NULL, NULL), "0");
	assert_string_equal(reached(&c, LOG_EVENT, 21, "/a", NULL, NULL), "");
	/* and is forgotten once its client is past that, and no answer can be repeated */
	c.rows[0].cursor = 25;
	c.rows[0].answered_from = 19;
	OK(c.db->s, client_save(c.db->s, &c.rows[0]));
	OK(c.db->s, client_touch(c.db->s, c.rows[0].id));
	cache_get(&c, 0);
	assert_non_null(room_find(&c.all, as_text("/a"), (struct text){ 0 }));
	c.rows[0].answered_from = 20;
	OK(c.db->s, client_save(c.db->s, &c.rows[0]));
	OK(c.db->s, client_touch(c.db->s, c.rows[0].id));
	cache_get(&c, 0);
	assert_null(room_find(&c.all, as_text("/a"), (struct text){ 0 }));
	assert_null(one->sockets->next);
	client_forget(&c.all, one);
	assert_null(client_find(&c.all, c.rows[0].id));
	assert_null(socket_find(&c.all, as_text("/"), as_text("0")));
	cache_deinit(&c);
}

/* A socket comes back to another client while the copy of the one before, whose poll is not here, is old; many more make the index grow. */
static void test_moved_socket(void **state)
{
	struct cache c;
	struct socket_row row = { .sid = text("0"), .auth = text("{}"), .left = 20 };
	char sid[16];

	cache_init(&c, *state);
	c.clients[0]->x = NULL;
	OK(c.db->s, socket_leave(c.db->s, row.sid, 20, 1));
	OK(c.db->s, socket_come_back(c.db->s, &row, c.rows[1].id));
	OK(c.db->s, client_touch(c.db->s, c.rows[1].id));
	cache_get(&c, 1);
	for (int i = 0; i < 2000; i++) {
		snprintf(sid, sizeof(sid), "more %d", i);
		cache_socket(&c, 2, "/", sid, 12);
	}
	cache_get(&c, 2);
	assert_ptr_equal(socket_find(&c.all, as_text("/"), as_text("0"))->client, c.clients[1]);
	assert_int_equal(c.clients[0]->version, -1);
	assert_null(c.clients[0]->sockets);
	assert_non_null(c.clients[1]->sockets->next);
	cache_deinit(&c);
}

static void test_pending(void **state)
{
	struct client c = { 0 };
	struct row *rows[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		rows[i] = row_of(LOG_EVENT, 10 + i, "/", NULL, NULL, "[1]");
		assert_int_equal(client_push(&c, rows[i]), 0);
		assert_int_equal(client_push(&c, rows[i]), 0);   /* a client's second socket */
	}
	assert_int_equal(c.pending_count, 10);
	client_drop_pending(&c, 14);
	assert_int_equal(c.pending_count, 5);
	assert_int_equal(c.pending[4]->seq, 14);
	client_drop_pending(&c, INT64_MIN);
	assert_null(c.pending);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(rows[i]->refs, 1);
		row_unref(rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_routes, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_replies, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_cache, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_moved_socket, db_setup, db_teardown),
		cmocka_unit_test(test_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
