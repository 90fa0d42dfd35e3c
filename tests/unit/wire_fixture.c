/* See the header. */
#include "config.h"
#include "tests/unit/wire_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define WIRES_MAX 64

/* Which request became which wire. */
static struct { struct fake *f; struct wire *w; } opened_wires[WIRES_MAX];
static int wires;
static bool failing;

int wire_site_setup(void **state)
{
	if (site_setup(state) != 0)
		return -1;
	wires_on(false);
	wires_fail(false);
	site_serve(0);
	site->kind = "ws";
	site_serve(1);
	return 0;
}

const char *wire_event(const char *name, const char *a, const char *b)
{
	static char out[4][4096];
	static int at;

	at = (at + 1) % 4;
	snprintf(out[at], sizeof(out[at]), "42[\"%s\",\"%s\",\"%s\"]", name, a, b);
	return out[at];
}

bool wire_said_only(const void *words)
{
	return strcmp(site->said, words) == 0;
}

/* Server frames: no mask, final, lengths in their shortest form; a ping is noted as such. Returns the frame's length. */
static size_t take_frame(struct wire *w, const unsigned char *at, size_t len)
{
	size_t n = at[1], head = 2;

	assert_true(len >= 2 && (at[0] == 0x81 || at[0] == 0x82 || at[0] == 0x89) && n < 128);
	if (n == 126) {
		n = (size_t)at[2] << 8 | at[3];
		head = 4;
		assert_true(n > 125);
	} else if (n == 127) {
		n = 0;
		for (int i = 2; i < 10; i++)
			n = n << 8 | at[i];
		head = 10;
		assert_true(n > 65535);
	}
	assert_true(head + n <= len);
	if (w->got.len)
		buf_add_char(&w->got, '\x1e');
	if (at[0] != 0x81)
		buf_add_str(&w->got, at[0] == 0x82 ? "B:" : "ping");
	buf_add(&w->got, at + head, n);
	return head + n;
}

static int fake_send(struct channel *ch, const struct channel_piece *pieces, size_t count)
{
	struct wire *w = (struct wire *)ch;

	assert_false(w->gone);
	if (w->slow)
		return POLLUX_TOO_BIG;
	w->calls++;
	w->pieces += (int)count;
	for (size_t i = 0; i < count; i++)
		for (size_t at = 0; at < pieces[i].len;)
			at += take_frame(w, (const unsigned char *)pieces[i].at + at, pieces[i].len - at);
	return 0;
}

static void fake_close(struct channel *ch, int code, const char *reason)
{
	struct wire *w = (struct wire *)ch;

	assert_false(w->gone);
	assert_true(strlen(reason) <= 123);
	w->gone = true;
	w->closed_with = code;
}

static void fake_hold(struct channel *ch, bool hold)
{
	struct wire *w = (struct wire *)ch;

	assert_false(w->gone || w->held == hold);
	w->held = hold;
}

static bool fake_is_idle(const struct channel *ch)
{
	return !((const struct wire *)ch)->busy;
}

static const struct channel_ops wire_ops = { fake_send, fake_close, fake_hold, fake_is_idle };

static void wire_upgrade(struct fake *f, exchange_opened *opened, void *ctx)
{
	struct wire *w = calloc(1, sizeof(*w));

	w->ch.ops = &wire_ops;
	w->closed_with = -1;
	buf_init(&w->got, 1 << 28);
	assert_in_range(wires, 0, WIRES_MAX - 1);
	opened_wires[wires].f = f;
	opened_wires[wires++].w = w;
	if (failing)
		w->gone = true;
	opened(ctx, failing ? NULL : &w->ch);
}

void wires_on(bool on)
{
	site->upgrade = on ? wire_upgrade : NULL;
}

void wires_fail(bool fail)
{
	failing = fail;
}

struct wire *wire_of(struct fake *f)
{
	int status = site_status(f);

	if (status != 101)
		fail_msg("no WebSocket: %d %s", status, f->body);
	for (int i = 0; i < wires; i++)
		if (opened_wires[i].f == f) {
			opened_wires[i].f = NULL;
			return opened_wires[i].w;
		}
	fail_msg("a wire is missing");
	return NULL;
}

void wire_free(struct wire *w)
{
	for (int i = 0; i < wires; i++)
		if (opened_wires[i].w == w)
			opened_wires[i] = opened_wires[--wires];
	buf_deinit(&w->got);
	free(w);
}

static bool has_some(const void *ctx)
{
	return ((const struct wire *)ctx)->got.len > 0;
}

struct wire *wire_join(struct guest *g, int n)
{
	struct wire *w;
	char *connect;

	memset(g, 0, sizeof(*g));
	wires_on(true);
	w = wire_of(site_ask(n, "GET", "EIO=4&transport=websocket", NULL, 0));
	wires_on(false);
	assert_true(site_until(has_some, w));
	assert_int_equal(sscanf(w->got.data, "0{\"sid\":\"%31[^\"]\",\"upgrades\":[],", g->sid), 1);
	buf_clear(&w->got);
	wire_say(w, "40");
	assert_true(site_until(has_some, w));
	connect = w->got.data;
	assert_int_equal(sscanf(connect, "40{\"sid\":\"%31[^\"]", g->socket), 1);
	buf_clear(&w->got);
	return w;
}

struct wire *wire_upgrading(const struct guest *g, int n)
{
	char query[128];
	struct wire *w;

	snprintf(query, sizeof(query), "EIO=4&transport=websocket&sid=%s", g->sid);
	wires_on(true);
	w = wire_of(site_ask(n, "GET", query, NULL, 0));
	wires_on(false);
	return w;
}

struct fake *wire_ask_plain(const char *path, int n)
{
	struct fake *f;

	wires_on(true);
	f = site_ask_at(n, path, "GET", "", NULL, 0);
	site_status(f);
	wires_on(false);
	return f;
}

void wire_say(struct wire *w, const char *text)
{
	w->ch.message(&w->ch, text, strlen(text), false);
}

void wire_say_binary(struct wire *w, const char *data, size_t len)
{
	w->ch.message(&w->ch, data, len, true);
}

void wire_hang_up(struct wire *w)
{
	assert_false(w->gone);
	w->gone = true;
	w->ch.closed(&w->ch, 1006);
}

struct expectation {
	const struct wire *w;
	const char *text;
};

static bool has_all(const void *ctx)
{
	const struct expectation *e = ctx;

	return e->w->got.len >= strlen(e->text) && (e->w->got.len || !*e->text);
}

void wire_expect(struct wire *w, const char *messages, int line)
{
	struct expectation e = { w, messages };
	bool in_time = site_until(has_all, &e);

	if (!in_time || strcmp(w->got.data, messages) != 0)
		fail_msg("line %d: expected \"%.500s\", got \"%.500s\"", line, messages, w->got.data ? w->got.data : "");
	buf_clear(&w->got);
}

static bool is_closed(const void *ctx)
{
	return ((const struct wire *)ctx)->closed_with >= 0;
}

int wire_close_code(struct wire *w)
{
	if (!site_until(is_closed, w))
		fail_msg("it was not closed; it got \"%.300s\"", w->got.data ? w->got.data : "");
	return w->closed_with;
}
