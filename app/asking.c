/* What core keeps is ["name",context]. */
#include "config.h"
#include "app/asking.h"

#include <lauxlib.h>

#include "app/dispatch.h"
#include "app/encode.h"
#include "app/lazy.h"
#include "app/lists.h"
#include "app/register.h"
#include "app/socket.h"
#include "app/values.h"
#include "base/say.h"

#define BYTES_AN_INSTRUCTION 4

struct call {
	struct text context;
	const struct incoming *in;
	const char *sid;
	const struct answer *answers;
	size_t count;
};

/* --- registering and asking --- */

/* on_ack(name, answered, timed_out): one a name, since emit_with_ack names the one it means */
static int asking_on_ack(lua_State *L)
{
	const struct namespace *nsp = lua_touserdata(L, lua_upvalueindex(1));

	register_check_loading(L, "io.on_ack");
	register_check_name(L, "io.on_ack");
	register_check_handler(L, 2, "io.on_ack");
	lua_settop(L, 3);
	register_named(L, nsp, ON_ACK, 2, "io.on_ack");
	if (lua_isnil(L, 3))
		return 0;
	register_check_handler(L, 3, "io.on_ack");
	register_named(L, nsp, ON_ACK_TIMEOUT, 3, "io.on_ack");
	return 0;
}

/* on_acks(name, function) */
static int asking_on_acks(lua_State *L)
{
	register_check_loading(L, "io.on_acks");
	register_check_name(L, "io.on_acks");
	register_check_handler(L, 2, "io.on_acks");
	lua_settop(L, 2);
	register_named(L, lua_touserdata(L, lua_upvalueindex(1)), ON_ACKS, 2, "io.on_acks");
	return 0;
}

void asking_functions(lua_State *L, struct namespace *nsp)
{
	static const luaL_Reg functions[] = {{"on_ack", asking_on_ack}, {"on_acks", asking_on_acks}, {NULL, NULL}};

	lua_pushlightuserdata(L, nsp);
	luaL_setfuncs(L, functions, 1);
}

static bool has(lua_State *L, const struct namespace *nsp, enum named kind, int name)
{
	bool there;

	lua_pushvalue(L, name);
	register_push_named(L, nsp, kind);
	there = !lua_isnil(L, -1);
	lua_pop(L, 1);
	return there;
}

static void check_handler(lua_State *L, const struct namespace *nsp, bool direct, int64_t timeout_ms)
{
	const char *registers = direct ? "io.on_ack" : "io.on_acks";

	if (lua_type(L, 2) != LUA_TSTRING)
		luaL_error(L, "emit_with_ack: first the name of an %s handler, then its context, then the event", registers);
	if (!direct && !timeout_ms)
		luaL_error(L, "emit_with_ack: many are waited for only so long: timeout(milliseconds):emit_with_ack(…)");
	if (!has(L, nsp, direct ? ON_ACK : ON_ACKS, 2))
		luaL_error(L, "emit_with_ack: there is no %s handler '%s' in %s", registers, lua_tostring(L, 2), nsp->name);
	if (direct && timeout_ms && !has(L, nsp, ON_ACK_TIMEOUT, 2))
		luaL_error(L, "emit_with_ack: the io.on_ack handler '%s' has no function for timeouts", lua_tostring(L, 2));
	luaL_checkany(L, 4);
}

struct text asking_context(lua_State *L, const struct namespace *nsp, bool direct, int64_t timeout_ms)
{
	struct buf *out = &host_of(L)->rows;
	struct encoder e;

	host_event(L, "emit_with_ack");
	check_handler(L, nsp, direct, timeout_ms);
	buf_clear(out);
	encode_init(&e, out, 0);
	buf_add_char(out, '[');
	if (encode_value(L, &e, 2, 1))
		luaL_error(L, "emit_with_ack: name: %s", e.error);
	buf_add_char(out, ',');
	if (encode_value(L, &e, 3, 1))
		luaL_error(L, "emit_with_ack: context%s: %s", e.path, e.error);
	buf_add_char(out, ']');
	return (struct text){out->data, out->len};
}

/* --- running --- */

/* null comes as nil. */
static void push_value(lua_State *L, struct json_slice value)
{
	if (json_kind(value) == JSON_NULL)
		lua_pushnil(L);
	else
		lazy_push(L, value, 0, 1);
}

/* Pushes the handler that the context names; false: the file has none of that name, any more. *context: what the script kept. */
static bool push_handler(lua_State *L, const struct call *call, enum named kind, struct json_slice *context)
{
	struct json_slice kept = {call->context.at, call->context.len}, name;
	size_t cursor = 0;

	*context = (struct json_slice){"null", 4};
	if (json_array_next(kept, &cursor, &name))
		push_value(L, name);
	else
		lua_pushliteral(L, "");
	json_array_next(kept, &cursor, context);
	register_push_named(L, host_of(L)->nsp, kind);
	if (!lua_isnil(L, -1))
		return true;
	say(SAY_WARN, "app", call->sid, "an acknowledgement for a handler that is no more");
	return false;
}

/* Stack: attachments or nothing, handler, socket, context, arguments… */
static int run_ack(lua_State *L)
{
	struct call *call = lua_touserdata(L, 1);
	int attachments = dispatch_push_attachments(L, call->in), function = lua_gettop(L) + 1;
	struct json_slice context;

	if (!push_handler(L, call, ON_ACK, &context))
		return 0;
	socket_push_own(L, event_socket(host_of(L)->ev));
	push_value(L, context);
	dispatch_push_arguments(L, call->in, 0, attachments);
	lua_call(L, lua_gettop(L) - function, 0);
	socket_store_data(L);
	return 0;
}

static int run_unanswered(lua_State *L)
{
	const struct call *call = lua_touserdata(L, 1);
	const struct socket_view *view = event_socket(host_of(L)->ev);
	struct json_slice context;

	if (!push_handler(L, call, ON_ACK_TIMEOUT, &context))
		return 0;
	if (view)
		socket_push_own(L, view);
	else
		socket_push_gone(L, call->sid);
	push_value(L, context);
	lua_call(L, 2, 0);
	socket_store_data(L);
	return 0;
}

/* { id =, args = } */
static void push_answer(lua_State *L, const struct answer *a)
{
	int attachments = lists_push_attachments(L, a->attachments.at, a->attachments.len), top = lua_gettop(L);

	lua_createtable(L, 0, 2);
	lua_pushstring(L, a->sid);
	lua_setfield(L, -2, "id");
	lazy_push(L, (struct json_slice){a->args.at, a->args.len}, attachments, 1);
	lua_setfield(L, -2, "args");
	if (attachments)
		lua_remove(L, top);
	limits_charge(L, 100 + (int64_t)(a->args.len + a->attachments.len) / BYTES_AN_INSTRUCTION);
}

static void push_array(lua_State *L)
{
	lua_newtable(L);
	values_mark_array(L);
}

/* Stack: …, handler, context, answers, missing */
static int run_answers(lua_State *L)
{
	const struct call *call = lua_touserdata(L, 1);
	struct json_slice context;
	lua_Integer answered = 0, missing = 0;

	if (!push_handler(L, call, ON_ACKS, &context))
		return 0;
	push_value(L, context);
	push_array(L);
	push_array(L);
	for (size_t i = 0; i < call->count; i++) {
		if (call->answers[i].args.at) {
			push_answer(L, &call->answers[i]);
			lua_rawseti(L, -3, ++answered);
		} else {
			lua_pushstring(L, call->answers[i].sid);
			lua_rawseti(L, -2, ++missing);
		}
	}
	lua_call(L, 3, 0);
	socket_store_data(L);
	return 0;
}

int asking_ack(void *ctx, struct event *ev, struct text context, const struct incoming *in)
{
	struct call call = {.context = context, .in = in, .sid = event_socket(ev)->sid};

	return dispatch_run(ctx, ev, run_ack, &call, "acknowledgement");
}

int asking_unanswered(void *ctx, struct event *ev, const char *sid, struct text context)
{
	struct call call = {.context = context, .sid = sid};

	return dispatch_run(ctx, ev, run_unanswered, &call, "acknowledgement's timeout");
}

int asking_answers(void *ctx, struct event *ev, struct text context, const struct answer *answers, size_t count)
{
	struct call call = {.context = context, .answers = answers, .count = count};

	return dispatch_run(ctx, ev, run_answers, &call, "acknowledgements");
}
