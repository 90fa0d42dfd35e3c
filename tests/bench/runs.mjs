// The runs: what each measures, and how large. bench.mjs prints them, smoke.mjs checks them at tiny size.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { append, cores, measure, pollgen, startServers } from "./servers.mjs";

const flags = (options) => Object.entries(options).flatMap(([name, value]) => [`--${name}`, ...(value === true ? [] : [String(value)])]);

// Full size takes about five minutes for both servers; tiny a few seconds.
export const sizes = {
	full: {
		park: [2000, 10000], parkRounds: 20, parkGap: 300, settle: 2000,
		fan: 1000, chat: 100, ingest: 100, warmup: 2000, seconds: 6,
		append: [1, 10, 100], appendSeconds: 3,
	},
	tiny: {
		park: [20], parkRounds: 3, parkGap: 20, settle: 100,
		fan: 20, chat: 10, ingest: 10, warmup: 50, seconds: 0.2,
		append: [1, 10, 100], appendSeconds: 0.1,
	},
};

let directories = 0;

async function withServers(kind, scratch, options, args) {
	const servers = await startServers(kind, join(scratch, `${kind}-${directories++}`), options);
	try {
		const result = await measure(pollgen, [...servers.arguments, ...flags(args)], cores.rest);
		const survived = servers.alive();
		return { ...result, kind, web: options.web !== false, survived, ...(result.exact && survived ? {} : { logs: servers.logs() }) };
	} finally {
		await servers.stop();
	}
}

function parkArguments(size, members) {
	const { parkRounds: rounds, parkGap: gap, settle } = size;
	return { members, senders: 1, until: "all", rounds, gap, seconds: 120, settle, ramp: 32, timeout: 30000 };
}

// Each run: what it is called and how it is run for one kind of server. All return pollgen's result with kind, web, survived.
export function runs(size, scratch) {
	const timed = { warmup: size.warmup, seconds: size.seconds };
	// How many processes: ours as deployed, the reference as it can be (several of it would need sticky sessions).
	const processes = (kind) => (kind === "pollux" ? 2 : 1);
	const web = (kind, args) => withServers(kind, scratch, { processes: processes(kind) }, args);
	const straight = (kind, args) => withServers(kind, scratch, { processes: 1, web: false }, args);
	const fan = { members: size.fan, senders: 1, until: "all", ...timed };
	const chat = { members: size.chat, senders: size.chat, "senders-listen": true, until: "own", ...timed };
	const ingest = { members: 0, senders: 8, until: "ack", batch: size.ingest, ...timed };
	return [
		// In one process, without a web server: that one's descriptors (two a poll) would be the limit.
		...size.park.map((n) => ({
			name: `park ${n}`,
			what: `${n} parked polls in one process, then woken together`,
			run: (kind) => straight(kind, parkArguments(size, n)),
		})),
		{
			name: "wake",
			what: `${size.fan} parked polls behind lighttpd, woken together`,
			run: (kind) => web(kind, parkArguments(size, size.fan)),
		},
		{ name: "fan-out", what: `1 → ${size.fan} behind lighttpd`, run: (kind) => web(kind, fan) },
		{ name: "chat", what: `${size.chat} → ${size.chat} behind lighttpd`, run: (kind) => web(kind, chat) },
		{ name: "ingest", what: `8 senders, ${size.ingest} events in a POST, nobody listens, behind lighttpd`, run: (kind) => web(kind, ingest) },
		{ name: "fan-out straight", what: `1 → ${size.fan}, one process, no web server`, run: (kind) => straight(kind, fan) },
		{ name: "chat straight", what: `${size.chat} → ${size.chat}, one process, no web server`, run: (kind) => straight(kind, chat) },
	];
}

// How long the generator waits for a delivery, in ms: what is lost never comes; otherwise even a busy machine has time.
export const faultTimeouts = { lose: 1500, double: 15000 };

// The reference, wrong on purpose: for testing the generator.
export async function faulty(fault, scratch) {
	process.env.BENCH_FAULT = fault;
	try {
		const args = { members: 5, senders: 5, "senders-listen": true, until: "own", rounds: 10, seconds: 1, timeout: faultTimeouts[fault] };
		return await withServers("node", scratch, { web: false }, args);
	} finally {
		delete process.env.BENCH_FAULT;
	}
}

export function persist(size, scratch) {
	const directory = join(scratch, `append-${directories++}`);
	mkdirSync(directory, { recursive: true });
	return measure(append, [join(directory, "append.db"), String(size.appendSeconds), ...size.append.map(String)]);
}
