/*
 * One call of core is one protected call of Lua: what the script raises, and what the host itself raises (memory), ends there, is
 * logged once with its traceback, and becomes a negative by which core undoes the event.
 */
#include "config.h"
#include "app/dispatch.h"

#include <stdio.h>
#include <string.h>
#include <lauxlib.h>

#include "app/ack.h"
#include "app/admission.h"
#include "app/arguments.h"
#include "app/asking.h"
#include "app/lazy.h"
#include "app/namespaces.h"
#include "app/rooms.h"
#include "app/server_side.h"
#include "app/socket.h"
#include "app/timers.h"
#include "app/values.h"
#include "base/say.h"

#define LOG_BYTES 1900
#define MESSAGE_BYTES 1000

/* One event, as the C functions under the protected call see it. */
struct call {
	const struct incoming *in;
	const char *reason;
	struct text room;        /* that it has come into */
	struct buf *refusal;
	bool refused;
};

/* The message handler: the message with a traceback, for which a long message leaves room. */
static int add_traceback(lua_State *L)
{
	size_t len;
	const char *message = luaL_tolstring(L, 1, &len);

	if (len > MESSAGE_BYTES)
		message = lua_pushlstring(L, message, MESSAGE_BYTES);
	luaL_traceback(L, L, message, 1);
	return 1;
}

/* Lines of a traceback become one log line. */
static void log_failure(lua_State *L, const char *sid, const char *what)
{
	char text[LOG_BYTES];
	const char *s = lua_tostring(L, -1);
	size_t n = 0;

	if (host_of(L)->complaint) {
		buf_add_str(host_of(L)->complaint, s ? s : "no message");
		return;
	}
	for (s = s ? s : "no message"; *s && n < sizeof(text) - 4; s++) {
		if (*s == '\n') {
			n += (size_t)snprintf(text + n, 4, " | ");
			while (s[1] == '\t' || s[1] == ' ')
				s++;
		} else {
			text[n++] = *s;
		}
	}
	text[n] = '\0';
	say(SAY_ERROR, "app", sid, "%s: %s", what, text);
}

/* An error of the database has been told by whoever it happened to. */
static bool is_told(int error)
{
	return error == POLLUX_DATABASE || error == POLLUX_NO_SPACE || error == POLLUX_BUSY;
}

int dispatch_protected(struct host *h, lua_CFunction f, void *ctx, const char *sid, const char *what)
{
	lua_State *L = h->L;
	int status;

	lua_settop(L, 0);
	lua_pushcfunction(L, add_traceback);
	lua_pushcfunction(L, f);
	lua_pushlightuserdata(L, ctx);
	status = lua_pcall(L, 1, 0, 1);
	if (status == LUA_OK && !h->limits.doomed)
		return 0;
	if (status == LUA_ERRMEM && !h->limits.doomed)
		snprintf(h->limits.why, sizeof(h->limits.why), "needs more than %zu bytes of memory", h->limits.max_event_bytes);
	if (status == LUA_ERRMEM)
		lua_settop(L, 0), lua_pushstring(L, h->limits.why);
	if (!is_told(h->limits.doomed))
		log_failure(L, sid, what);
	lua_settop(L, 0);
	if (h->limits.doomed)
		return h->limits.doomed;
	return status == LUA_ERRMEM ? POLLUX_TOO_BIG : POLLUX_REFUSED;
}

/* Keeps what a large event needed from staying for ever. */
static void shrink(struct buf *b)
{
	if (b->cap > (64 << 10))
		buf_deinit(b);
	else
		buf_clear(b);
}

static struct namespace *nsp_of_event(struct host *h, struct event *ev)
{
	const char *name = event_nsp(ev);
	struct namespace *nsp;

	h->ev = ev;   /* where a child's parent is looked up */
	nsp = name ? host_namespace(h, name, strlen(name)) : NULL;
	h->ev = NULL;
	return nsp;
}

static void begin(struct host *h, struct event *ev)
{
	h->ev = ev;
	h->serial++;
	h->scalars_count = 0;
	h->telling = false;
}

static void finish(struct host *h)
{
	h->ev = NULL;
	h->nsp = NULL;
	socket_forget(h->L);
	limits_end(&h->limits);
	shrink(&h->out);
	shrink(&h->rows);
	namespaces_tidy(h);
}

/* Its namespace is none of the file's, any more, or the store could not say. */
static int refuse(const struct host *h, const char *sid, const char *what)
{
	if (h->lookup_error)
		return h->lookup_error;
	say(SAY_WARN, "app", sid, "%s: the application has no such namespace any more", what);
	return POLLUX_NOT_FOUND;
}

int dispatch_run(struct host *h, struct event *ev, lua_CFunction f, void *ctx, const char *what)
{
	const struct socket_view *view = event_socket(ev);
	int error;

	h->nsp = nsp_of_event(h, ev);
	if (!h->nsp)
		return refuse(h, view ? view->sid : NULL, what);
	begin(h, ev);
	limits_begin(&h->limits, h->L, 1);
	error = dispatch_protected(h, f, ctx, view ? view->sid : NULL, what);
	finish(h);
	return error;
}

int dispatch_unattended(struct host *h, struct event *ev, lua_CFunction f, void *ctx, const char *what)
{
	int error;

	h->nsp = NULL;
	begin(h, ev);
	limits_begin(&h->limits, h->L, 1);
	error = dispatch_protected(h, f, ctx, NULL, what);
	finish(h);
	return error;
}

/* Pushes the function and what it is called with: the socket and the values from index `first` to `last`. How many that is. */
static int push_call(lua_State *L, int list, size_t i, int socket, int first, int last)
{
	luaL_checkstack(L, last - first + 4, "too many arguments");
	lua_rawgeti(L, list, (lua_Integer)i);
	lua_pushvalue(L, socket);
	for (int arg = first; arg <= last; arg++)
		lua_pushvalue(L, arg);
	return last - first + 2;
}

/* Calls each function of the array at index `list`. */
static void call_all(lua_State *L, int list, int socket, int first, int last)
{
	size_t n = lua_rawlen(L, list);

	for (size_t i = 1; i <= n; i++)
		lua_call(L, push_call(L, list, i, socket, first, last), 0);
}

static void call_list(lua_State *L, const struct namespace *nsp, enum handlers which, int socket, int first, int last)
{
	if (!nsp->has[which])
		return;
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp->lists[which]);
	call_all(L, lua_gettop(L), socket, first, last);
	lua_pop(L, 1);
}

static void push_name(lua_State *L, struct json_slice name)
{
	if (json_kind(name) == JSON_STRING && !memchr(name.at, '\\', name.len))
		lua_pushlstring(L, name.at + 1, name.len - 2);
	else if (json_kind(name) == JSON_STRING)
		lazy_push(L, name, 0, 1);
	else
		lua_pushlstring(L, name.at, name.len);
}

/* Pushes the event's name, and the list of its handlers; false: there are none, and nil is pushed. */
static bool push_handlers(lua_State *L, const struct namespace *nsp, struct json_slice name)
{
	push_name(L, name);
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp->events);
	lua_pushvalue(L, -2);
	lua_rawget(L, -2);
	lua_remove(L, -2);
	return lua_istable(L, -1);
}

int dispatch_push_attachments(lua_State *L, const struct incoming *in)
{
	if (in->attachments_count == 0)
		return 0;
	lua_createtable(L, in->attachments_count, 0);
	for (int i = 0; i < in->attachments_count; i++) {
		values_push_binary(L, in->attachments[i].at, in->attachments[i].len);
		lua_rawseti(L, -2, i + 1);
	}
	return lua_gettop(L);
}

void dispatch_push_arguments(lua_State *L, const struct incoming *in, size_t cursor, int attachments)
{
	struct json_slice value;

	while (json_array_next(in->payload, &cursor, &value)) {
		luaL_checkstack(L, 4, "too many arguments");
		if (json_kind(value) == JSON_NULL) {
			lua_pushnil(L);
			continue;
		}
		lazy_push(L, value, attachments, 1);
		arguments_note(L, value);
	}
}

/* What io.use's and io.use_packet's functions returned stands above `base`. Nothing, or something true, is consent, as for allow_request; nil or false is
 * none: then message and data are on the top. */
static bool is_refusal(lua_State *L, int base, const char *what)
{
	if (lua_gettop(L) == base || lua_toboolean(L, base + 1))
		return false;
	lua_settop(L, base + 3);
	if (lua_isnil(L, -2)) {
		lua_pushliteral(L, "Forbidden");
		lua_replace(L, -3);
	}
	if (lua_type(L, -2) != LUA_TSTRING)
		luaL_error(L, "%s: the refusal's message must be a string, not a %s", what, luaL_typename(L, -2));
	return true;
}

/* Whether io.use_packet's functions let the event pass; else { message =, data = } is pushed. */
static bool is_admitted(lua_State *L, const struct namespace *nsp, int socket, int first, int last)
{
	int list;

	if (!nsp->has[PACKET_MIDDLEWARE])
		return true;
	lua_rawgeti(L, LUA_REGISTRYINDEX, nsp->lists[PACKET_MIDDLEWARE]);
	list = lua_gettop(L);
	for (size_t i = 1; i <= lua_rawlen(L, list); i++) {
		lua_call(L, push_call(L, list, i, socket, first, last), LUA_MULTRET);
		if (is_refusal(L, list, "io.use_packet")) {
			lua_createtable(L, 0, 2);
			lua_insert(L, -3);
			lua_setfield(L, -3, "data");
			lua_setfield(L, -2, "message");
			return false;
		}
		lua_settop(L, list);
	}
	lua_settop(L, list - 1);
	return true;
}

/* The refusal, on the top, is an event of its own: io.on("error", …). */
static void call_error(lua_State *L, const struct namespace *nsp, int socket)
{
	static const char name[] = "\"error\"";
	int refusal = lua_gettop(L);

	if (push_handlers(L, nsp, (struct json_slice){name, sizeof(name) - 1}))
		call_all(L, refusal + 2, socket, refusal, refusal);
}

/* Stack: name, list or nil, attachments or nothing, socket, name, arguments…, ack */
static int run_packet(lua_State *L)
{
	struct call *call = lua_touserdata(L, 1);
	struct host *h = host_of(L);
	const struct namespace *nsp = h->nsp;
	const struct socket_view *view = event_socket(h->ev);
	struct json_slice name;
	size_t cursor = 0;
	int attachments, socket, last;
	bool heard;

	if (!json_array_next(call->in->payload, &cursor, &name))
		return 0;
	heard = push_handlers(L, nsp, name);
	if (!heard && !nsp->has[ON_ANY] && !nsp->has[PACKET_MIDDLEWARE])
		return 0;
	attachments = dispatch_push_attachments(L, call->in);
	socket_push_own(L, view);
	socket = lua_gettop(L);
	lua_pushvalue(L, 2);
	dispatch_push_arguments(L, call->in, cursor, attachments);
	if (call->in->ack_id >= 0)
		ack_push(L, view, call->in->ack_id);
	last = lua_gettop(L);
	call_list(L, nsp, ON_ANY, socket, socket + 1, last);
	if (!is_admitted(L, nsp, socket, socket + 1, last))
		call_error(L, nsp, socket);
	else if (heard)
		call_all(L, 3, socket, socket + 2, last);
	socket_store_data(L);
	return 0;
}

static int run_connection(lua_State *L)
{
	struct host *h = host_of(L);

	socket_push_own(L, event_socket(h->ev));
	if (event_socket(h->ev)->recovered)
		rooms_tell_back(L, h->nsp, event_socket(h->ev)->sid);
	call_list(L, h->nsp, ON_CONNECTION, 2, 3, 2);
	socket_store_data(L);
	return 0;
}

static int run_disconnect(lua_State *L)
{
	struct call *call = lua_touserdata(L, 1);
	struct host *h = host_of(L);

	socket_push_own(L, event_socket(h->ev));
	lua_pushstring(L, call->reason);
	call_list(L, h->nsp, ON_DISCONNECTING, 2, 3, 3);
	rooms_tell_left(L, h->nsp, event_socket(h->ev)->sid);
	h->apart = true;
	call_list(L, h->nsp, ON_DISCONNECT, 2, 3, 3);
	socket_store_data(L);
	return 0;
}

static int run_joined(lua_State *L)
{
	struct call *call = lua_touserdata(L, 1);
	struct host *h = host_of(L);

	rooms_tell_joined(L, h->nsp, event_socket(h->ev)->sid, call->room);
	socket_store_data(L);
	return 0;
}

/* Stack: …, nil, message, data */
static void write_refusal(lua_State *L, struct buf *out)
{
	struct encoder e;
	int top = lua_gettop(L);

	encode_init(&e, out, 0);
	buf_add_str(out, "{\"message\":");
	if (encode_value(L, &e, top - 1, 1))
		luaL_error(L, "io.use: message: %s", e.error);
	if (!lua_isnil(L, top)) {
		buf_add_str(out, ",\"data\":");
		if (encode_value(L, &e, top, 1))
			luaL_error(L, "io.use: data%s: %s", e.path, e.error);
	}
	buf_add_char(out, '}');
}

static int run_middleware(lua_State *L)
{
	struct call *call = lua_touserdata(L, 1);
	struct host *h = host_of(L);
	size_t n;

	lua_rawgeti(L, LUA_REGISTRYINDEX, h->nsp->lists[MIDDLEWARE]);
	socket_push_own(L, event_socket(h->ev));
	n = lua_rawlen(L, 2);
	for (size_t i = 1; i <= n; i++) {
		lua_rawgeti(L, 2, (lua_Integer)i);
		lua_pushvalue(L, 3);
		lua_call(L, 1, LUA_MULTRET);
		if (is_refusal(L, 3, "io.use")) {
			write_refusal(L, call->refusal);
			call->refused = true;
			return 0;
		}
		lua_settop(L, 3);
	}
	socket_store_data(L);
	return 0;
}

static int namespace_exists(void *ctx, struct event *ev, const char *nsp, struct text auth)
{
	return namespaces_admit(ctx, ev, nsp, auth);
}

static bool has(const struct namespace *nsp, enum handlers list)
{
	return nsp && nsp->has[list];
}

static int admit(void *ctx, struct event *ev, struct buf *refusal)
{
	struct call call = {.refusal = refusal};
	struct host *h = ctx;
	const struct namespace *nsp = nsp_of_event(h, ev);
	int error;

	if (!nsp)   /* it could not be looked up: nobody is let in unseen */
		return refuse(h, NULL, "middleware");
	if (!has(nsp, MIDDLEWARE))
		return 0;
	h->apart = true;
	error = dispatch_run(h, ev, run_middleware, &call, "middleware");
	h->apart = false;
	if (error) {
		buf_clear(refusal);
		/* REFUSED has a meaning of its own here */
		return error == POLLUX_REFUSED ? POLLUX_PROTOCOL : error;
	}
	return call.refused ? POLLUX_REFUSED : 0;
}

static int connection(void *ctx, struct event *ev)
{
	struct call call = {0};
	struct host *h = ctx;
	const struct namespace *nsp = nsp_of_event(h, ev);

	if (!has(nsp, ON_CONNECTION) && !has(nsp, ON_CREATE_ROOM) && !has(nsp, ON_JOIN_ROOM))
		return h->lookup_error;
	return dispatch_run(ctx, ev, run_connection, &call, "connection");
}

static int packet(void *ctx, struct event *ev, const struct incoming *in)
{
	struct call call = {.in = in};
	struct json_slice name = {"", 0};
	char what[80];
	size_t cursor = 0;

	json_array_next(in->payload, &cursor, &name);
	snprintf(what, sizeof(what), "event %.*s", (int)(name.len < 64 ? name.len : 64), name.at);
	return dispatch_run(ctx, ev, run_packet, &call, what);
}

static int joined(void *ctx, struct event *ev, struct text room)
{
	struct call call = {.room = room};
	struct host *h = ctx;
	struct namespace *nsp = nsp_of_event(h, ev);

	if (!has(nsp, ON_CREATE_ROOM) && !has(nsp, ON_JOIN_ROOM))
		return h->lookup_error;
	return dispatch_run(ctx, ev, run_joined, &call, "join-room");
}

static int disconnect(void *ctx, struct event *ev, const char *reason)
{
	struct call call = {.reason = reason};
	struct host *h = ctx;
	struct namespace *nsp = nsp_of_event(h, ev);
	int error;

	if (!has(nsp, ON_DISCONNECTING) && !has(nsp, ON_DISCONNECT) && !has(nsp, ON_LEAVE_ROOM) && !has(nsp, ON_DELETE_ROOM))
		return h->lookup_error;
	error = dispatch_run(h, ev, run_disconnect, &call, "disconnect");
	h->apart = false;
	return error;
}

void dispatch_fill(struct handler *handler, struct host *h)
{
	*handler = (struct handler){
		.ctx = h,
		.handshake = admission_handshake(h),
		.namespace_exists = namespace_exists,
		.admit = admit,
		.connection = connection,
		.packet = packet,
		.ack = asking_ack,
		.unanswered = asking_unanswered,
		.answers = asking_answers,
		.timer = timers_run,
		.repeat = timers_repeat,
		.repeated = h->repeated,
		.repeated_count = h->repeated_count,
		.server_side = server_side_run,
		.joined = joined,
		.disconnect = disconnect,
	};
}
