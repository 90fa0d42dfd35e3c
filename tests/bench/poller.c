/* The client's state machine. Anything it does not expect is a failure: the servers under test are to be right before they are fast. */
#include "config.h"

#include "tests/bench/poller.h"

#include <stdio.h>
#include <string.h>
#include "tests/bench/event.h"
#include "tests/bench/run.h"

static void poller_fail(struct poller *p, const char *why)
{
	p->all->events.failed(p->all->events.ctx, p, why);
}

static void request(struct poller *p, struct conn *c, const char *method, const char *body, size_t len)
{
	char query[160];
	struct wire_request r = { method, p->all->path, query, body, len };

	if (p->state == POLLER_OPENING)
		(void)snprintf(query, sizeof(query), "EIO=4&transport=polling&t=%x.%x", p->index, p->turn++);
	else
		(void)snprintf(query, sizeof(query), "EIO=4&transport=polling&t=%x.%x&sid=%s", p->index, p->turn++, p->sid);
	conn_request(&p->all->net, c, &r);
}

static void poll(struct poller *p)
{
	request(p, &p->get, "GET", NULL, 0);
}

void poller_open(struct poller *p)
{
	p->state = POLLER_OPENING;
	poll(p);
}

bool poller_can_post(const struct poller *p)
{
	return p->state == POLLER_CONNECTED && !p->post.busy;
}

void poller_post(struct poller *p, const char *body, size_t len)
{
	request(p, &p->post, "POST", body, len);
}

/* The open packet: keep its sid, then ask for the default namespace on the same connection (no GET is out yet). */
static void opened(struct poller *p, const struct wire_reply *r)
{
	static const char key[] = "\"sid\":\"";
	const char *sid = memmem(r->body, r->body_len, key, sizeof(key) - 1);
	const char *end = sid ? memchr(sid + sizeof(key) - 1, '"', (size_t)(r->body + r->body_len - sid) - (sizeof(key) - 1)) : NULL;
	const char *connect = p->member ? "40{\"join\":\"room\"}" : "40";

	if (r->body_len == 0 || r->body[0] != '0' || !end || (size_t)(end - sid) - (sizeof(key) - 1) >= sizeof(p->sid)) {
		poller_fail(p, "no open packet");
		return;
	}
	sid += sizeof(key) - 1;
	memcpy(p->sid, sid, (size_t)(end - sid));
	p->sid[end - sid] = '\0';
	p->state = POLLER_CONNECTING;
	request(p, &p->get, "POST", connect, strlen(connect));
}

static void pong(struct poller *p)
{
	p->all->pings++;
	p->owes_pong = p->post.busy;
	if (!p->owes_pong)
		poller_post(p, "3", 1);
}

static void event(struct poller *p, const char *at, const char *end, uint64_t now)
{
	unsigned sender, number;

	if (event_read(at, end, &sender, &number))
		p->all->events.said(p->all->events.ctx, p, sender, number, now);
	else
		poller_fail(p, "an event that is not ours");
}

static void message(struct poller *p, const char *at, const char *end, uint64_t now)
{
	unsigned id;

	if (at < end && *at == '2') {
		event(p, at + 1, end, now);
	} else if (at < end && *at == '0' && p->state == POLLER_JOINING) {
		p->state = POLLER_CONNECTED;
		p->all->events.connected(p->all->events.ctx, p);
	} else if (at++ < end && at[-1] == '3' && event_number(&at, end, &id)) {
		p->all->events.acked(p->all->events.ctx, p, id, now);
	} else {
		poller_fail(p, "unexpected packet");
	}
}

static void packet(struct poller *p, const char *at, const char *end, uint64_t now)
{
	if (end - at >= 2 && *at == '4')
		message(p, at + 1, end, now);
	else if (end - at == 1 && *at == '2')
		pong(p);
	else if (end - at != 1 || *at != '6')
		poller_fail(p, end - at == 1 && *at == '1' ? "closed by the server" : "unexpected packet");
}

/* The next GET goes out before the packets are looked at: whatever they lead to, a poll is out. */
static void polled(struct poller *p, const struct wire_reply *r)
{
	const char *at = r->body, *end = r->body + r->body_len;
	uint64_t now = now_us();

	p->all->events.polled(p->all->events.ctx, now);
	poll(p);
	while (at <= end) {
		const char *stop = memchr(at, '\x1e', (size_t)(end - at));

		packet(p, at, stop ? stop : end, now);
		at = (stop ? stop : end) + 1;
	}
}

static void posted(struct poller *p)
{
	if (p->owes_pong)
		pong(p);
	else if (!p->keeps_post)
		conn_close(&p->post);
	p->all->events.posted(p->all->events.ctx, p);
}

static void replied(void *ctx, struct conn *c, const struct wire_reply *r)
{
	struct poller *p = c->owner;
	char why[160];

	(void)ctx;
	if (r->status != 200) {
		(void)snprintf(why, sizeof(why), "status %d: %.*s", r->status, r->body_len < 80 ? (int)r->body_len : 80, r->body);
		poller_fail(p, why);
	} else if (c == &p->post) {
		posted(p);
	} else if (p->state == POLLER_OPENING) {
		opened(p, r);
	} else if (p->state == POLLER_CONNECTING) {
		p->state = POLLER_JOINING;
		poll(p);
	} else {
		polled(p, r);
	}
}

static void failed(void *ctx, struct conn *c, const char *why)
{
	(void)ctx;
	poller_fail(c->owner, why);
}

void pollers_init(struct pollers *all, const char *path)
{
	all->path = path;
	all->net.replied = replied;
	all->net.failed = failed;
	all->net.ctx = all;
}

void poller_init(struct poller *p, struct pollers *all, unsigned index)
{
	*p = (struct poller){ .all = all, .index = index };
	conn_init(&p->get, p);
	conn_init(&p->post, p);
}

void poller_deinit(struct poller *p)
{
	conn_deinit(&p->get);
	conn_deinit(&p->post);
}
