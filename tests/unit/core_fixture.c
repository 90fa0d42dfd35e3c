/* See the header. */
#include "config.h"
#include "tests/unit/core_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/buf.h"
#include "tests/unit/fake_application.h"

#define WAIT_S 10

struct site *site;

struct exchange_fake {
	struct exchange x;
	struct fake *fake;
	char *method, *path, *query, *body;
};

/* --- the site --- */

int site_setup(void **state)
{
	struct db *db;

	if (db_setup_folder((void **)&db) != 0 || !(site = calloc(1, sizeof(*site))))
		return -1;
	site->db = *db;
	free(db);
	site->loop = ev_loop_new(0);
	site->handler = fake_application;
	*state = site;
	return site->loop ? settings_init(&site->settings) : -1;
}

static void fake_free(struct fake *f)
{
	if (f->open) {
		free(f->open->method), free(f->open->path), free(f->open->query), free(f->open->body);
		free(f->open);
	}
	free(f->headers);
	free(f->body);
	free(f);
}

void site_stop(int n)
{
	server_free(site->servers[n]);
	site->servers[n] = NULL;
}

int site_teardown(void **state)
{
	struct db *db = malloc(sizeof(*db));
	struct fake *f;

	for (int i = 0; i < 2; i++)
		site_stop(i);
	while ((f = site->fakes)) {
		site->fakes = f->next;
		fake_free(f);
	}
	ev_loop_destroy(site->loop);
	settings_deinit(&site->settings);
	*db = site->db;
	free(site);
	*state = db;
	return db_teardown(state);
}

void site_serve(int n)
{
	struct server_options options = {
		.loop = site->loop, .db_path = site->db.path, .settings = &site->settings, .handler = &site->handler, .kind = site->kind ? site->kind : "fcgi",
		.cgi = site->cgi,
	};

	assert_int_equal(server_new(&site->servers[n], &options), 0);
	site->servers[n]->hold_max_us = 60000000;   /* on a slow machine, too, a short POST is one tick */
}

int site_setup_two(void **state)
{
	if (site_setup(state) != 0)
		return -1;
	site_serve(0);
	site_serve(1);
	return 0;
}

/* --- time --- */

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)w, (void)revents;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool spin(double seconds, bool (*holds)(const void *ctx), const void *ctx)
{
	double until = now_s() + seconds;
	ev_timer timer;
	bool held;

	ev_timer_init(&timer, on_time, 0.002, 0.01);
	ev_timer_start(site->loop, &timer);
	while (!(held = holds(ctx)) && now_s() < until)
		ev_run(site->loop, EVRUN_ONCE);
	ev_timer_stop(site->loop, &timer);
	return held;
}

static bool never(const void *ctx)
{
	(void)ctx;
	return false;
}

void site_spin(int ms)
{
	spin(ms / 1000.0, never, NULL);
}

bool site_until(bool (*holds)(const void *ctx), const void *ctx)
{
	return spin(WAIT_S, holds, ctx);
}

/* --- exchanges --- */

static const char *fake_header(const struct exchange *x, const char *name)
{
	(void)x;
	for (int i = 0; site->headers[i]; i += 2)
		if (strcmp(site->headers[i], name) == 0)
			return site->headers[i + 1];
	return NULL;
}

static bool fake_header_at(const struct exchange *x, size_t index, const char **name, const char **value)
{
	(void)x;
	if (index >= COUNT(site->headers) / 2 || !site->headers[2 * index])
		return false;
	*name = site->headers[2 * index];
	*value = site->headers[2 * index + 1];
	return true;
}

static void drop_text(struct exchange_fake *e)
{
	free(e->method), free(e->path), free(e->query), free(e->body);
	e->method = e->path = e->query = e->body = NULL;
}

static void fake_park(struct exchange *x)
{
	struct exchange_fake *e = (struct exchange_fake *)x;

	assert_false(e->fake->parked);
	e->fake->parked = true;
	drop_text(e);
}

static void fake_respond(struct exchange *x, int status, const char *headers, const struct iovec *body, int pieces)
{
	struct exchange_fake *e = (struct exchange_fake *)x;
	struct fake *f = e->fake;
	struct buf all;

	buf_init(&all, 1 << 28);
	for (int i = 0; i < pieces; i++)
		buf_add(&all, body[i].iov_base, body[i].iov_len);
	f->body_len = all.len;
	f->body = buf_steal(&all);
	f->headers = strdup(headers);
	f->status = status;
	f->open = NULL;
	drop_text(e);
	free(e);
}

static void fake_upgrade(struct exchange *x, const char *headers, size_t max_message, exchange_opened *opened, void *ctx)
{
	struct fake *f = ((struct exchange_fake *)x)->fake;

	assert_true(max_message > 0);
	fake_respond(x, 101, headers, NULL, 0);
	site->upgrade(f, opened, ctx);
}

static const struct exchange_ops fake_ops = {
	.header = fake_header, .header_at = fake_header_at, .respond = fake_respond, .park = fake_park, .upgrade = fake_upgrade,
};

static char *copy(const char *text, size_t len)
{
	char *made = malloc(len + 1);

	assert_non_null(made);
	if (len)
		memcpy(made, text, len);
	made[len] = '\0';
	return made;
}

struct fake *site_ask(int n, const char *method, const char *query, const char *body, size_t len)
{
	return site_ask_at(n, site->settings.path, method, query, body, len);
}

struct fake *site_ask_at(int n, const char *path, const char *method, const char *query, const char *body, size_t len)
{
	struct fake *f = calloc(1, sizeof(*f));
	struct exchange_fake *e = calloc(1, sizeof(*e));

	e->fake = f;
	e->method = copy(method, strlen(method));
	e->path = copy(path, strlen(path));
	e->query = copy(query, strlen(query));
	e->body = copy(body, len);
	e->x = (struct exchange){
		.ops = &fake_ops, .method = e->method, .path = e->path, .path_info = "", .query = e->query, .peer = "203.0.113.7",
		.body = e->body, .body_len = len, .websocket = site->upgrade != NULL,
	};
	f->open = e;
	f->next = site->fakes;
	site->fakes = f;
	server_submit(site->servers[n], &e->x);
	return f;
}

void site_hang_up(struct fake *f)
{
	assert_true(f->parked && f->open);
	f->open->x.aborted(&f->open->x);
}

static bool is_answered(const void *ctx)
{
	return ((const struct fake *)ctx)->status != 0;
}

static bool is_parked(const void *ctx)
{
	return ((const struct fake *)ctx)->parked;
}

int site_status(struct fake *f)
{
	if (!site_until(is_answered, f))
		fail_msg("no answer");
	return f->status;
}

void site_await_parked(struct fake *f)
{
	if (!site_until(is_parked, f) || f->status)
		fail_msg("not parked: %d %s", f->status, f->body ? f->body : "");
}

void site_answers(struct fake *f, int code, const char *text, int line)
{
	int status = site_status(f);

	if (status != code || (text && strcmp(text, f->body) != 0))
		fail_msg("line %d: expected %d \"%s\", got %d \"%.500s\"", line, code, text ? text : "…", status, f->body);
}

const char *event_packet(const char *name, const char *a, const char *b)
{
	static char out[4][4096];
	static int at;

	at = (at + 1) % 4;
	snprintf(out[at], sizeof(out[at]), "42[\"%s\",\"%s\",\"%s\"]", name, a, b);
	return out[at];
}

bool site_said(const void *words)
{
	return strstr(site->said, words) != NULL;
}

/* --- guests --- */

void guest_open(struct guest *g, int n)
{
	struct fake *f = site_ask(n, "GET", "EIO=4&transport=polling", NULL, 0);

	memset(g, 0, sizeof(*g));
	answers(f, 200, NULL);
	assert_int_equal(sscanf(f->body, "0{\"sid\":\"%31[^\"]", g->sid), 1);
}

static struct fake *guest_ask(struct guest *g, int n, const char *method, const char *body, size_t len)
{
	char query[128];

	snprintf(query, sizeof(query), "EIO=4&transport=polling&t=x%d&sid=%s", g->t, g->sid);
	return site_ask(n, method, query, body, len);
}

struct fake *guest_get(struct guest *g, int n)
{
	g->t++;
	return guest_ask(g, n, "GET", NULL, 0);
}

struct fake *guest_get_again(struct guest *g, int n)
{
	return guest_ask(g, n, "GET", NULL, 0);
}

struct fake *guest_post(struct guest *g, int n, const char *body)
{
	return guest_ask(g, n, "POST", body, strlen(body));
}

void guest_say(struct guest *g, int n, const char *body)
{
	answers(guest_post(g, n, body), 200, "ok");
}

void guest_join(struct guest *g, int n)
{
	struct fake *f;

	guest_open(g, n);
	guest_say(g, n, "40");
	f = guest_get(g, n);
	answers(f, 200, NULL);
	assert_int_equal(sscanf(f->body, "40{\"sid\":\"%31[^\"]", g->socket), 1);
}

/* Appends the packets that are no noop. */
static void add_packets(struct buf *all, const char *body)
{
	while (*body) {
		size_t len = strcspn(body, "\x1e");

		if (!(len == 1 && *body == '6')) {
			if (all->len)
				buf_add_char(all, '\x1e');
			buf_add(all, body, len);
		}
		body += len + (body[len] != '\0');
	}
}

void guest_receives(struct guest *g, int n, const char *packets, int line)
{
	struct buf all;

	buf_init(&all, 1 << 28);
	while (all.len < strlen(packets)) {
		struct fake *f = guest_get(g, n);

		if (site_status(f) != 200)
			fail_msg("line %d: %d %s after \"%.300s\"", line, f->status, f->body, all.data ? all.data : "");
		add_packets(&all, f->body);
	}
	if (strcmp(all.data, packets) != 0)
		fail_msg("line %d: expected \"%.500s\", got \"%.500s\"", line, packets, all.data);
	buf_deinit(&all);
}
