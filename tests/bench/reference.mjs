// What Pollux is measured against: npm socket.io, polling only, the application of relay.lua.
// Usage: node reference.mjs SOCKET (a Unix socket's path). With BENCH_FAULT=lose|double it is wrong on purpose,
// now and then, so that the smoke test sees the generator notice.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

// The modules lie beside the sources or, in a build elsewhere, where POLLUX_NODE_MODULES says.
const modules = process.env.POLLUX_NODE_MODULES;
const require = createRequire(modules ? join(modules, "..", "x.js") : import.meta.url);
const { Server } = require("socket.io");

// serveClient off: it would only add a listener. Everything else is the default.
const server = createServer();
const io = new Server(server, { transports: ["polling"], serveClient: false });

const fault = process.env.BENCH_FAULT;
const copies = (number) => (fault && number === 3 ? { lose: 0, double: 2 }[fault] : 1);

io.on("connection", (socket) => {
	if (socket.handshake.auth.join) socket.join(socket.handshake.auth.join);
	socket.on("say", (sender, number, padding, ack) => {
		for (let times = copies(number); times > 0; times--) io.to("room").emit("said", sender, number, padding);
		if (ack) ack(number);
	});
});

server.listen({ path: process.argv[2], backlog: 4096 });
process.on("SIGTERM", () => process.exit(0));
