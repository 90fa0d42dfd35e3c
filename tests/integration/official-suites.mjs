// Runs the official protocol test suites (docs/ of socketio/socket.io, not part of this tree), whole: behind lighttpd with two processes and
// the sidecar, or what POLLUX_SERVER says (lib/servers.mjs; reference: npm socket.io and engine.io). The address in their copies is changed
// to wherever that is. POLLUX_SUITES: the folder with engine.io-protocol/ and socket.io-protocol/.
// Mocha and what the suites need come from npm, into a temporary folder. An argument: how many times in a row (1).
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './lib/child.mjs';
import { install, mocha, release, tell } from './lib/mocha.mjs';
import { isReference, kind, makeServer } from './lib/servers.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = process.env.POLLUX_SUITES || '/tmp/ref/docs';
const PACKAGES = ['mocha@10', 'chai@4', 'chai-string@1', 'node-fetch@3', 'ws@8'];
const suites = {
	'Engine.IO v4': { file: 'engine.io-protocol/v4-test-suite', program: 'tests/apps/engine-echo.fcgi', prefix: '/engine.io' },
	'Socket.IO v5': { file: 'socket.io-protocol/v5-test-suite', app: 'suite' },
};

function prepare(dir, { file }, url) {
	const script = path.join(dir, `${file.replaceAll('/', '-')}.js`);
	fs.writeFileSync(script, fs.readFileSync(path.join(folder, file, 'test-suite.js'), 'utf8').replace('http://localhost:3000', url));
	fs.copyFileSync(path.join(folder, file, 'node-imports.js'), path.join(dir, 'node-imports.js'));
	return script;
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
		report = await mocha(dir, [prepare(dir, suite, server.urls.any)]);
	} finally {
		complaints = (await server.stop()).filter(Boolean);
	}
	return tell(name, report, complaints);
}

const times = Number(process.argv[2] ?? 1);
const dir = install(PACKAGES);
const total = { passed: 0, failed: 0 };
try {
	for (let i = 0; i < times; i++) {
		for (const [name, suite] of Object.entries(suites)) {
			const sum = await run(name, suite, dir);
			for (const key of Object.keys(total)) total[key] += sum[key];
		}
	}
} finally {
	release(dir);
}
console.log(`${kind}, ${times} times: ${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed || !total.passed ? 1 : 0;
