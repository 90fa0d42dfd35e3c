// Every benchmark at tiny size: it runs, counts exactly, and its figures are figures. No timing is judged. Run by node's test runner.
// Environment: POLLUX_BUILD, the build directory; POLLUX_NODE_MODULES where npm's modules do not lie at the top of the tree.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as handlers from "./handlers.mjs";
import { faulty, persist, runs, sizes } from "./runs.mjs";
import * as trouble from "./trouble.mjs";
import * as ws from "./wsruns.mjs";
import { missing } from "./wsservers.mjs";
import { figures } from "./wstable.mjs";

const scratch = mkdtempSync(join(tmpdir(), "pollux-smoke-"));
const kinds = (process.env.BENCH_KINDS ?? "pollux,node").split(",");
// The server that stores with better-sqlite3 takes part where `make bench` has compiled that: a check does not.
const wsKinds = (process.env.BENCH_KINDS ?? "pollux,pollux-lighttpd,node,sqlite,nchan").split(",")
	.filter((kind) => kind !== "sqlite" || !missing(kind));
after(() => rmSync(scratch, { recursive: true, force: true }));

function exact(result) {
	assert.equal(result.failure, "", result.logs);
	assert.equal(result.duplicates, 0, "delivered twice");
	assert.equal(result.out_of_order, 0, "out of order");
	assert.equal(result.delivered, result.expected, "lost");
	assert.ok(result.exact && result.survived && result.code === 0);
	assert.ok(result.processes.server.parked.threads >= 1);
	assert.ok(result.processes.server.parked.rss_anon_kb > 0);
}

function sane(result) {
	exact(result);
	assert.ok(result.sent > 0 && result.seconds > 0);
	assert.ok(result.all_us.p50 <= result.all_us.p99 && result.all_us.p99 <= result.all_us.max);
}

function saneWebSocket(result) {
	exact(result);
	const { rate, p50 = 0, p99 = 0 } = figures(result);
	assert.ok(rate > 0 && p50 <= p99);
}

for (const run of runs(sizes.tiny, scratch)) {
	for (const kind of kinds) {
		test(`bench ${run.name}: ${kind}`, { timeout: 60000 }, async () => sane(await run.run(kind)));
	}
}

for (const { name, unit, kinds: its, run } of ws.wsRuns(ws.sizes.tiny, scratch)) {
	for (const kind of its.filter((k) => wsKinds.includes(k))) {
		test(`bench ${name}: ${kind}`, { timeout: 60000 }, async () => saneWebSocket({ unit, ...await run(kind) }));
	}
}

for (const { name, run } of kinds.includes("pollux") ? handlers.handlerRuns(handlers.sizes.tiny, scratch) : []) {
	test(`bench ${name}`, { timeout: 60000 }, async () => {
		const result = await run();
		assert.ok(result.exact && result.survived && result.events > 0 && result.cpu_s >= 0);
	});
}

for (const { name, run } of kinds.includes("pollux") ? trouble.troubleRuns(trouble.sizes.tiny, scratch) : []) {
	test(`bench ${name}`, { timeout: 60000 }, async () => {
		const result = await run();
		exact(result);
		// The last ones may have been left to the connection's end.
		assert.ok(result.failures <= result.provoked && (result.failures > 0) === (result.provoked > 0), `${result.failures} of ${result.provoked}`);
	});
}

test("the generator notices a lost delivery", { timeout: 60000 }, async () => {
	const result = await faulty("lose", scratch);
	assert.ok(result.delivered < result.expected, result.failure);
	assert.ok(!result.exact && result.code === 1);
});

test("the generator notices a doubled delivery", { timeout: 60000 }, async () => {
	const result = await faulty("double", scratch);
	assert.equal(result.duplicates, 25, result.failure);
	assert.ok(!result.exact && result.code === 1);
});

test("the WebSocket generator notices a lost delivery", { timeout: 60000 }, async () => {
	const result = await ws.faultyWebSocket("lose", scratch);
	assert.ok(result.delivered < result.expected, result.failure);
	assert.ok(!result.exact && result.code === 1);
});

test("the WebSocket generator notices a doubled delivery", { timeout: 60000 }, async () => {
	const result = await ws.faultyWebSocket("double", scratch);
	assert.equal(result.duplicates, 25, result.failure);
	assert.ok(!result.exact && result.code === 1);
});

test("bench append", { timeout: 60000, skip: !kinds.includes("pollux") }, async () => {
	const result = await persist(sizes.tiny, scratch);
	assert.equal(result.code, 0);
	assert.deepEqual(result.runs.map((r) => r.per_tick), sizes.tiny.append);
	for (const r of result.runs) assert.ok(r.messages > 0 && r.messages % r.per_tick === 0);
});
