/* See the header. */
#include "config.h"
#include "tests/unit/fake_application.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "core/event.h"
#include "tests/unit/core_fixture.h"

static char argument_text[8][2048];

/* The nth argument behind the event's name, decoded; "" when there is none. A number is its text. */
static const char *argument(const struct incoming *in, int n)
{
	struct json_slice value;
	size_t cursor = 0, len;
	char *out = argument_text[n];

	out[0] = '\0';
	for (int i = 0; i <= n + 1; i++)
		if (!json_array_next(in->payload, &cursor, &value))
			return out;
	if (json_kind(value) == JSON_STRING) {
		len = json_string_decode(value, out, sizeof(argument_text[n]) - 1);
	} else {
		len = value.len;
		memcpy(out, value.at, len);
	}
	out[len] = '\0';
	return out;
}

static struct text text_at(const char *s)
{
	return (struct text){ s, strlen(s) };
}

static int emit(struct event *ev, struct emission e, const char *words)
{
	struct emitted out;
	struct buf args;
	int error;

	buf_init(&args, 1 << 22);
	buf_addf(&args, "[\"said\",\"%s\"]", words);
	e.nsp = event_nsp(ev);
	e.args = (struct text){ args.data, args.len };
	error = event_emit(ev, &e, &out);
	buf_deinit(&args);
	return error;
}

static int emit_big(struct event *ev, int bytes, int times)
{
	char *words = malloc((size_t)bytes + 1);
	struct text own = text_at(event_socket(ev)->sid);
	int error = 0;

	memset(words, 'x', (size_t)bytes);
	words[bytes] = '\0';
	for (int i = 0; i < times && !error; i++)
		error = emit(ev, (struct emission){ .rooms = &own, .rooms_count = 1, .direct = true }, words);
	free(words);
	return error;
}

static int answer(struct event *ev, const struct incoming *in)
{
	struct ack ack = { .id = in->ack_id };

	if (in->ack_id < 0)
		return 0;
	snprintf(ack.nsp, sizeof(ack.nsp), "%s", event_socket(ev)->nsp);
	snprintf(ack.sid, sizeof(ack.sid), "%s", event_socket(ev)->sid);
	return event_ack(ev, &ack, text_at("[\"done\"]"), NULL, 0);
}

/* A message goes to everybody in room r as it came. */
static int relay(struct event *ev, const struct incoming *in)
{
	struct text room = text_at("r");
	struct emission e = { .nsp = "/", .rooms = &room, .rooms_count = 1, .args = { in->payload.at, in->payload.len },
		.attachments = in->attachments, .attachments_count = in->attachments_count };
	struct emitted out;

	return event_emit(ev, &e, &out);
}

static int set_timer(struct event *ev, const char *name, int64_t after_ms)
{
	int64_t id;
	int error = event_after(ev, event_nsp(ev), text_at(name), text_at("[1]"), after_ms, &id);

	if (!error)
		assert_true(id > 0);
	return error;
}

static int do_as_told(struct event *ev, const struct incoming *in, const char *name)
{
	const struct socket_view *me = event_socket(ev);
	const char *a = argument(in, 0), *b = argument(in, 1);
	struct text rooms[2] = { text_at(a), text_at(b) };

	if (strcmp(name, "join") == 0)
		return event_join(ev, me->nsp, me->sid, rooms[0], NULL);
	if (strcmp(name, "leave") == 0)
		return event_leave(ev, me->nsp, me->sid, rooms[0], NULL);
	if (strcmp(name, "say") == 0)
		return emit(ev, (struct emission){ .rooms = rooms, .rooms_count = 1 }, b);
	if (strcmp(name, "all") == 0)
		return emit(ev, (struct emission){ 0 }, a);
	if (strcmp(name, "volatile") == 0)
		return emit(ev, (struct emission){ .is_volatile = true }, a);
	if (strcmp(name, "both") == 0)
		return emit(ev, (struct emission){ .rooms = rooms, .rooms_count = 2 }, argument(in, 2));
	if (strcmp(name, "except") == 0)
		return emit(ev, (struct emission){ .rooms = rooms, .rooms_count = 1, .except = &rooms[1], .except_count = 1 },
			    argument(in, 2));
	if (strcmp(name, "all except") == 0)
		return emit(ev, (struct emission){ .except = rooms, .except_count = 1 }, b);
	if (strcmp(name, "direct") == 0)
		return emit(ev, (struct emission){ .rooms = rooms, .rooms_count = 1, .direct = true }, b);
	if (strcmp(name, "ask") == 0)
		return emit(ev, (struct emission){ .rooms = rooms, .rooms_count = 1, .direct = true, .wants_ack = true,
						   .ack_context = text_at("one"), .ack_timeout_ms = strtol(argument(in, 2), NULL, 10) }, b);
	if (strcmp(name, "ask room") == 0)
		return emit(ev, (struct emission){ .rooms = rooms, .rooms_count = *a != '\0', .wants_ack = true, .ack_context = text_at("all"),
						   .ack_timeout_ms = *argument(in, 2) ? strtol(argument(in, 2), NULL, 10) : 60000 }, b);
	if (strcmp(name, "after") == 0)
		return set_timer(ev, a, strtol(b, NULL, 10));
	if (strcmp(name, "cancel") == 0)
		return event_cancel(ev, strtol(a, NULL, 10));
	if (strcmp(name, "server side") == 0)
		return event_server_side(ev, me->nsp, (struct text){ in->payload.at, in->payload.len }, in->attachments, in->attachments_count);
	if (strcmp(name, "once") == 0)
		return emit(ev, (struct emission){ .key = rooms[0] }, b);
	if (strcmp(name, "big") == 0)
		return emit_big(ev, (int)strtol(a, NULL, 10), *b ? (int)strtol(b, NULL, 10) : 1);
	if (strcmp(name, "kick") == 0)
		return event_disconnect(ev, me->nsp, a, b[0] != '\0');
	if (strcmp(name, "bye") == 0)
		return event_disconnect(ev, me->nsp, me->sid, a[0] != '\0');
	if (strcmp(name, "message") == 0)
		return relay(ev, in);
	if (strcmp(name, "hook") == 0)
		return site->hook(ev, in);
	return 0;
}

static int on_packet(void *ctx, struct event *ev, const struct incoming *in)
{
	struct json_slice value;
	size_t cursor = 0;
	char name[64] = "";
	int error;

	(void)ctx;
	site->events++;
	json_array_next(in->payload, &cursor, &value);
	if (json_kind(value) == JSON_STRING)
		name[json_string_decode(value, name, sizeof(name) - 1)] = '\0';
	error = do_as_told(ev, in, strncmp(name, "fail ", 5) == 0 ? name + 5 : name);
	if (!error && in->attachments_count && strcmp(name, "message") != 0 && strcmp(name, "server side") != 0)
		error = emit(ev, (struct emission){ 0 }, "binary");
	if (!error)
		error = answer(ev, in);
	return error || strncmp(name, "fail ", 5) != 0 ? error : POLLUX_REFUSED;
}

static int namespace_exists(void *ctx, struct event *ev, const char *nsp, struct text auth)
{
	(void)ctx, (void)ev, (void)auth;
	return strcmp(nsp, "/") == 0 || strcmp(nsp, "/a") == 0 ? 0 : POLLUX_NOT_FOUND;
}

static int on_disconnect(void *ctx, struct event *ev, const char *reason)
{
	size_t len = strlen(site->said);

	(void)ctx;
	snprintf(site->said + len, sizeof(site->said) - len, "%s\n", reason);
	return site->leaving ? site->leaving(ev) : 0;
}

static int on_ack(void *ctx, struct event *ev, struct text context, const struct incoming *in)
{
	size_t len = strlen(site->said);
	int result = site->ack_result, error = emit(ev, (struct emission){ 0 }, "acknowledged");

	(void)ctx;
	snprintf(site->said + len, sizeof(site->said) - len, "ack %.*s %.*s %d\n", (int)context.len, context.at, (int)in->payload.len,
		 in->payload.at, in->attachments_count);
	if (result == POLLUX_BUSY)
		site->ack_result = 0;
	return error ? error : result;
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	size_t len = strlen(site->said);
	va_list args;

	va_start(args, format);
	vsnprintf(site->said + len, sizeof(site->said) - len, format, args);
	va_end(args);
}

/* What it emits shows whether the event stands. */
static int result_of(struct event *ev, const char *words)
{
	int result = site->ack_result, error = emit(ev, (struct emission){ 0 }, words);

	if (result == POLLUX_BUSY)
		site->ack_result = 0;
	return error ? error : result;
}

static int on_unanswered(void *ctx, struct event *ev, const char *sid, struct text context)
{
	(void)ctx;
	note("unanswered %.*s %s%s\n", (int)context.len, context.at, event_nsp(ev), event_socket(ev) ? "" : " gone");
	assert_true(!event_socket(ev) || strcmp(event_socket(ev)->sid, sid) == 0);
	return result_of(ev, "unanswered");
}

static int on_answers(void *ctx, struct event *ev, struct text context, const struct answer *answers, size_t count)
{
	(void)ctx;
	assert_null(event_socket(ev));
	note("answers %.*s %s", (int)context.len, context.at, event_nsp(ev));
	for (size_t i = 0; i < count; i++)
		note(" %.*s", answers[i].args.at ? (int)answers[i].args.len : 1, answers[i].args.at ? answers[i].args.at : "-");
	note("\n");
	return result_of(ev, "answers");
}

static int on_timer(void *ctx, struct event *ev, struct text name, struct text context)
{
	(void)ctx;
	note("timer %.*s %.*s %s\n", (int)name.len, name.at, (int)context.len, context.at, event_nsp(ev));
	if (site->alarm)
		assert_int_equal(site->alarm(ev), 0);
	return result_of(ev, "timer");
}

static int on_repeat(void *ctx, struct event *ev, struct text name)
{
	(void)ctx;
	note("repeat %.*s %s\n", (int)name.len, name.at, event_nsp(ev));
	return result_of(ev, "repeat");
}

static int on_server_side(void *ctx, struct event *ev, const struct incoming *in)
{
	(void)ctx;
	note("server side %.*s %d %s\n", (int)in->payload.len, in->payload.at, in->attachments_count, event_nsp(ev));
	return result_of(ev, "server side");
}

const struct handler fake_application = {
	.namespace_exists = namespace_exists, .packet = on_packet, .ack = on_ack, .disconnect = on_disconnect,
	.unanswered = on_unanswered, .answers = on_answers, .timer = on_timer, .repeat = on_repeat, .server_side = on_server_side,
};
