// The chat protocol on npm socket.io, and the static pages: a stand-in for Pollux against which the page and
// its tests are judged. Not part of what is shipped to users. Messages go to a file before they are acked, so
// that this process may be killed at any instant like the real one.
//
// node reference-chat.mjs --static DIR --log FILE [--port N] [--transport polling|websocket|both]
//      [--die-after TEXT: kill itself when this is said, after writing it and before answering]

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { Server } from "socket.io";

const HISTORY = 50;
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const { values: options } = parseArgs({ options: {
	static: { type: "string" }, log: { type: "string" }, port: { type: "string", default: "0" },
	transport: { type: "string", default: "both" }, "die-after": { type: "string" },
} });

const rows = existsSync(options.log) ? readFileSync(options.log, "utf8").split("\n").filter(Boolean).map(JSON.parse) : [];
const published = new Map(rows.map((row) => [`${row.room}\n${row.id}`, row]));

async function servePage(request, response) {
	const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
	const headers = { "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store" };
	const file = join(options.static, path === "/" ? "index.html" : path);
	try {
		const body = await readFile(file);
		response.writeHead(200, { ...headers, "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
	} catch {
		const body = await readFile(join(options.static, "404.html"));
		response.writeHead(404, { ...headers, "Content-Type": TYPES[".html"] }).end(body);
	}
}

const http = createServer(servePage);
const transports = options.transport === "both" ? ["polling", "websocket"] : [options.transport];
const io = new Server(http, { transports, pingInterval: 2000, pingTimeout: 1500 });

function badName(what, text, most) {
	if (typeof text !== "string" || text === "")
		return `${what} empty`;
	if ([...text].length > most)
		return `${what} too long`;
	return /\p{Cc}/u.test(text) ? "control characters" : "";
}

const members = (room) => [...io.of("/").adapter.rooms.get(room) ?? []].map((id) => io.of("/").sockets.get(id));
const nicknameIn = (socket, room) => socket.data.names[room];

// Sockets with one auth.person are one person, who may have a nickname several times and comes and goes once.
const namesakes = (socket, room, nickname) => members(room).filter((other) => other !== socket && nicknameIn(other, room) === nickname);
const isSamePerson = (a, b) => Boolean(a.handshake.auth.person) && a.handshake.auth.person === b.handshake.auth.person;
const hereIn = (room) => [...new Set(members(room).map((one) => nicknameIn(one, room)))];

function historyOf(room, before = Infinity) {
	return rows.filter((row) => row.room === room && Number(row.position) < before).slice(-HISTORY)
		.map(({ id, from, text, at, position }) => ({ id, from, text, at, position }));
}

function onJoin(socket, room, nickname, ack) {
	room = String(room).trim();
	nickname = String(nickname).trim();
	const error = badName("room", room, 64) || badName("nickname", nickname, 32);
	if (error)
		return ack({ ok: false, error });
	const others = namesakes(socket, room, nickname);
	if (others.some((other) => !isSamePerson(other, socket)))
		return ack({ ok: false, error: "nickname taken" });
	const again = nicknameIn(socket, room) !== undefined;
	socket.data.names[room] = nickname;
	socket.join(room);
	if (!again && others.length === 0)
		socket.to(room).emit("joined", { room, nickname });
	ack({ ok: true, room, nickname, here: hereIn(room), more: false, history: historyOf(room) });
}

function onLeave(socket, room) {
	const nickname = nicknameIn(socket, room);
	if (nickname === undefined)
		return;
	if (namesakes(socket, room, nickname).length === 0)
		socket.to(room).emit("left", { room, nickname });
	socket.leave(room);
	delete socket.data.names[room];
}

function onSay(socket, room, text, id, ack) {
	const from = nicknameIn(socket, room);
	if (from === undefined)
		return ack({ ok: false, error: "not in this room" });
	if (typeof text !== "string" || text === "" || [...text].length > 4000 || text.startsWith("/refuse"))
		return ack({ ok: false, error: "text refused" });
	const earlier = published.get(`${room}\n${id}`);
	if (earlier)
		return ack({ ok: true, position: earlier.position, duplicate: true });
	const row = { room, id, from, text, at: Date.now(), position: String(rows.length + 1) };
	appendFileSync(options.log, `${JSON.stringify(row)}\n`);
	if (text === options["die-after"])
		process.kill(process.pid, "SIGKILL");
	rows.push(row);
	published.set(`${room}\n${id}`, row);
	io.to(room).emit("message", { room, id, from, text, at: row.at });
	return ack({ ok: true, position: row.position, duplicate: false });
}

io.on("connection", (socket) => {
	socket.data.names = {};
	const answer = (ack) => (typeof ack === "function" ? ack : () => {});
	socket.on("join", (room, nickname, ack) => onJoin(socket, room, nickname, answer(ack)));
	socket.on("leave", (room, ack) => {
		onLeave(socket, room);
		answer(ack)({ ok: true });
	});
	socket.on("say", (room, text, id, ack) => onSay(socket, room, text, id, answer(ack)));
	socket.on("history", (room, before, ack) => answer(ack)(nicknameIn(socket, room) === undefined
		? { ok: false, error: "not in this room" } : { ok: true, history: historyOf(room, Number(before)) }));
	socket.on("typing", (room) => {
		const nickname = nicknameIn(socket, room);
		if (nickname !== undefined)
			socket.to(room).volatile.emit("typing", { room, nickname });
	});
	socket.on("rooms", (ack) => answer(ack)({ ok: true, rooms: [...io.of("/").adapter.rooms]
		.filter(([name]) => !io.of("/").sockets.has(name)).map(([name, who]) => ({ name, here: who.size })) }));
	socket.on("disconnecting", () => Object.keys(socket.data.names).forEach((room) => onLeave(socket, room)));
});

http.listen(Number(options.port), "127.0.0.1", () => {
	process.stdout.write(`ready: http://127.0.0.1:${http.address().port}\n`);
});
