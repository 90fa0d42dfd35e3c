-- Pollux's store. Every process of a site reads and writes this one database.
-- Times end in _ms: at_ms is the wall clock since 1970, deadlines are CLOCK_MONOTONIC of the boot in meta.

CREATE TABLE meta (
	name  TEXT PRIMARY KEY,  -- epoch: random, in every offset; a backup gets a new one
	                         -- boot: the boot id of the last writer; another one skips 2^20 numbers of seq
	                         -- trimmed: up to this seq all rows are gone that only the recovery window kept
	                         -- lost: the newest seq of a row that went so
	                         -- gap: the newest seq of an event of a room's history that retention has deleted
	value
) WITHOUT ROWID;

-- Everything sent. seq is the one order of it all, and the position clients remember.
CREATE TABLE log (
	seq         INTEGER PRIMARY KEY,            -- never repeats: the newest row is never deleted
	at_ms       INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
	                                            -- wall clock (the default is for writers that know only this table)
	nsp         TEXT NOT NULL DEFAULT '/',      -- namespace
	room        TEXT,                           -- the one room of an ordinary broadcast, or the socket of a direct event; NULL: all of the namespace, or see targets
	targets     TEXT,                           -- the general form: JSON [[rooms],[exceptions]]; rooms empty: the room column says it; NULL: nothing special
	kind        INTEGER NOT NULL DEFAULT 0,     -- 0 event, 1 direct (to one socket), 2 volatile, 3 control (look at a client again, or at a room), 4 reply (a ready packet to one client), 5 server-side (for the handlers of the other processes)
	packet      TEXT,                           -- kinds 0-2 and 5: the JSON array of the event; 4: the message's whole text, NULL when it is binary
	attachments BLOB,                           -- binary attachments, each a 4-byte big-endian length and its bytes
	sender      TEXT,                           -- who, for history: the application's word
	client      INTEGER,                        -- kinds 3 and 4: the one client concerned (NULL in 3: nsp and room say which room)
	key         TEXT,                           -- idempotency: unique, or NULL
	ack         INTEGER NOT NULL DEFAULT 0      -- 1: asks for an acknowledgement: the packet's id is seq (see ask)
);
CREATE UNIQUE INDEX log_key ON log(key) WHERE key IS NOT NULL;
-- What else a socket that comes back may have missed. Direct rows stand in the order of seq, so that a new one goes to the end: by socket, each
-- would touch a page of its own (18,000 rows a second instead of 160,000).
CREATE INDEX log_wide ON log(nsp) WHERE kind = 0 AND room IS NULL;
CREATE INDEX log_direct ON log(seq, room, kind) WHERE kind = 1;
-- A room's history. The rowid, which ends every index, is seq; kind is in it so that counting needs no row.
CREATE INDEX log_room ON log(nsp, room, kind) WHERE kind = 0 AND room IS NOT NULL;

-- Acknowledgements that the server asks for.
CREATE TABLE ask (
	seq     INTEGER PRIMARY KEY,                -- the row that asks
	nsp     TEXT NOT NULL,                      -- its namespace
	sid     TEXT,                               -- the one socket that is asked; NULL: many, who stand in ask_answer
	context TEXT NOT NULL,                      -- the application's: what it needs to go on when an answer comes
	by_ms   INTEGER,                            -- deadline: waited for until then; 0: no longer. NULL: as long as the socket is connected
	waiting INTEGER NOT NULL DEFAULT 0,         -- of many: how many have not answered
	bytes   INTEGER NOT NULL DEFAULT 0          -- of many: how long the answers are
);
CREATE INDEX ask_sid ON ask(sid) WHERE sid IS NOT NULL;
CREATE INDEX ask_by ON ask(by_ms) WHERE by_ms IS NOT NULL;
CREATE INDEX ask_many ON ask(waiting) WHERE sid IS NULL;

-- Who is asked what many are asked, and the answers: the first one of a socket counts.
CREATE TABLE ask_answer (
	seq         INTEGER NOT NULL,
	sid         TEXT NOT NULL,
	args        TEXT,                           -- the JSON array of the answer; NULL: none yet
	attachments BLOB,                           -- as in log
	nth         INTEGER,                        -- in what order they came: minus how many were waited for then
	PRIMARY KEY (seq, sid)
) WITHOUT ROWID;

-- Handlers that are to run at a time.
CREATE TABLE timer (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	nsp      TEXT NOT NULL,                     -- the namespace whose handler it is
	name     TEXT NOT NULL,                     -- and its name
	context  TEXT NOT NULL,                     -- the application's, JSON
	every_ms INTEGER,                           -- again after so long; NULL: once
	due_ms   INTEGER NOT NULL                   -- deadline; a downtime counts
);
CREATE INDEX timer_due ON timer(due_ms);
CREATE UNIQUE INDEX timer_every ON timer(nsp, name) WHERE every_ms IS NOT NULL;

-- An Engine.IO session.
CREATE TABLE client (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	sid           TEXT NOT NULL UNIQUE,         -- the secret the client shows
	protocol      INTEGER NOT NULL,             -- Engine.IO's 4; 0 a plain WebSocket
	transport     INTEGER NOT NULL,             -- 0 polling, 1 websocket (its cursor no longer moves then: rows are sent as they come)
	state         INTEGER NOT NULL,             -- 0 open, 1 closing (what was queued and then `final` is still to be fetched), 2 closed (only the holder of the poll answers `final`)
	final         TEXT,                         -- the packet that ends it: 1 close, 6 noop
	cursor        INTEGER NOT NULL,             -- rows up to this seq have been answered
	version       INTEGER NOT NULL DEFAULT 0,   -- changes with its sockets and rooms: what a process may have cached
	holder        INTEGER,                      -- the process that holds its poll or its websocket; no index: it changes with every poll, and is looked for only when a process has died
	claim         INTEGER NOT NULL DEFAULT 0,   -- numbers the polls: a stale holder can touch nothing
	connect_by_ms INTEGER,                      -- no namespace joined until then: closed; NULL once it has joined one
	pinged        INTEGER NOT NULL DEFAULT 0,   -- 1: the ping that fell due at ping_at_ms has been answered to a poll
	ping_at_ms    INTEGER NOT NULL,             -- the next ping falls due
	expires_at_ms INTEGER NOT NULL,             -- closed then, whatever the reason: no pong (by polling), no CONNECT, nobody fetches the end
	answered_t    TEXT,                         -- the cache-buster of the last answered poll: a repeated GET gets the same again
	answered_from INTEGER NOT NULL DEFAULT 0,   -- the cursor before that answer
	answered_with TEXT,                         -- a packet that was part of it and is no row: 2, 6
	upgrade_holder INTEGER,                     -- the process whose websocket has claimed the probe
	upgrade_by_ms INTEGER,                      -- no upgrade until then: polling lives on
	probed        INTEGER NOT NULL DEFAULT 0,   -- 1: that websocket has shown that it works: polls are answered soon, so that the client can switch; 2: and the first that came since has been answered
	has_partial   INTEGER NOT NULL DEFAULT 0    -- 1: a half-received packet lies in partial
);
CREATE INDEX client_expires ON client(expires_at_ms);

-- What a client said of itself at its handshake: rarely read, so apart from the row that changes with every poll.
CREATE TABLE handshake (
	client INTEGER PRIMARY KEY,
	json   TEXT NOT NULL                        -- headers, query, address, time, issued, url, secure
);

-- The half-received binary packet of a client: it may span requests, processes and transports.
CREATE TABLE partial (
	client      INTEGER PRIMARY KEY,
	packet      TEXT NOT NULL,                  -- the packet's text
	missing     INTEGER NOT NULL,               -- attachments still to come
	attachments BLOB NOT NULL                   -- those that came, packed
);

-- A connection to a namespace.
CREATE TABLE socket (
	sid        TEXT PRIMARY KEY,                -- public; a room of its own
	pid        TEXT UNIQUE,                     -- the secret with which it comes back (connection state recovery); NULL: it can't
	client     INTEGER,                         -- kept when it has left: a closing client may have rows still to fetch
	nsp        TEXT NOT NULL,
	data       TEXT NOT NULL DEFAULT '{}',      -- socket.data
	auth       TEXT NOT NULL DEFAULT '{}',      -- CONNECT's payload
	generation INTEGER NOT NULL DEFAULT 0,      -- how often it came back
	origin     INTEGER NOT NULL DEFAULT 0,      -- rows above this seq are for it: where it first joined
	joined     INTEGER NOT NULL,                -- and those above this one by way of its client now: what it missed before was sent when it came back
	left       INTEGER,                         -- and up to this one; NULL: still connected
	left_at_ms INTEGER                          -- deadline clock: when it left, for the recovery window
);
CREATE INDEX socket_client ON socket(client) WHERE client IS NOT NULL;
CREATE INDEX socket_nsp ON socket(nsp) WHERE left IS NULL;
CREATE INDEX socket_left ON socket(left_at_ms) WHERE left IS NOT NULL;

-- Namespaces that no name in the application's file says, but a function of it accepted: whose children they are.
CREATE TABLE namespace (
	name   TEXT PRIMARY KEY,
	parent TEXT NOT NULL,                       -- the application's word for it
	at_ms  INTEGER NOT NULL                     -- wall clock, to the hour: when a client connected last. Kept for a day, or as long as there are sockets
) WITHOUT ROWID;

-- Who was in which room when: a row reaches a socket if since < seq <= until.
CREATE TABLE member (
	nsp   TEXT NOT NULL,
	room  TEXT NOT NULL,
	sid   TEXT NOT NULL,
	since INTEGER NOT NULL,
	until INTEGER,                              -- NULL: still in
	PRIMARY KEY (nsp, room, sid, since)
) WITHOUT ROWID;
CREATE INDEX member_sid ON member(sid);
CREATE INDEX member_until ON member(until) WHERE until IS NOT NULL;

-- Sockets that the application has disconnected many at a time: their leaving goes on in batches.
CREATE TABLE parting (
	sid   TEXT PRIMARY KEY,
	nsp   TEXT NOT NULL,
	close INTEGER NOT NULL                      -- 1: its client is closed too
) WITHOUT ROWID;

-- Time in which nobody served, or by which the wall clock jumped: older rows are kept so much longer for sockets that come back.
CREATE TABLE silence (
	seq INTEGER PRIMARY KEY,                    -- the newest row then
	ms  INTEGER NOT NULL
);

-- Who serves. A process lives as long as it holds the lock on byte `id` of the lock file.
CREATE TABLE process (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	pid        INTEGER NOT NULL,                -- the system's, for people
	kind       TEXT NOT NULL,                   -- fcgi, cgi, ws, cli
	started_ms INTEGER NOT NULL,                -- wall clock
	position   INTEGER                          -- up to this seq it has sent its websockets their rows; NULL: it has none. Retention waits for it
);

-- The application's store.
CREATE TABLE kv (
	key        TEXT PRIMARY KEY,
	value      TEXT NOT NULL,                   -- JSON
	expires_ms INTEGER                          -- wall clock; NULL: never
) WITHOUT ROWID;
CREATE INDEX kv_expires ON kv(expires_ms) WHERE expires_ms IS NOT NULL;
