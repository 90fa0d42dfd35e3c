/* What the files of the Lua host share. Not for other folders: app/host.h is the door. Loop thread only. */
#ifndef POLLUX_APP_STATE_H
#define POLLUX_APP_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <lua.h>
#include <uthash.h>
#include "app/limits.h"
#include "base/buf.h"
#include "core/event.h"
#include "core/handler.h"
#include "core/settings.h"

/* Lists of handlers of a namespace: references into Lua's registry, to arrays of functions. */
enum handlers {
	ON_CONNECTION, ON_DISCONNECTING, ON_DISCONNECT, MIDDLEWARE,
	PACKET_MIDDLEWARE, ON_ANY, ON_ANY_OUTGOING,
	ON_CREATE_ROOM, ON_JOIN_ROOM, ON_LEAVE_ROOM, ON_DELETE_ROOM,
	LISTS
};

/* Handlers that something else names: references to tables, name → function. (SERVER_SIDE: → array of functions, as events.) */
enum named { ON_ACK, ON_ACK_TIMEOUT, ON_ACKS, ON_TIMER, EVERY, SERVER_SIDE, NAMED };

enum namespace_kind {
	NAMESPACE_NAMED,         /* by the file */
	NAMESPACE_PATTERN,       /* all whose names match */
	NAMESPACE_FUNCTION,      /* all whom a function accepts */
	NAMESPACE_CHILD,         /* one of those: its handlers are its parent's. Lives for an event, or longer */
};

struct namespace {
	struct namespace *next;
	UT_hash_handle hh;       /* of children, by name */
	enum namespace_kind kind;
	const struct namespace *parent;
	int accepts;             /* reference to the function */
	int events;          /* reference to a table: event name → array of functions */
	int named[NAMED];
	int lists[LISTS];
	bool has[LISTS];     /* which of them are not empty */
	char name[];         /* of a pattern: without ^ and with $; of a function: its key in the store */
};

/* A scalar argument of the event: emitted again, it is sent as it came ("\/", 1e2). */
struct scalar {
	int type;                        /* LUA_TSTRING or LUA_TNUMBER */
	bool is_integer;
	union {
		const char *string;      /* Lua's; the argument stays on the stack for the event */
		lua_Integer integer;
		lua_Number number;
	} value;
	size_t len;
	struct json_slice text;
};
#define SCALARS 8

struct lint;

struct host {
	struct limits limits;            /* first: see limits_of */
	lua_State *L;
	struct namespace *namespaces;    /* in the order of the file */
	struct namespace *children;      /* those that events needed lately */
	bool has_parents, has_function_parents;
	int lookup_error;                /* why host_namespace could not tell; 0: there is none */
	int allow_request, initial_headers;   /* references to functions; 0: none */
	/* Only while the file loads. */
	struct settings *settings;
	const char *file;
	int folder;                      /* where it lies */
	struct lint *lint;               /* NULL: nobody wants to know */
	struct buf *complaint;           /* gets what the log would; NULL: it is for the log */
	struct repeated *repeated;       /* what io.every said; names are owned, namespaces ours */
	size_t repeated_count;
	/* Of the running event. */
	struct event *ev;                /* NULL between events and while the file loads */
	struct namespace *nsp;           /* of the event's socket, or NULL */
	bool apart;                      /* the event's own socket is not connected yet (middleware), or no more (disconnect) */
	bool telling;                    /* an io.on_any_outgoing handler runs */
	uint64_t serial;                 /* tells this event's sockets from those that a script kept */
	struct scalar scalars[SCALARS];
	int scalars_count;
	struct buf out;                  /* what is being encoded */
	struct buf rows;                 /* what core lists, until it is Lua's */
};

static inline struct host *host_of(lua_State *L)
{
	return (struct host *)limits_of(L);
}

/* The event that runs; raises when there is none. what: "io.emit". */
struct event *host_event(lua_State *L, const char *what);
/* Looks at what a function of core/event.h returned: 0 goes on; an error that ends the transaction ends the event; NOT_FOUND, EXISTS,
 * and GONE are returned; others raise. */
int host_check(lua_State *L, int error, const char *what);
/* The namespace of that name, good until the event ends; in an event all are found that clients may be in. NULL: there is none, or
 * lookup_error. */
struct namespace *host_namespace(struct host *h, const char *name, size_t len);

#endif
