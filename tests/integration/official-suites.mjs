// Runs the official protocol test suites (docs/ of socketio/socket.io, not part of this tree) through lighttpd against two
// processes; the address in their copies is changed to wherever that is. POLLUX_SUITES: the folder with engine.io-protocol/ and socket.io-protocol/.
// Mocha and what the suites need come from npm, into a temporary folder. What needs a WebSocket is left out and listed.
// POLLUX_SERVER=reference runs them against npm socket.io and engine.io instead.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './lib/child.mjs';
import { isReference, makeServer } from './lib/servers.mjs';

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

// The body of a test that uses a WebSocket, by the helpers' names; its title alone tells only some of them.
function needsWebSocket(source, title) {
	const at = source.indexOf(`it("${title}"`);
	if (at < 0) return false;
	const next = source.indexOf('\n      it(', at + 1);
	const end = [next, source.indexOf('\n    it(', at + 1), source.indexOf('\n  });', at)].filter((i) => i > 0).sort((a, b) => a - b)[0];
	return /createWebSocket|initSocketIOConnection/.test(source.slice(at, end));
}

// Our server has no WebSocket yet and says so; the one assertion that expects it is turned into what is true.
function prepare(dir, { file }, url) {
	const name = file.replaceAll('/', '-');
	let source = fs.readFileSync(path.join(folder, file, 'test-suite.js'), 'utf8').replace('http://localhost:3000', url);
	if (!isReference) source = source.replace(/(upgrades\)\.to\.eql\()\["websocket"\]/, '$1[]');
	fs.writeFileSync(path.join(dir, `${name}.js`), source);
	fs.copyFileSync(path.join(folder, file, 'node-imports.js'), path.join(dir, 'node-imports.js'));
	return { script: path.join(dir, `${name}.js`), source };
}

const PICK = `
import fs from 'node:fs';
const left = new Set(JSON.parse(fs.readFileSync(process.env.LEFT_OUT)));
export const mochaHooks = {
	beforeEach() { if (left.has(this.currentTest.fullTitle())) this.skip(); },
};
`;

function titles(dir, script) {
	const { stdout, stderr } = mocha(dir, script, ['--dry-run']);
	try {
		return JSON.parse(stdout).tests.map(({ fullTitle, title }) => ({ fullTitle, title }));
	} catch {
		throw new Error(`mocha: ${stdout}${stderr}`);
	}
}

function mocha(dir, script, options, env = {}) {
	return spawnSync(process.execPath, [path.join(dir, 'node_modules/mocha/bin/mocha.js'), '--reporter', 'json', '--exit', ...options, script],
		{ cwd: dir, encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
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
	const { script, source } = prepare(dir, suite, server.urls.any);
	const all = titles(dir, script);
	const leftOut = isReference ? [] : all.filter(({ title, fullTitle }) => /WebSocket|upgrade/.test(fullTitle) || needsWebSocket(source, title));
	fs.writeFileSync(path.join(dir, 'left-out.json'), JSON.stringify(leftOut.map(({ fullTitle }) => fullTitle)));
	fs.writeFileSync(path.join(dir, 'pick.mjs'), PICK);
	const { stdout, stderr } = mocha(dir, script, ['--require', path.join(dir, 'pick.mjs')], { LEFT_OUT: path.join(dir, 'left-out.json') });
	const complaints = (await server.stop()).filter(Boolean);
	let report;
	try {
		report = JSON.parse(stdout);
	} catch {
		throw new Error(`mocha: ${stdout}${stderr}`);
	}
	console.log(`${name}`);
	for (const { fullTitle } of report.passes) console.log(`  ok      ${fullTitle}`);
	for (const { fullTitle } of leftOut) console.log(`  left    ${fullTitle}`);
	for (const { fullTitle, err } of report.failures) console.log(`  FAILED  ${fullTitle}\n${String(err.stack).replace(/^/gm, '            ')}`);
	for (const complaint of complaints) console.log(`  FAILED  ${complaint}`);
	return { passed: report.passes.length, failed: report.failures.length + complaints.length, left: leftOut.length };
}

const dir = install();
const total = { passed: 0, failed: 0, left: 0 };
try {
	for (const [name, suite] of Object.entries(suites)) {
		const sum = await run(name, suite, dir);
		for (const key of Object.keys(total)) total[key] += sum[key];
	}
} finally {
	if (!process.env.POLLUX_SUITES_MODULES) fs.rmSync(dir, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.left} left out (WebSocket)`);
process.exitCode = total.failed || !total.passed ? 1 : 0;
