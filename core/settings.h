/*
 * What the operator and the application may set, under Socket.IO's names. The
 * application's loader fills it before the server starts; constant afterwards.
 */
#ifndef POLLUX_SETTINGS_H
#define POLLUX_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cors_mode {
	CORS_OFF,       /* no CORS headers at all */
	CORS_ANY,       /* origin = "*" */
	CORS_REFLECT,   /* origin = true: whatever the request says */
	CORS_LIST,      /* one or several exact origins */
};

struct cors {
	enum cors_mode mode;
	bool credentials;
	char **origins;        /* CORS_LIST: n of them, owned by settings */
	size_t origins_count;
	char *methods;         /* of a preflight's answer, with commas; NULL: those of the reference. Owned, as the following */
	char *allowed_headers; /* NULL: what is asked for */
	char *exposed_headers; /* NULL: none */
	int64_t max_age_s;     /* of a preflight's answer; -1: not said */
};

enum { TRANSPORT_POLLING = 1, TRANSPORT_WEBSOCKET = 2 };

/* Engine.IO's threshold; and zlib's fastest level, since it is the loop that compresses. */
#define COMPRESS_THRESHOLD 1024
#define COMPRESS_LEVEL 1

struct buf;
struct network;

struct settings {
	char *path;                     /* "/socket.io/", always with both slashes; owned */
	char *rooms_path;               /* "/rooms/": plain WebSockets, the room's name behind it; with both slashes, or "/" alone; owned */
	int64_t ping_interval_ms;       /* 25000 */
	int64_t ping_timeout_ms;        /* 20000 */
	int64_t connect_timeout_ms;     /* 45000 */
	int64_t upgrade_timeout_ms;     /* 10000 */
	int64_t max_http_buffer_size;   /* 1000000 bytes: the largest body, and the largest packet */
	struct cors cors;
	bool serve_client;              /* true */
	unsigned transports;            /* of TRANSPORT_…: both */
	bool allow_upgrades;            /* true */
	char *cookie_name;              /* NULL: Set-Cookie: NAME=<sid>ATTRIBUTES at the handshake; owned, and the attributes ("; Path=/…", NULL: none) */
	char *cookie_attributes;
	char *headers;                  /* lines that every answer of ours has; NULL: none; owned */
	char *initial_headers;          /* likewise a handshake's */
	int64_t compress_threshold;     /* bytes of a body that is compressed for who accepts it: 1024; -1: none */
	int compress_level;             /* 1 to 9: 1 */
	int64_t hold_ms;                /* longest hold of a poll; 0: the ping interval */
	int64_t held_polls;             /* admission: polls parked over all processes; 0: no limit */
	int64_t history_max_age_ms;     /* 0: for ever */
	int64_t history_max_rows;       /* a room; 0: no limit. 10000 */
	bool recovery;                  /* connection_state_recovery: false */
	bool recovery_skip_middlewares; /* true: a socket that is recovered is not asked again */
	int64_t recovery_window_ms;     /* 120000: how long a socket that has left may come back, and what it would need is kept */
	int64_t lag_limit_rows;         /* a live client's cursor may lag this far behind before it is closed: 100000 */
	int64_t tick_limit_ms;          /* 2000: the watchdog's patience */
	int max_sockets;                /* namespaces a client may connect to: 100 */
	int max_rooms;                  /* rooms a socket may join: 1000 */
	struct network *trusted_proxies; /* "unix": whose X-Forwarded-For and X-Forwarded-Proto count; owned */
	size_t trusted_count;
	int64_t max_queue_bytes;        /* what a slow WebSocket may leave unread with us; 0: four of the largest messages, at least 1 MB */
	int64_t handshakes_per_minute;  /* from one address, 0: no limit; not applied to loopback and Unix peers. 600 */
	bool sync_full;                 /* PRAGMA synchronous=FULL */
};

/* Fills in the defaults above. 0 or POLLUX_NO_MEMORY. */
int settings_init(struct settings *s);
void settings_deinit(struct settings *s);
/* What a process that serves can change of *s becomes what *next says; next gets what was there. The names of others that differ are appended to
 * *kept, with commas: they stay. */
void settings_replace(struct settings *s, struct settings *next, struct buf *kept);
/* Sets the path, adding missing slashes. 0, POLLUX_PROTOCOL (empty, or has ? # or spaces) or POLLUX_NO_MEMORY. */
int settings_set_path(struct settings *s, const char *path);
/* Likewise; "/" is allowed. */
int settings_set_rooms_path(struct settings *s, const char *path);
/* max_queue_bytes, or what it is when that is 0. */
size_t settings_queue_bytes(const struct settings *s);
/* Adds an origin to cors and makes the mode CORS_LIST. */
int settings_add_origin(struct settings *s, const char *origin);
/* Forgets them; the mode is off. */
void settings_clear_origins(struct settings *s);
/* Adds an address, a range or "unix" (proto/network.h) to trusted_proxies. 0, POLLUX_PROTOCOL or POLLUX_NO_MEMORY. */
int settings_add_trusted(struct settings *s, const char *network);

#endif
