// Runs the official protocol test suites (docs/ of socketio/socket.io, not part of this tree), whole: behind lighttpd with two processes and
// the sidecar, or what POLLUX_SERVER says (lib/servers.mjs; reference: npm socket.io and engine.io). The address in their copies is changed
// to wherever that is. POLLUX_SUITES: the folder with engine.io-protocol/ and socket.io-protocol/.
// Mocha and what the suites need come from npm, into a temporary folder. An argument: how many times in a row (1).
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './lib/child.mjs';
import { isReference, kind, makeServer } from './lib/servers.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = process.env.POLLUX_SUITES || '/tmp/ref/docs';
const PACKAGES = ['mocha@10', 'chai@4', 'chai-string@1', 'node-fetch@3', 'ws@8'];
const suites = {
	'Engine.IO v4': { file: 'engine.io-protocol/v4-test-suite', program: 'tests/apps/engine-echo.fcgi', prefix: '/engine.io' },
	'Socket.IO v5': { file: 'socket.io-protocol/v5-test-suite', app: 'suite' },
};

function install() {
	const dir = process.env.POLLUX_SUITES_MODULES || fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-suites-'));
	if (!fs.existsSync(path.join(dir, 'node_modules/mocha'))) {
		fs.writeFileSync(path.join(dir, 'package.json'), '{ "private": true, "type": "module" }\n');
		const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...PACKAGES], { cwd: dir, stdio: 'inherit' });
		if (status !== 0) throw new Error('npm could not install mocha');
	}
	return dir;
}

function prepare(dir, { file }, url) {
	const script = path.join(dir, `${file.replaceAll('/', '-')}.js`);
	fs.writeFileSync(script, fs.readFileSync(path.join(folder, file, 'test-suite.js'), 'utf8').replace('http://localhost:3000', url));
	fs.copyFileSync(path.join(folder, file, 'node-imports.js'), path.join(dir, 'node-imports.js'));
	return script;
}

// Resolves to mocha's report.
function mocha(dir, script) {
	return new Promise((resolve, reject) => {
		const child = execFile(process.execPath, [path.join(dir, 'node_modules/mocha/bin/mocha.js'), '--reporter', 'json', '--exit', script],
			{ cwd: dir, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
				try {
					resolve(JSON.parse(stdout));
				} catch {
					reject(new Error(`mocha: ${error ?? ''}${stdout}${stderr}`));
				}
			});
		child.stdin.end();
	});
}

async function startServer({ app, program, prefix }) {
	if (isReference) {
		const child = new Child('the reference', process.execPath, [path.join(here, 'reference/official.mjs'), prefix ? 'engine' : 'socket']);
		const [, port] = await child.line(/^ready (\d+)$/m);
		return { urls: { any: `http://127.0.0.1:${port}` }, stop: async () => (await child.stop(), [child.complaint()]) };
	}
	const server = makeServer({ app, program, prefix });
	await server.start();
	return server;
}

async function run(name, suite, dir) {
	const server = await startServer(suite);
	let report, complaints = [];
	try {
		report = await mocha(dir, prepare(dir, suite, server.urls.any));
	} finally {
		complaints = (await server.stop()).filter(Boolean);
	}
	const { passes, failures, pending } = report;
	const failed = failures.length + pending.length + complaints.length;
	console.log(`${name}: ${passes.length} passed, ${failed} failed`);
	for (const { fullTitle, err } of failures) console.log(`  FAILED  ${fullTitle}\n${String(err.stack).replace(/^/gm, '            ')}`);
	for (const { fullTitle } of pending) console.log(`  SKIPPED ${fullTitle}`);
	for (const complaint of complaints) console.log(`  FAILED  ${complaint}`);
	return { passed: passes.length, failed };
}

const times = Number(process.argv[2] ?? 1);
const dir = install();
const total = { passed: 0, failed: 0 };
try {
	for (let i = 0; i < times; i++) {
		for (const [name, suite] of Object.entries(suites)) {
			const sum = await run(name, suite, dir);
			for (const key of Object.keys(total)) total[key] += sum[key];
		}
	}
} finally {
	if (!process.env.POLLUX_SUITES_MODULES) fs.rmSync(dir, { recursive: true, force: true });
}
console.log(`${kind}, ${times} times: ${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed || !total.passed ? 1 : 0;
