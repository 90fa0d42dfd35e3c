// ./run, with every web server and with none. It works in a folder that looks like the tree, where all is built and installed already.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { io } from 'socket.io-client';
import { event, eventually, isReference, ours, request } from './harness.mjs';
import { Child } from './lib/child.mjs';
import { freePorts } from './lib/ports.mjs';
import { build, root } from './lib/servers.mjs';

function makeTree() {
	const tree = fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-run-'));
	fs.mkdirSync(`${tree}/conf`);
	fs.mkdirSync(`${tree}/build`);
	for (const name of fs.readdirSync(`${root}/conf`)) if (name.endsWith('.in')) fs.symlinkSync(`${root}/conf/${name}`, `${tree}/conf/${name}`);
	for (const name of ['deps.sh', 'build.sh']) fs.writeFileSync(`${tree}/conf/${name}`, 'exit 0\n');
	fs.copyFileSync(`${root}/run`, `${tree}/run`);
	fs.symlinkSync(`${root}/static`, `${tree}/static`);
	fs.symlinkSync(build, `${tree}/build/run`);
	return tree;
}

// The numbers of the processes that it started itself and that run this program.
function childrenOf(pid, program) {
	const all = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
	return all.filter((child) => fs.readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0')[0].endsWith(`/${program}`));
}

if (!isReference) describe('./run', () => {
	let tree;
	const open = [];
	before(() => { tree = makeTree(); });
	after(() => fs.rmSync(tree, { recursive: true, force: true }));
	afterEach(async () => {
		for (const close of open.splice(0).reverse()) await close();
	});

	function start(...args) {
		const child = new Child('./run', `${tree}/run`, ['--app', `${root}/tests/apps/rooms.lua`, ...args]);
		open.push(() => child.stop());
		return child;
	}

	async function serving(...args) {
		const [port] = await freePorts(1);
		const run = start('--port', String(port), ...args);
		const [, url] = await run.line(/^ready: (\S+)$/m);
		return { run, url, port };
	}

	async function client(url, ...transports) {
		const socket = io(url, { transports, forceNew: true, rejectUnauthorized: false, reconnectionDelay: 20, reconnectionDelayMax: 200 });
		open.push(() => socket.disconnect());
		await event(socket, 'connect');
		return socket;
	}

	for (const [what, ...args] of [['lighttpd'], ['Apache', '--server', 'apache'], ['nginx', '--server', 'nginx'], ['no web server', '--server', 'none'], ['lighttpd and https:', '--tls']]) {
		ours(`with ${what}: every transport, the page, and an end that leaves nothing`, async () => {
			const { run, url, port } = await serving(...args);
			for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
				const socket = await client(url, ...transports);
				await eventually('the transport', () => socket.io.engine.transport.name === transports.at(-1));
				assert.equal(await socket.emitWithAck('echo', 1), 1);
			}
			if (url.startsWith('http:')) assert.match((await request(url)).text, /<title>/);
			const children = childrenOf(run.process.pid, 'pollux-ws');
			assert.equal(await run.kill('SIGTERM'), 0);
			await assert.rejects(request(`http://127.0.0.1:${port}/`));
			for (const pid of children) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
		});
	}

	ours('starts a sidecar again that was killed', async () => {
		const { run, url } = await serving();
		const socket = await client(url, 'websocket');
		const [pid] = childrenOf(run.process.pid, 'pollux-ws');
		const back = new Promise((resolve) => socket.once('disconnect', () => socket.once('connect', resolve)));
		process.kill(pid, 'SIGKILL');
		await back;
		assert.notEqual(childrenOf(run.process.pid, 'pollux-ws')[0], pid);
		assert.match(run.stderr(), /pollux-ws ended \(exit code 137\) and is started again/);
	});

	ours('says what is wrong', async () => {
		const { port } = await serving('--server', 'none');
		const second = start('--port', String(port));
		assert.equal(await second.gone, 1);
		assert.match(second.stderr(), /port \d+ is taken/);
		for (const [why, ...args] of [['--tls wants lighttpd', '--tls', '--server', 'none'], ['--cert and --key want each other', '--cert', '/dev/null']]) {
			const wrong = start(...args);
			assert.equal(await wrong.gone, 2);
			assert.ok(wrong.stderr().includes(why), wrong.stderr());
		}
	});
});
