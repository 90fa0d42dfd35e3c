// The join and say of app/chat.lua on npm socket.io, with its checks; messages and their ids are kept in memory. For handlers.mjs.
// Usage: node reference-say.mjs PORT
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const modules = process.env.POLLUX_NODE_MODULES;
const require = createRequire(modules ? join(modules, "..", "x.js") : import.meta.url);
const { Server } = require("socket.io");

const server = createServer();
const io = new Server(server, { transports: ["websocket"], serveClient: false });
const HISTORY = 10000;
const published = new Map();

const name = (text, max) => {
	if (typeof text !== "string") return undefined;
	const trimmed = text.trim();
	return trimmed && [...trimmed].length <= max && !/\p{Cc}/u.test(trimmed) ? trimmed : undefined;
};

io.on("connection", (socket) => {
	socket.data.names = {};
	socket.on("join", (room, nickname, ack) => {
		socket.join(room);
		socket.data.names[room] = nickname;
		ack({ ok: true });
	});
	socket.on("say", (given, text, id, ack) => {
		const room = name(given, 64);
		const nickname = room && socket.data.names[room];
		if (!nickname) return ack({ ok: false, error: "not in this room" });
		if (typeof text !== "string" || !text.trim() || [...text].length > 4000) return ack({ ok: false, error: "a message has 1 to 4000 characters" });
		if (!name(id, 64)) return ack({ ok: false, error: "a message needs an id of 1 to 64 characters" });
		const key = `${room}\n${nickname}\n${id}`;
		const duplicate = published.has(key);
		if (!duplicate) {
			const message = { room, id, from: nickname, text, at: Date.now() };
			published.set(key, message);
			if (published.size > HISTORY) published.delete(published.keys().next().value);
			io.to(room).emit("message", message);
		}
		ack({ ok: true, position: String(published.size), duplicate });
	});
});

server.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
process.on("SIGTERM", () => process.exit(0));
