// A new version of the application on SIGHUP: no connection is dropped, a broken one changes nothing.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { before, describe } from 'node:test';
import { collect, eventually, isReference, ours, request, serve } from './harness.mjs';

const version = (n, more = '') => `
local io, part = require "pollux", require "part"
io.set { ping_interval = 25000 }
${more}
io.on("version", function(socket, ack) ack(${n}, part) end)
io.on("join", function(socket, room, ack) socket:join(room) socket.data.room = room ack(true) end)
io.on("say", function(socket, what) io.to(socket.data.room):emit("said", ${n}, what) end)
`;

// Every process is told; resolves once each has said what it made of it.
async function reload(server, text, verdict = /was loaded again|was not loaded again/g) {
	const { appPath, children, sidecar } = server.server;
	const all = [...children, ...(sidecar ? [sidecar] : [])];
	const said = (child) => child.stderr().match(verdict)?.length ?? 0;
	const until = all.map((child) => said(child) + 1);
	fs.writeFileSync(appPath, text);
	for (const child of all) child.process.kill('SIGHUP');
	await eventually('all have loaded it', () => all.every((child, i) => said(child) === until[i]), 12000);
	return all.map((child) => child.stderr());
}

if (!isReference)
	describe('a new version on SIGHUP', () => {
		const server = serve({ app: 'rooms' });
		const asked = async (socket) => {
			let answer;
			await new Promise((resolve) => socket.emit('version', (...args) => resolve((answer = args))));
			return answer;
		};
		before(async () => {
			fs.writeFileSync(`${server.server.dir}/part.lua`, 'return "part one"');
			await reload(server, version(1));
		});

		ours('serves from the next event on, whatever the transport, and nobody is dropped', async () => {
			const sockets = await Promise.all([['polling'], ['websocket'], ['polling', 'websocket']].map((transports) => server.client('/', { transports })));
			const heard = sockets.map((socket) => collect(socket, 'said'));
			const gone = sockets.map((socket) => collect(socket, 'disconnect'));
			for (const socket of sockets) await socket.emitWithAck('join', 'lobby');
			assert.deepEqual(await asked(sockets[0]), [1, 'part one']);
			fs.writeFileSync(`${server.server.dir}/part.lua`, 'return "part two"');
			await reload(server, version(2));
			for (const socket of sockets) assert.deepEqual(await asked(socket), [2, 'part two']);
			sockets.forEach((socket, i) => socket.emit('say', i));
			for (const list of heard) {
				await list.until(3);
				assert.deepEqual(list.toSorted(), [[2, 0], [2, 1], [2, 2]]);
			}
			assert.deepEqual(gone.flat(), []);
		});

		ours('a broken one is told of, and the old one goes on', async () => {
			const socket = await server.client();
			await reload(server, version(3));
			for (const text of ['x = = 1', version(4, 'error("no")'), version(5, 'io.set { pathh = "/x" }'), version(7, 'require "missing"')]) {
				for (const log of await reload(server, text)) assert.match(log, /the application cannot be loaded: .*app\.lua:\d+: .*\n.*app\.lua was not loaded again/);
				assert.deepEqual(await asked(socket), [3, 'part two']);
			}
			fs.rmSync(server.server.appPath);
			await reload(server, version(8));
			assert.deepEqual(await asked(socket), [8, 'part two']);
		});

		ours('settings change, but for some that are named', async () => {
			const handshake = () => request(`${server.urls.any}/socket.io/?EIO=4&transport=polling`, { headers: { Origin: 'http://a.example' } });
			const logs = await reload(server, version(9, 'io.set { path = "/other/", ping_timeout = 5000, cors = { origin = "*" }, cookie = true }'));
			for (const log of logs) assert.match(log, /these settings change when the process is started again: ping_timeout, path\n/);
			for (let i = 0; i < 4; i++) {
				const answer = await handshake();
				assert.equal(answer.headers['access-control-allow-origin'], '*');
				assert.match(answer.headers['set-cookie'][0], /^io=/);
				assert.equal(JSON.parse(answer.text.slice(1)).pingTimeout, 20000);
			}
			await reload(server, version(10));
			assert.equal((await handshake()).headers['access-control-allow-origin'], undefined);
		});

		ours('a namespace that is no more: its sockets stay, their events fail alone', async () => {
			await reload(server, version(11, 'io.of("/gone").on("echo", function(socket, x, ack) ack(x) end)'));
			const [there, here] = [await server.client('/gone'), await server.client()];
			assert.equal(await there.emitWithAck('echo', 1), 1);
			await reload(server, version(12));
			there.emit('echo', 2);
			assert.deepEqual(await asked(here), [12, 'part two']);
			await eventually('the log says so', () => /event "echo": the application has no such namespace any more/.test(server.server.log()));
			await reload(server, version(13, 'io.of("/gone").on("echo", function(socket, x, ack) ack(x) end)'));
			assert.equal(await there.emitWithAck('echo', 3), 3);
			assert.ok(there.connected);
		});

		ours('many times, under load', async () => {
			const socket = await server.client();
			let stop = false, count = 0;
			const asking = (async () => {
				for (; !stop; count++) assert.equal((await asked(socket)).length, 2);
			})();
			for (let n = 20; n < 30; n++) await reload(server, version(n));
			stop = true;
			await asking;
			assert.ok(count > 0);
		});
	});
