// ./run, with every web server and with none.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, afterEach, before, describe } from 'node:test';
import { io } from 'socket.io-client';
import { event, eventually, isDefault, ours, request } from './harness.mjs';
import { makeTree, serveByRun, startRun } from './lib/run.mjs';
import { root } from './lib/servers.mjs';
import { Wire } from './lib/wire.mjs';

// The numbers of the processes that it started itself and that run this program.
function childrenOf(pid, program) {
	const all = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
	return all.filter((child) => fs.readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0')[0].endsWith(`/${program}`));
}

if (isDefault) describe('./run', () => {
	let tree;
	const open = [];
	before(() => {
		tree = makeTree();
		fs.writeFileSync(`${tree}/app.lua`, `${fs.readFileSync(`${root}/tests/apps/rooms.lua`)}io.set { rooms_path = "/" }\n`);
		fs.mkdirSync(`${tree}/pages`);
		fs.writeFileSync(`${tree}/pages/index.html`, 'a page of its own');
		fs.writeFileSync(`${tree}/pages/404.html`, 'not here');
	});
	after(() => fs.rmSync(tree, { recursive: true, force: true }));
	afterEach(async () => {
		for (const close of open.splice(0).reverse()) await close();
	});

	function start(...args) {
		const child = startRun(tree, args);
		open.push(() => child.stop());
		return child;
	}

	async function serving(...args) {
		const served = await serveByRun(tree, ['--app', 'app.lua', ...args]);
		open.push(() => served.run.stop());
		return served;
	}

	async function client(url, ...transports) {
		const socket = io(url, { transports, forceNew: true, rejectUnauthorized: false, reconnectionDelay: 20, reconnectionDelayMax: 200 });
		open.push(() => socket.disconnect());
		await event(socket, 'connect');
		return socket;
	}

	for (const [what, ...args] of [['lighttpd'], ['Apache', '--server', 'apache'], ['nginx', '--server', 'nginx'], ['no web server', '--server', 'none'], ['lighttpd and https:', '--tls']]) {
		ours(`with ${what}: every transport, a folder of pages, and an end that leaves nothing`, async () => {
			const { run, url, port } = await serving('--static', 'pages', ...args);
			for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
				const socket = await client(url, ...transports);
				await eventually('the transport', () => socket.io.engine.transport.name === transports.at(-1));
				assert.equal(await socket.emitWithAck('echo', 1), 1);
			}
			const wire = new Wire(url.replace(/^http/, 'ws'), { rejectUnauthorized: false });
			open.push(() => wire.abandon());
			await wire.opened;
			const tls = { rejectUnauthorized: false };
			assert.equal((await request(url, tls)).text, 'a page of its own');
			const missing = await request(`${url}nowhere`, tls);
			assert.deepEqual([missing.status, missing.text], [404, 'not here']);
			const children = childrenOf(run.process.pid, 'pollux-ws');
			assert.equal(await run.kill('SIGTERM'), 0);
			await assert.rejects(request(`http://127.0.0.1:${port}/`));
			for (const pid of children) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
		});
	}

	ours('passes SIGHUP on: a new version, and nobody is dropped', async () => {
		const { run, url } = await serving();
		const socket = await client(url, 'polling', 'websocket');
		const text = fs.readFileSync(`${tree}/app.lua`, 'utf8');
		fs.writeFileSync(`${tree}/app.lua`, `${text}io.on("version", function(socket, ack) ack(2) end)\n`);
		run.process.kill('SIGHUP');
		await eventually('three have loaded it', () => run.stderr().match(/was loaded again/g)?.length === 3);
		fs.writeFileSync(`${tree}/app.lua`, text);
		assert.equal(await socket.emitWithAck('version'), 2);
	});

	ours('starts a sidecar again that was killed', async () => {
		const { run, url } = await serving();
		assert.match((await request(url)).text, /<title>Pollux chat/);
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
		const nowhere = start('--static', 'nowhere');
		assert.equal(await nowhere.gone, 1);
		assert.match(nowhere.stderr(), /there is no folder \S+\/nowhere/);
		for (const [why, ...args] of [['--tls wants lighttpd', '--tls', '--server', 'none'], ['--cert and --key want each other', '--cert', '/dev/null']]) {
			const wrong = start(...args);
			assert.equal(await wrong.gone, 2);
			assert.ok(wrong.stderr().includes(why), wrong.stderr());
		}
	});
});
