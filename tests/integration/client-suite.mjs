// Runs the stock client's own test suite (packages/socket.io-client/test of socketio/socket.io, not part of this tree), whole, against
// tests/apps/client-suite.lua: behind lighttpd with two processes and the sidecar, or what POLLUX_SERVER says (lib/servers.mjs). The address
// in its copy is changed to wherever that is. POLLUX_SUITES: the folder packages/. The client it tests is the one that stands in package.json.
// Arguments: how many times in a row (1), and what the titles of the tests to run hold (all).
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { install, mocha, release, tell } from './lib/mocha.mjs';
import { kind, makeServer, root } from './lib/servers.mjs';

const folder = path.join(process.env.POLLUX_SUITES || '/tmp/ref/packages', 'socket.io-client/test');
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'node_modules/socket.io-client/package.json'), 'utf8'));
const PACKAGES = ['mocha@10', 'tsx@4', `socket.io-client@${version}`, 'expect.js@0.3', 'has-cors@1', '@sinonjs/fake-timers@11',
	'text-blob-builder@0.0.1', 'base64-arraybuffer@1'];
// Left out: two tests of the client's timers against nobody (localhost:80). They race a connection's refusal with a clock they set themselves,
// and the one that loses leaves that clock behind for all tests after it.
const TIMERS = 'reconnect timeout';
// One test of these counts all packets of its first 100 ms, so the noop that an upgrade may need among them; the suite's own server sends none
// before 100 ms have passed. Here their WebSockets come later.
const RETRIES = '^retry ';
const passes = [{ grep: `${TIMERS}|${RETRIES}`, invert: true }, { grep: RETRIES, upgradeMs: 200 }];
const ADDRESS = 'localhost:3210';
const HANDSHAKE_MS = 10;

// The suite's own server lets handshakes wait for 10 ms, so that a client's time-out of 0 comes first; ours does not wait, so a relay
// in front of it does.
class Slow {
	constructor(port, upgradeMs = 0) {
		Object.assign(this, { port, upgradeMs });
		this.server = net.createServer((client) => this.join(client));
	}

	join(client) {
		const server = net.connect({ host: '127.0.0.1', port: this.port });
		for (const socket of [client, server]) socket.setNoDelay(true).on('error', () => {});
		client.on('data', (piece) => this.pass(piece, client, server));
		server.pipe(client);
		client.once('close', () => server.destroy());
		server.once('close', () => client.destroy());
	}

	pass(piece, client, server) {
		const request = piece.toString('latin1');
		const ms = /^GET [^ ]*[?&]transport=websocket&sid=/.test(request) ? this.upgradeMs : /^GET (?![^ ]*[?&]sid=)/.test(request) ? HANDSHAKE_MS : 0;
		if (!ms) return server.write(piece);
		client.pause();
		setTimeout(() => (server.write(piece), client.resume()), ms);
	}

	start() {
		return new Promise((resolve) => this.server.listen(0, '127.0.0.1', () => resolve(this.server.address().port)));
	}
}

// The suite lies in the client's package, as it does at home. Returns where it begins.
function prepare(dir, port) {
	const suite = path.join(dir, 'node_modules/socket.io-client/test');
	fs.rmSync(suite, { recursive: true, force: true });
	fs.cpSync(folder, suite, { recursive: true });
	for (const name of fs.readdirSync(suite, { recursive: true }).filter((file) => file.endsWith('.ts'))) {
		const file = path.join(suite, name);
		fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll(ADDRESS, `127.0.0.1:${port}`));
	}
	return path.join(suite, 'index.ts');
}

async function run(dir, { grep, invert, upgradeMs }) {
	const server = makeServer({ app: 'client-suite' });
	let report, complaints;
	try {
		await server.start();
		const port = await new Slow(new URL(server.urls.any).port, upgradeMs).start();
		report = await mocha(dir, ['--import=tsx', '--grep', grep, ...(invert ? ['--invert'] : []), prepare(dir, port)]);
	} finally {
		complaints = (await server.stop()).filter(Boolean);
	}
	return tell(`${kind}, socket.io-client ${version}`, report, complaints);
}

const [, , times = '1', only] = process.argv;
const dir = install(PACKAGES);
let failed = 0, passed = 0;
try {
	for (let i = 0; i < Number(times); i++) {
		for (const pass of only ? [{ grep: only }] : passes) {
			const sum = await run(dir, pass);
			failed += sum.failed;
			passed += sum.passed;
		}
	}
} finally {
	release(dir);
}
console.log(`${times} times: ${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
