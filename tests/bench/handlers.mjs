// What a handler costs: one client, in a room of its own, says something and gets it back with the ack, so many at a time. The relay passes
// on what it gets, written in C, in Lua and in JavaScript; say is the chat's, with its checks, ids and history.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build, cores, freePort, accepts, here, start, together } from "./servers.mjs";

const modules = process.env.POLLUX_NODE_MODULES;
const require = createRequire(modules ? join(modules, "..", "x.js") : import.meta.url);
const WebSocket = require("ws");

const TICKS = 100;   // of /proc's clock a second
const TEXT = "What is said in a chat, mostly, is about so long.";

export const sizes = { full: { window: 32, warmup: 1, seconds: 4 }, tiny: { window: 8, warmup: 0, seconds: 0.2 } };

const pollux = (program, app) => (port, directory) =>
	[join(build, program), "--listen", `127.0.0.1:${port}`, "--db", join(directory, "bench.db"), ...(app ? ["--app", app] : [])];
const node = (file, ...args) => (port) => [process.execPath, join(here, file), String(port), ...args];
const relay = { connect: '40{"join":"room"}', say: (n) => `42${n}["say",0,${n},"${TEXT}"]` };
const chat = { connect: "40", join: '420["join","lobby","ann"]', say: (n) => `42${n}["say","lobby","${TEXT}","id-${n}"]` };

const servers = {
	"relay in C": { command: pollux("tests/bench/relay.ws"), ...relay },
	"relay in Lua": { command: pollux("pollux-ws", join(here, "relay.lua")), ...relay },
	"relay on Node": { command: node("reference.mjs", "websocket"), ...relay },
	"chat.lua's say": { command: pollux("pollux-ws", join(here, "../../app/chat.lua")), ...chat },
	"the same on Node": { command: node("reference-say.mjs"), ...chat },
};

// A Socket.IO client by hand: next() is the next packet but pings.
async function open(address) {
	const socket = new WebSocket(`ws://${address}/socket.io/?EIO=4&transport=websocket`);
	const waiting = [], inbox = [];
	socket.on("message", (data) => {
		const text = String(data);
		if (text === "2") socket.send("3");
		else if (waiting.length) waiting.shift()(text);
		else inbox.push(text);
	});
	await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
	const next = () => (inbox.length ? inbox.shift() : new Promise((resolve) => waiting.push(resolve)));
	return { socket, next, send: (text) => socket.send(text) };
}

const cpu = (pid) => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ").slice(11, 13).reduce((sum, n) => sum + Number(n), 0) / TICKS;

// Says, so many unanswered at a time, until the time is over. Every one comes back and is acknowledged.
async function load(client, say, { window, warmup, seconds }, pid) {
	let sent = 1, acked = 0, heard = 0, began;
	const until = performance.now() + (warmup + seconds) * 1000;
	for (; sent <= window; sent++) client.send(say(sent));
	while (acked < sent - 1 || heard < sent - 1) {
		const packet = await client.next();
		if (!began && performance.now() >= until - seconds * 1000) began = { at: performance.now(), cpu: cpu(pid), acked };
		if (packet.startsWith("42")) heard++;
		if (!packet.startsWith("43")) continue;
		if (packet.includes('"ok":false')) throw new Error(packet);
		acked++;
		if (performance.now() < until) client.send(say(sent++));
	}
	const took = (performance.now() - began.at) / 1000;
	return { events: acked - began.acked, seconds: took, cpu_s: cpu(pid) - began.cpu, exact: acked === heard && acked === sent - 1 };
}

async function runOne({ command, connect, join: hello, say }, size, directory) {
	const server = await together(directory, async (add) => {
		const port = await freePort();
		const child = add(start(command(port, directory), { core: cores.server, log: join(directory, "server.log"), env: { NODE_ENV: "production" } }));
		await accepts(child, { port, host: "127.0.0.1" });
		return { child, address: `127.0.0.1:${port}` };
	});
	try {
		const client = await open(server.address);
		await client.next();
		client.send(connect);
		await client.next();
		if (hello) {
			client.send(hello);
			while (!(await client.next()).startsWith("430"));
		}
		const result = await load(client, say, size, server.child.pid);
		client.socket.close();
		return { ...result, survived: server.alive() };
	} finally {
		await server.stop();
	}
}

// Each: its name and run(), which returns { events, seconds, cpu_s, exact, survived }.
export const handlerRuns = (size, scratch) => Object.entries(servers).map(([name, server], i) => ({
	name: `handler ${name}`, run: () => runOne(server, size, join(scratch, `handler-${i}`)),
}));
