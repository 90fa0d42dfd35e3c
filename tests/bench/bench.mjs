// Measures Pollux beside others: the same machine, the same load, one after the other. By long-polling beside npm socket.io, behind the
// same lighttpd; by WebSocket (the runs named "ws …") beside npm socket.io, the same with every message stored, and Nchan.
// The runs "handler …" and "trouble …" are Pollux's own: what a handler costs, and what others notice of one that misbehaves.
// Usage: POLLUX_BUILD=DIR node bench.mjs [--only NAME,…] [--kind KIND,…] [--out FILE] [--tiny]
// --only takes beginnings of names ("ws", "ws idle"); the kinds are those of servers.mjs and wsservers.mjs.
// Prints one line a run, then a table of the WebSocket runs (wstable.mjs says what its columns mean), and writes all results as JSON.
// Exits 1 when a server lost or doubled a delivery.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as handlers from "./handlers.mjs";
import { persist, runs, sizes } from "./runs.mjs";
import { install } from "./sqlite.mjs";
import * as trouble from "./trouble.mjs";
import * as ws from "./wsruns.mjs";
import { allKinds, missing } from "./wsservers.mjs";
import { printTable } from "./wstable.mjs";

const { values: options } = parseArgs({
	options: {
		only: { type: "string" },
		kind: { type: "string", default: allKinds.join(",") },
		out: { type: "string" },
		tiny: { type: "boolean" },
	},
});
const step = options.tiny ? "tiny" : "full";
const size = sizes[step];
const kinds = options.kind.split(",");
const pollingKinds = ["pollux", "node"].filter((kind) => kinds.includes(kind));
const only = options.only?.split(",");
const wanted = (name) => !only || only.some((word) => name.startsWith(word));

const round = (value, digits = 1) => (Number.isFinite(value) ? value.toFixed(digits) : "-");
const ms = (us) => round(us / 1000);

function columns(result) {
	const { server, lighttpd } = result.processes;
	const { sent, delivered } = result.measured;
	const work = delivered || sent;
	return {
		exact: result.exact ? "yes" : `NO: ${result.failure || `${result.delivered} of ${result.expected}, ${result.duplicates} twice`}`,
		"sent/s": Math.round(sent / result.seconds),
		"deliv./s": Math.round(delivered / result.seconds),
		"CPU us": round(server.cpu_s / work * 1e6),
		"lighttpd us": lighttpd ? round(lighttpd.cpu_s / work * 1e6) : "",
		"deliv./poll": round(delivered / result.replies, 2),
		"p50 ms": ms(result.latency_us.p50), "p99 ms": ms(result.latency_us.p99),
		"all p50 ms": ms(result.all_us.p50), "all p99 ms": ms(result.all_us.p99),
		threads: server.parked.threads,
		"KB each": round((server.parked.rss_anon_kb - server.idle.rss_anon_kb) / result.clients, 2),
		"PSS KB each": round((server.parked.pss_kb - server.idle.pss_kb) / result.clients, 2),
		"server busy": `${round(server.cpu_s / result.seconds * 100, 0)}%`,
		"lighttpd busy": lighttpd ? `${round(lighttpd.cpu_s / result.seconds * 100, 0)}%` : "",
		// What something else on this machine took meanwhile: much of it, and no time here means anything.
		"others busy": `${round((result.machine_cpu_s - result.generator_cpu_s - server.cpu_s - (lighttpd?.cpu_s ?? 0)) / result.seconds * 100, 0)}%`,
		"generator busy": `${round(result.generator_cpu_s / result.seconds * 100, 0)}%`,
	};
}

function print(name, kind, values) {
	console.log(`${name} · ${kind}: ${Object.entries(values).filter(([, v]) => v !== "").map(([k, v]) => `${k} ${v}`).join(", ")}`);
}

// Between the smallest and the largest number of parked polls: what one more costs, without what any process needs once.
function printSlope(results, kind) {
	const parked = results.filter((r) => r.name.startsWith("park") && r.kind === kind);
	if (parked.length < 2) return;
	const [few, many] = [parked[0], parked.at(-1)];
	const grown = ({ processes: { server } }) => server.parked.rss_anon_kb - server.idle.rss_anon_kb;
	const each = (grown(many) - grown(few)) / (many.clients - few.clients);
	console.log(`park · ${kind}: KB for each poll from ${few.clients} to ${many.clients}: ${round(each, 2)}`);
}

async function measureAll(scratch) {
	const results = [];
	for (const run of runs(size, scratch).filter(({ name }) => wanted(name))) {
		console.log(`# ${run.what}`);
		for (const kind of pollingKinds) {
			const result = await run.run(kind);
			print(run.name, kind, columns(result));
			if (result.logs) console.log(result.logs);
			results.push({ name: run.name, ...result });
		}
	}
	for (const kind of pollingKinds) printSlope(results, kind);
	return results;
}

function prepareSqlite() {
	console.log("# building better-sqlite3");
	try {
		install();
	} catch (error) {
		console.log(`# ${error.message}${error.stderr ? `\n${error.stderr.toString().slice(-2000)}` : ""}`);
	}
}

// What a machine lacks is said, and the others are measured.
function usableKinds() {
	if (kinds.includes("sqlite") && missing("sqlite") && !options.tiny) prepareSqlite();
	for (const kind of kinds.filter(missing)) console.log(`# without ${kind}: ${missing(kind)}`);
	return kinds.filter((kind) => !missing(kind));
}

async function measureWebSocket(scratch) {
	const wantedRuns = ws.wsRuns(ws.sizes[step], scratch).filter(({ name }) => wanted(name));
	const usable = wantedRuns.length > 0 ? usableKinds() : [];
	const results = [];
	for (const { name, what, unit, kinds: its, run } of wantedRuns) {
		console.log(`# ${name}: ${what}`);
		for (const kind of its.filter((k) => usable.includes(k))) {
			const result = { name, unit, ...await run(kind) };
			console.log(`${kind}: ${result.exact ? "exact" : `NOT EXACT ${result.failure}`}`);
			if (result.logs) console.log(result.logs);
			results.push(result);
		}
	}
	if (results.length > 0) printTable(results);
	return results;
}

// What others notice while handlers misbehave.
async function measureTrouble(scratch) {
	const results = [];
	for (const { name, what, run } of trouble.troubleRuns(trouble.sizes[step], scratch).filter((r) => wanted(r.name))) {
		const result = { name, ...await run() };
		const { p50, p99, max } = result.latency_us;
		console.log(`# ${what}\n${name}: ${result.exact ? "exact" : `NOT EXACT ${result.failure}`}, p50 ${ms(p50)} ms, p99 ${ms(p99)} ms, max ${ms(max)} ms; ` +
			`provoked ${result.provoked} times, ${result.failures} lines in the log`);
		if (result.logs) console.log(result.logs);
		results.push(result);
	}
	return results;
}

async function measureHandlers(scratch) {
	const results = [];
	for (const { name, run } of handlers.handlerRuns(handlers.sizes[step], scratch).filter((r) => wanted(r.name))) {
		const result = { name, ...await run() };
		console.log(`${name}: ${round(result.events / result.seconds, 0)} events/s, CPU us ${round(result.cpu_s / result.events * 1e6)}${result.exact ? "" : ", NOT EXACT"}`);
		results.push(result);
	}
	return results;
}

const scratch = mkdtempSync(join(tmpdir(), "pollux-bench-"));
try {
	const machine = `${cpus().length} × ${cpus()[0].model}, Linux ${release()}, node ${process.version}`;
	console.log(`# ${machine}`);
	let stored = null;
	if (wanted("append")) {
		stored = await persist(size, scratch);
		for (const run of stored.runs) console.log(`append · ${run.per_tick} a tick: ${run.per_second}/s, CPU us ${run.cpu_us_each}`);
	}
	const results = await measureAll(scratch);
	const webSocket = await measureWebSocket(scratch);
	const own = [...await measureHandlers(scratch), ...await measureTrouble(scratch)];
	const all = { at: new Date().toISOString(), machine, append: stored, results, webSocket, own };
	if (options.out) writeFileSync(options.out, JSON.stringify(all, null, "\t"));
	if ([...results, ...webSocket, ...own].some((r) => !r.exact || !r.survived) || (stored && stored.code !== 0)) process.exitCode = 1;
} finally {
	rmSync(scratch, { recursive: true, force: true });
}
