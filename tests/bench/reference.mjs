// What Pollux is measured against: npm socket.io, the application of relay.lua.
// Usage: node reference.mjs LISTEN [TRANSPORT [DATABASE]]
// LISTEN is a Unix socket's path or a port of loopback; TRANSPORT polling (which it is without) or websocket. With a DATABASE each
// message is a row of it before it is sent on, as in Pollux: better-sqlite3, WAL, synchronous NORMAL, one prepared INSERT a message.
// With BENCH_FAULT=lose|double it is wrong on purpose, now and then, so that the smoke test sees the generator notice.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

// The modules lie beside the sources or, in a build elsewhere, where POLLUX_NODE_MODULES says.
const modules = process.env.POLLUX_NODE_MODULES;
const require = createRequire(modules ? join(modules, "..", "x.js") : import.meta.url);
const { Server } = require("socket.io");

const [listen, transport = "polling", database] = process.argv.slice(2);

// serveClient off: it would only add a listener. Everything else is the default.
const server = createServer();
const io = new Server(server, { transports: [transport], serveClient: false });

function keeper(file) {
	const Database = createRequire(join(process.env.POLLUX_BENCH_SQLITE, "x.js"))("better-sqlite3");
	const db = new Database(file);
	db.pragma("journal_mode = WAL");
	db.pragma("synchronous = NORMAL");
	db.exec("CREATE TABLE log (seq INTEGER PRIMARY KEY, room TEXT, event TEXT)");
	const insert = db.prepare("INSERT INTO log (room, event) VALUES (?, ?)");
	return (...event) => insert.run("room", JSON.stringify(event));
}
const keep = database ? keeper(database) : () => {};

const fault = process.env.BENCH_FAULT;
const copies = (number) => (fault && number === 3 ? { lose: 0, double: 2 }[fault] : 1);

io.on("connection", (socket) => {
	if (socket.handshake.auth.join) socket.join(socket.handshake.auth.join);
	socket.on("say", (sender, number, padding, ack) => {
		keep("said", sender, number, padding);
		for (let times = copies(number); times > 0; times--) io.to("room").emit("said", sender, number, padding);
		if (ack) ack(number);
	});
});

server.listen({ ...(/^\d+$/.test(listen) ? { host: "127.0.0.1", port: Number(listen) } : { path: listen }), backlog: 4096 });
process.on("SIGTERM", () => process.exit(0));
