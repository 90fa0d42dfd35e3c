// The ways to host it: behind Apache, started by the web server, as plain CGI. One conversation each.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { describe } from 'node:test';
import { collect, event, isReference, ours, request, serve, sleep } from './harness.mjs';

const settings = { ping_interval: 1000, ping_timeout: 2000 };

function converse(server) {
	ours('two stock clients and a room', async () => {
		const [a, b] = [await server.client(), await server.client()];
		for (const socket of [a, b]) await socket.emitWithAck('join', 'hosted');
		const heard = [a, b].map((socket) => collect(socket, 'said'));
		for (let i = 0; i < 10; i++) await (i % 2 ? a : b).emitWithAck('say', 'hosted', i);
		await Promise.all(heard.map((all) => all.until(10)));
		for (const all of heard) assert.deepEqual(all.map(([what]) => what), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
	});

	ours('two attachments of 600 kB', async () => {
		const socket = await server.client();
		const pair = [crypto.randomBytes(600000), crypto.randomBytes(600000)];
		socket.emit('ping back', ...pair);
		assert.deepEqual((await event(socket, 'pong back')).map((bytes, i) => bytes.equals(pair[i])), [true, true]);
	});

	ours('idle through some pings', async () => {
		const socket = await server.client();
		let lost = 0;
		socket.on('disconnect', () => lost++);
		await sleep(2500);
		assert.equal(lost, 0);
		assert.equal(await socket.emitWithAck('echo', 1), 1);
	});

	ours('413, errors and the bundle', async () => {
		const session = await server.session();
		assert.equal((await session.post(`4${'x'.repeat(1000001)}`)).status, 413);
		await session.connect();
		const base = `${server.urls.any}${server.path}`;
		assert.equal((await request(`${base}?EIO=4&transport=polling&sid=x`)).status, 400);
		assert.equal((await request(`${base}socket.io.min.js`)).status, 200);
	});
}

if (!isReference) {
	describe('behind Apache', () => {
		const server = serve({ app: 'rooms', settings, hosting: 'apache' });
		converse(server);
		ours('a session across both processes', async () => {
			const session = await server.session({ via: 0 });
			await session.connect();
			const parked = session.get({ via: 0 });
			await sleep(50);
			await session.send('421["echo",1]', { via: 1 });
			assert.equal((await parked).text, '431[1]');
		});
	});
	describe('started by the web server', () => {
		converse(serve({ app: 'rooms', settings, hosting: 'spawning' }));
	});
	describe('as plain CGI', () => {
		// The path is what clients ask for, the script's name included.
		converse(serve({ app: 'rooms', settings: { ...settings, path: '/pollux.cgi/socket.io' }, hosting: 'cgi' }));
	});
}
