// What others notice while a guest provokes handlers that misbehave: the open loop of the WebSocket runs beside one client that does so,
// some times a second. The first line, without it, is what to compare with.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build, cores, measure } from "./servers.mjs";
import { startServer } from "./wsservers.mjs";

const modules = process.env.POLLUX_NODE_MODULES;
const require = createRequire(modules ? join(modules, "..", "x.js") : import.meta.url);
const { io } = require("socket.io-client");

const wsgen = join(build, "tests/bench/wsgen");
const kinds = ["none", "half-way", "endless", "swallowing", "backtracking", "memory"];

export const sizes = {
	full: { clients: 50, rate: 200, warmup: 1000, seconds: 6, everyMs: 500 },
	tiny: { clients: 5, rate: 200, warmup: 0, seconds: 0.3, everyMs: 50 },
};

// Emits that event again and again. stop() returns how often.
async function startTrouble(address, event, everyMs) {
	const socket = io(`http://${address}`, { transports: ["websocket"], forceNew: true });
	await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
	let count = 0;
	const timer = setInterval(() => socket.emit(event, ++count), everyMs);
	return async () => {
		clearInterval(timer);
		const survived = socket.connected;
		socket.disconnect();
		return { count, survived };
	};
}

async function runBeside(kind, size, directory) {
	const server = await startServer("pollux", directory, "trouble.lua");
	try {
		const stop = kind === "none" ? async () => ({ count: 0, survived: true }) : await startTrouble(server.address, kind, size.everyMs);
		const args = ["--members", size.clients, "--senders", size.clients, "--senders-listen", "--until", "own", "--rate", size.rate,
			"--warmup", size.warmup, "--seconds", size.seconds].map(String);
		const result = await measure(wsgen, [...server.arguments, ...args], cores.rest);
		const trouble = await stop();
		const survived = server.alive() && trouble.survived;
		const failures = readFileSync(join(directory, "server.log"), "utf8").match(/ error app /g)?.length ?? 0;
		return { ...result, kind, provoked: trouble.count, failures, survived, ...(result.exact && survived ? {} : { logs: server.logs() }) };
	} finally {
		await server.stop();
	}
}

// Each: its name, what it is, and run(), which returns wsgen's result with provoked (how often), failures (lines of the log about that), survived.
export const troubleRuns = (size, scratch) => kinds.map((kind) => ({
	name: `trouble ${kind}`,
	what: `${size.clients} → ${size.clients} by WebSocket, ${size.rate} messages a second, beside a handler that misbehaves (${kind}) every ${size.everyMs} ms`,
	run: () => runBeside(kind, size, join(scratch, `trouble-${kind}`)),
}));
