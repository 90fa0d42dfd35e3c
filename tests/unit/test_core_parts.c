/* Core's parts one by one: rows and their wire forms, the ring of recent rows, the cache of clients and routing, and the small ones. */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/client.h"
#include "core/compress.h"
#include "core/frames.h"
#include "core/input.h"
#include "core/limits.h"
#include "core/recent.h"
#include "core/route.h"
#include "core/row.h"
#include "core/settings.h"
#include "core/throttle.h"
#include "core/watchdog.h"
#include "db/sockets.h"

/* --- rows --- */

static struct text as_text(const char *s)
{
	return (struct text){ s, strlen(s) };
}

static struct row *row_of(enum log_kind kind, int64_t seq, const char *nsp, const char *room, const char *targets, const char *packet)
{
	struct log_row from = { .kind = kind, .seq = seq, .nsp = text(nsp), .room = text(room), .targets = text(targets),
				.packet = text(packet) };
	struct row *made = row_new(&from, true, NULL);

	assert_non_null(made);
	return made;
}

static void test_wire_forms(void **state)
{
	static const struct {
		enum log_kind kind;
		const char *nsp, *packet;
		const char *packed;
		size_t packed_len;
		const char *wire;
	} rows[] = {
		{ LOG_EVENT, "/", "[\"x\",1]", NULL, 0, "42[\"x\",1]" },
		{ LOG_EVENT, "/admin", "[\"x\"]", NULL, 0, "42/admin,[\"x\"]" },
		{ LOG_DIRECT, "/", "[\"x\"]", NULL, 0, "42[\"x\"]" },
		{ LOG_VOLATILE, "/", "[\"x\"]", NULL, 0, "42[\"x\"]" },
		{ LOG_EVENT, "/", "[\"x\",{}]", LIT("\0\0\0\2ab"), "451-[\"x\",{}]\x1e" "bYWI=" },
		{ LOG_EVENT, "/a", "[\"x\",{}]", LIT("\0\0\0\0\0\0\0\1c"), "452-/a,[\"x\",{}]\x1e" "b\x1e" "bYw==" },
		{ LOG_REPLY, "", "431[\"ok\"]", NULL, 0, "4431[\"ok\"]" },
		{ LOG_REPLY, "", "61-1[{}]", LIT("\0\0\0\2ab"), "461-1[{}]\x1e" "bYWI=" },
		{ LOG_REPLY, "", NULL, LIT("\0\0\0\2ab"), "bYWI=" },
		{ LOG_REPLY, "", "", NULL, 0, "4" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct log_row from = { .kind = rows[i].kind, .seq = 1, .nsp = text(rows[i].nsp), .packet = text(rows[i].packet),
					.attachments = { rows[i].packed, rows[i].packed_len } };
		struct row *r = row_new(&from, true, NULL);
		const struct bytes *wire = row_polling(r);

		assert_int_equal(r->kind, rows[i].kind);
		assert_string_equal(wire->data, rows[i].wire);
		assert_int_equal(wire->len, strlen(rows[i].wire));
		assert_ptr_equal(row_polling(r), wire);   /* once for all */
		row_unref(row_ref(r));
		row_unref(r);
	}
	row_unref(NULL);
}

/* The position is the last argument of what is an event and asks for no acknowledgement; plain WebSockets have none. */
static void test_positions(void **state)
{
	static const struct {
		struct log_row from;
		const char *wire;
	} rows[] = {
		{ { .kind = LOG_EVENT, .packet = { LIT("[\"x\",[1]]") } }, "42[\"x\",[1],\"epoch.7\"]" },
		{ { .kind = LOG_DIRECT, .packet = { LIT("[\"x\"]") } }, "42[\"x\",\"epoch.7\"]" },
		{ { .kind = LOG_VOLATILE, .packet = { LIT("[\"x\"] \n") } }, "42[\"x\",\"epoch.7\"]" },
		{ { .kind = LOG_EVENT, .packet = { LIT("[1,{}]") }, .attachments = { LIT("\0\0\0\2ab") } },
			"451-[1,{},\"epoch.7\"]\x1e" "bYWI=" },
		{ { .kind = LOG_EVENT, .packet = { LIT("[\"x\"]") }, .ack = true }, "427[\"x\"]" },
		{ { .kind = LOG_REPLY, .packet = { LIT("31[1]") } }, "431[1]" },
	};
	struct frames frames = { 0 };
	struct channel_piece piece;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct log_row from = rows[i].from;
		struct row *r;

		from.seq = 7;
		from.nsp = text("/");
		r = row_new(&from, true, "epoch");
		assert_string_equal(row_polling(r)->data, rows[i].wire);
		row_unref(r);
	}
	struct row *r = row_new(&(struct log_row){ .seq = 7, .nsp = text("/"), .packet = text("[\"message\",\"m\"]") }, true, "epoch");
	assert_int_equal(frames_plain(&frames, r, &piece), 0);
	assert_int_equal(piece.len, 3);
	assert_memory_equal(piece.at + 2, "m", 1);
	row_unref(r);
	frames_deinit(&frames);
}

static void test_unsound_rows(void **state)
{
	static const struct log_row rows[] = {
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { NULL, 0 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "{}", 2 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "[", 1 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "[ ]", 3 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "[{}]", 4 } },
		{ .kind = LOG_EVENT, .nsp = { NULL, 0 }, .packet = { "[1]", 3 } },
		{ .kind = LOG_EVENT, .nsp = { "/", 1 }, .packet = { "[1]", 3 }, .targets = { "1", 1 } },
		{ .kind = LOG_SERVER_SIDE, .nsp = { "/", 1 }, .packet = { "{}", 2 } },
		{ .kind = LOG_SERVER_SIDE + 1, .nsp = { "/", 1 }, .packet = { "[1]", 3 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct row *r = row_new(&rows[i], true, NULL);

		assert_int_equal(r->kind, LOG_CONTROL);
		row_unref(r);
	}
}

/* --- the ring --- */

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

/* --- clients and routing --- */

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

/* Thousands of polls get the same answer: it is compressed once. */
static void test_compressed_once(void **state)
{
	struct settings settings = { .compress_threshold = 100, .compress_level = 1 };
	struct compressed last = { 0 };
	struct bytes *one, *other;
	char text[4000] = "";

	(void)state;
	assert_null(compress_again(&last, &settings, text, 99));
	one = compress_again(&last, &settings, text, sizeof(text));
	assert_ptr_equal(compress_again(&last, &settings, text, sizeof(text)), one);
	bytes_unref(one);
	text[3999] = 'x';
	other = compress_again(&last, &settings, text, sizeof(text));
	assert_ptr_not_equal(other, one);
	assert_ptr_equal(compress_again(&last, &settings, text, sizeof(text)), other);
	bytes_unref(other);
	for (size_t i = 0; i < 200; i++)
		text[i] = (char)(i * 89 ^ (i * i >> 3));   /* nothing to be gained */
	assert_null(compress_again(&last, &settings, text, 200));
	assert_non_null(last.plain);
	assert_null(compress_again(&last, &settings, text, 200));
	settings.compress_threshold = -1;
	assert_null(compress_again(&last, &settings, text, sizeof(text)));
	bytes_unref(one);
	bytes_unref(other);
	compressed_deinit(&last);
	assert_null(last.plain);
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

/* --- the small ones --- */

static void test_inputs(void **state)
{
	struct input *in[3];
	struct inputs list;

	(void)state;
	inputs_init(&list);
	assert_null(inputs_take(&list));
	for (int i = 0; i < 3; i++)
		inputs_add(&list, in[i] = input_new(INPUT_POST, NULL));
	assert_int_equal(list.count, 3);
	assert_ptr_equal(inputs_take(&list), in[0]);
	inputs_add(&list, in[0]);
	assert_ptr_equal(inputs_take(&list), in[1]);
	assert_ptr_equal(inputs_take(&list), in[2]);
	assert_ptr_equal(inputs_take(&list), in[0]);
	assert_int_equal(list.count, 0);
	inputs_add(&list, in[1]);
	assert_ptr_equal(inputs_take(&list), in[1]);
	input_answer(in[0], 200, "a/b", "one", 3);
	input_answer(in[0], 400, "a/b", "four", 4);
	assert_int_equal(in[0]->status, 400);
	assert_string_equal(in[0]->body->data, "four");
	input_reset(in[0]);
	assert_int_equal(in[0]->status, 0);
	assert_null(in[0]->body);
	input_answer(in[1], 200, NULL, NULL, 0);
	for (int i = 0; i < 3; i++)
		input_free(in[i]);
	input_free(NULL);
}

static void test_throttle(void **state)
{
	static const char *const local[] = { "", "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1" };
	struct throttle t = { 0 };
	char longest[64];

	(void)state;
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (int i = 0; i < 5; i++) {
		assert_int_equal(throttle_take(&t, "203.0.113.1", 3, 1000000 + i), i < 3);
		assert_true(throttle_take(&t, "203.0.113.2", 0, 1000000));
		assert_true(throttle_take(&t, local[i], 1, 1000000));
		assert_true(throttle_take(&t, local[i], 1, 1000000));
		assert_true(throttle_take(&t, longest, 1, 1000000));
	}
	assert_true(throttle_take(&t, "2001:db8::1", 1, 1000000));
	assert_false(throttle_take(&t, "2001:db8::1", 1, 1059999));
	assert_true(throttle_take(&t, "203.0.113.1", 3, 1060000));
	throttle_deinit(&t);
	assert_null(t.by_address);
}

static void test_settings(void **state)
{
	static const char *const paths[][2] = {
		{ "/socket.io/", "/socket.io/" }, { "socket.io", "/socket.io/" }, { "/a/b", "/a/b/" }, { "//x//", "/x/" },
		{ "", NULL }, { "/", NULL }, { "/a?b", NULL }, { "/a#b", NULL }, { "/a b", NULL },
	};
	struct settings s;

	(void)state;
	assert_int_equal(settings_init(&s), 0);
	assert_string_equal(s.path, "/socket.io/");
	assert_int_equal(s.ping_interval_ms, 25000);
	assert_int_equal(s.ping_timeout_ms, 20000);
	assert_int_equal(s.connect_timeout_ms, 45000);
	assert_int_equal(s.max_http_buffer_size, 1000000);
	assert_int_equal(s.cors.mode, CORS_OFF);
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_int_equal(settings_set_path(&s, "/kept/"), 0);
		assert_int_equal(settings_set_path(&s, paths[i][0]), paths[i][1] ? 0 : POLLUX_PROTOCOL);
		assert_string_equal(s.path, paths[i][1] ? paths[i][1] : "/kept/");
	}
	assert_int_equal(settings_add_origin(&s, "http://a"), 0);
	assert_int_equal(settings_add_origin(&s, "http://b"), 0);
	assert_int_equal(s.cors.mode, CORS_LIST);
	assert_int_equal(s.cors.origins_count, 2);
	assert_string_equal(s.cors.origins[1], "http://b");
	settings_deinit(&s);
	assert_null(s.path);
}

static void sleep_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

static void a_moment(void)
{
	sleep_ms(20);
}

static void wait_for_ever(void)
{
	sleep_ms(60000);
}

static void wait_a_while(void)
{
	sleep_ms(500);
}

static void work_for_ever(void)
{
	for (volatile bool ever = true; ever;)
		;
}

static int64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct watchdog *watching;

/* Many events that are slow, each within its limit. */
static void work_slowly(void)
{
	for (int64_t i = 1, from = cpu_ms(); i <= 12; i++) {
		watchdog_note(watching, "sid", "\"next\"", 6);
		while (cpu_ms() < from + 50 * i)
			continue;
	}
}

/* How a child ends that does this in a tick, with a limit of 200 ms. */
static int bitten(void (*tick)(void))
{
	struct watchdog *w;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (watchdog_start(&w, 200) != 0)
			_exit(1);
		sleep_ms(300);   /* out of a tick there is all the time */
		watching = w;
		watchdog_enter(w);
		watchdog_note(w, "sid", "\"event\"", 7);
		tick();
		watchdog_leave(w);
		watchdog_stop(w);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_watchdog(void **state)
{
	struct watchdog *w;

	(void)state;
	assert_int_equal(watchdog_start(&w, 0), 0);
	assert_null(w);
	watchdog_enter(w);
	watchdog_note(w, "", "", 0);
	watchdog_leave(w);
	watchdog_stop(w);
	assert_int_equal(bitten(a_moment), 0);
	assert_int_equal(bitten(wait_a_while), 0);   /* as on a host that gives us no CPU */
	assert_int_equal(bitten(work_slowly), 0);
	assert_int_equal(bitten(work_for_ever), 70);
	assert_int_equal(bitten(wait_for_ever), 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire_forms),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_unsound_rows),
		cmocka_unit_test(test_recent),
		cmocka_unit_test(test_recent_bytes),
		cmocka_unit_test(test_recent_of_client),
		cmocka_unit_test(test_recent_age),
		cmocka_unit_test_setup_teardown(test_routes, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_replies, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_cache, db_setup, db_teardown),
		cmocka_unit_test_setup_teardown(test_moved_socket, db_setup, db_teardown),
		cmocka_unit_test(test_compressed_once),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_throttle),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
