// The runs by WebSocket: what each measures, and how large. wstable.mjs prints them, smoke.mjs checks them at tiny size.
import { join } from "node:path";
import { faultTimeouts } from "./runs.mjs";
import { build, cores, measure } from "./servers.mjs";
import { startServer } from "./wsservers.mjs";

const wsgen = join(build, "tests/bench/wsgen");
const flags = (options) => Object.entries(options).flatMap(([name, value]) => [`--${name}`, ...(value === true ? [] : [String(value)])]);

// Full size takes about eight minutes for all servers.
export const sizes = {
	full: {
		idle: [2000, 10000], settle: 2000, clients: 100, ackWindows: [1, 16], rate: 200, warmup: 1500, seconds: 5,
		fan: [[1, 1000], [10, 100], [100, 100]].flatMap(([from, to]) => [1, 8, 32].map((window) => ({ from, to, window }))),
	},
	tiny: {
		idle: [20], settle: 50, clients: 10, ackWindows: [16], rate: 200, warmup: 0, seconds: 0.1,
		fan: [{ from: 1, to: 20, window: 1 }, { from: 10, to: 10, window: 8 }],
	},
};

let directories = 0;

async function withServer(kind, scratch, args) {
	const server = await startServer(kind, join(scratch, `ws-${kind}-${directories++}`));
	try {
		const result = await measure(wsgen, [...server.arguments, ...flags(args)], cores.rest);
		const survived = server.alive();
		return { ...result, kind, survived, ...(result.exact && survived ? {} : { logs: server.logs() }) };
	} finally {
		await server.stop();
	}
}

const socketio = ["pollux", "node", "sqlite"];
const all = [...socketio, "nchan"];

// Each run: its name, what it is, its unit (what "a second" counts), its kinds, and run(kind), which returns wsgen's result with kind,
// survived and logs.
export function wsRuns(size, scratch) {
	const timed = { warmup: size.warmup, seconds: size.seconds };
	const one = (name, what, unit, kinds, args) => ({ name: `ws ${name}`, what, unit, kinds, run: (kind) => withServer(kind, scratch, args) });
	const idle = (n) => one(`idle ${n}`, `${n} clients connect, 64 at a time, and stay`, "handshakes", all,
		{ members: n, senders: 0, settle: size.settle, timeout: 30000 });
	const acks = (window) => one(`acks w${window}`, `${size.clients} clients emit to an empty room, ${window} acks outstanding each`, "acks",
		socketio, { members: 0, senders: size.clients, until: "ack", window, ...timed });
	const fan = ({ from, to, window }) => one(`${from} → ${to} w${window}`, `${from} of ${to} clients emit to all, ${window} of their own outstanding each`,
		"deliveries", from === 10 && window === 8 ? [...all, "pollux-lighttpd"] : all,
		{ members: to, senders: from, "senders-listen": true, until: "own", window, ...timed });
	const open = one(`open ${size.rate}/s`, `${size.clients} → ${size.clients}, ${size.rate} messages a second, whatever comes back`, "deliveries", all,
		{ members: size.clients, senders: size.clients, "senders-listen": true, until: "own", rate: size.rate, ...timed });
	return [...size.idle.map(idle), ...size.ackWindows.map(acks), ...size.fan.map(fan), open];
}

// npm socket.io, wrong on purpose ("lose" or "double"): for testing the generator.
export async function faultyWebSocket(fault, scratch) {
	process.env.BENCH_FAULT = fault;
	try {
		const args = { members: 5, senders: 5, "senders-listen": true, until: "own", rounds: 10, seconds: 1, timeout: faultTimeouts[fault] };
		return await withServer("node", scratch, args);
	} finally {
		delete process.env.BENCH_FAULT;
	}
}
