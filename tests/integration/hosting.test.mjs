// The ways to host it: behind each web server with the sidecar beside it, by https:, started by the web server, as plain CGI.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http2 from 'node:http2';
import { describe } from 'node:test';
import { collect, event, eventually, isDefault, ours, request, serve, sleep } from './harness.mjs';

const settings = { ping_interval: 400, ping_timeout: 4000 };
const transports = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };
const transport = (socket) => socket.io.engine.transport.name;
const upgraded = (socket) => eventually('the upgrade', () => transport(socket) === 'websocket');
// Waits for so many pings of an idle client that is not lost meanwhile.
const pings = (socket, count) => new Promise((resolve, reject) => {
	socket.on('disconnect', (reason) => reject(new Error(`lost: ${reason}`)));
	socket.io.on('ping', () => --count || resolve());
});
const connected = (socket) => new Promise((resolve) => socket.once('connect', resolve));

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
		await pings(socket, 2);
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

// The sidecar, at the same public port.
function upgrade(server) {
	ours('by polling, by WebSocket and by an upgrade into one room', async () => {
		const [polls, direct, both] = await Promise.all(Object.values(transports).map((list) => server.client('/', { transports: list })));
		await upgraded(both);
		assert.deepEqual([transport(polls), transport(direct)], ['polling', 'websocket']);
		const sockets = [polls, direct, both];
		for (const socket of sockets) await socket.emitWithAck('join', 'mixed');
		const heard = sockets.map((socket) => collect(socket, 'said'));
		for (const [i, socket] of sockets.entries()) await socket.emitWithAck('say', 'mixed', i);
		for (const all of heard) assert.deepEqual((await all.until(3)).map(([what]) => what), [0, 1, 2]);
	});

	ours('both attachments of 600 kB by WebSocket, and pings while idle', async () => {
		const socket = await server.client('/', { transports: transports.websocket });
		const pair = [crypto.randomBytes(600000), crypto.randomBytes(600000)];
		socket.emit('ping back', ...pair);
		assert.deepEqual((await event(socket, 'pong back')).map((bytes, i) => bytes.equals(pair[i])), [true, true]);
		await pings(socket, 2);
		assert.ok(socket.connected);
	});

	ours('the application sees the client, not the web server, by WebSocket too', async () => {
		for (const list of Object.values(transports)) {
			const self = await (await server.client('/', { transports: list })).emitWithAck('self');
			assert.equal(self.address, '127.0.0.1');
			assert.match(self.url, /^\/socket\.io\/\?.*transport=/);
		}
	});

	ours('pages of this host may open a WebSocket, others may not', async () => {
		const refused = await server.wire({ headers: { origin: 'http://elsewhere.example' } }).refused;
		assert.equal(refused.status, 403);
		assert.deepEqual(JSON.parse(refused.text), { code: 4, message: 'Forbidden' });
		assert.deepEqual((await server.direct({ headers: { origin: server.urls.any } })).handshake.upgrades, []);
	});

	ours('what is no WebSocket of ours is told so', async () => {
		assert.equal((await server.wire({ sid: 'nobody' }).refused).status, 400);
		assert.equal((await server.wire({ path: '/elsewhere' }).refused).status, 404);
		const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
		assert.equal((await request(`${server.urls.any}/socket.io/?EIO=4&transport=websocket`, { headers })).status, 426);
	});

	ours('clients come back when the sidecar dies, and it is used again once it is back', async () => {
		const both = await server.client('/', { transports: transports.upgrade });
		const direct = await server.client('/', { transports: transports.websocket });
		await upgraded(both);
		let refused = 0;
		direct.io.on('reconnect_error', () => refused++);
		const lost = [both, direct].map((socket) => event(socket, 'disconnect'));
		const again = connected(both);
		await server.server.sidecar.kill('SIGKILL');
		await Promise.all([...lost, again]);
		assert.equal(transport(both), 'polling');
		assert.deepEqual((await server.session()).handshake.upgrades, []);
		await eventually('the direct client tried again', () => refused >= 2);
		assert.equal(direct.connected, false);
		const back = connected(direct);
		await server.server.startSidecar();
		await back;
		assert.equal(await direct.emitWithAck('echo', 'here'), 'here');
		assert.equal(await both.emitWithAck('echo', 'there'), 'there');
		await upgraded(await server.client('/', { transports: transports.upgrade }));
	});
}

function plainRooms(server) {
	ours('plain WebSockets in rooms whose names want escaping', async () => {
		const socket = await server.client();
		for (const [escaped, room] of [['lobby', 'lobby'], ['caf%C3%A9%20%2F%3F%2541', 'café /?%41'], ['a?x=%2F', 'a']]) {
			await socket.emitWithAck('join', room);
			const heard = event(socket, 'message');
			const wire = server.wire({ path: `/rooms/${escaped}` });
			await wire.opened;
			wire.send(`to ${room}`);
			assert.equal(await wire.next(), `to ${room}`);
			assert.deepEqual(await heard, [`to ${room}`]);
		}
	});
}

const names = { lighttpd: 'lighttpd', apache: 'Apache', nginx: 'nginx' };

if (isDefault) {
	for (const [hosting, name] of Object.entries(names)) {
		describe(`behind ${name}`, () => {
			const server = serve({ app: 'rooms', settings, hosting });
			converse(server);
			upgrade(server);
			ours('a session across both processes', async () => {
				const session = await server.session({ via: 0 });
				await session.connect();
				const parked = session.next();
				await sleep(50);
				await session.send('421["echo",1]', { via: 1 });
				assert.equal(await parked, '431[1]');
			});
		});
		describe(`plain rooms behind ${name}`, () => plainRooms(serve({ app: 'plain', hosting })));
	}
	describe('by https: and wss:', () => {
		const server = serve({ app: 'rooms', settings, hosting: 'lighttpd', tls: true });
		const trusting = { rejectUnauthorized: false };

		ours('every transport', async () => {
			const [polls, direct, both] = await Promise.all(Object.values(transports).map((list) => server.client('/', { transports: list, ...trusting })));
			await upgraded(both);
			for (const socket of [polls, direct, both]) assert.equal(await socket.emitWithAck('echo', 1), 1);
		});

		ours('pages of this host, and no others', async () => {
			assert.equal((await server.wire({ headers: { origin: 'https://elsewhere.example' }, ...trusting }).refused).status, 403);
			await server.direct({ headers: { origin: server.urls.any }, ...trusting });
		});

		// What browsers do with a page that came by HTTP/2 (RFC 8441).
		ours('a WebSocket within an HTTP/2 connection', async () => {
			const connection = http2.connect(server.urls.any, trusting);
			const [{ enableConnectProtocol }] = await event(connection, 'remoteSettings');
			assert.ok(enableConnectProtocol);
			const stream = connection.request({
				':method': 'CONNECT', ':protocol': 'websocket', ':path': '/socket.io/?EIO=4&transport=websocket', 'sec-websocket-version': '13',
				origin: server.urls.any,
			}, { endStream: false });
			const [headers] = await event(stream, 'response');
			assert.equal(headers[':status'], 200);
			const [frame] = await event(stream, 'data');
			assert.equal(frame[0], 0x81);
			assert.match(String(frame), /0\{"sid":"/);
			connection.destroy();
		});
	});
	describe('started by the web server', () => {
		const server = serve({ app: 'rooms', settings, hosting: 'spawning' });
		converse(server);
		upgrade(server);
	});
	describe('as plain CGI', () => {
		// The path is what clients ask for, the script's name included.
		converse(serve({ app: 'rooms', settings: { ...settings, path: '/pollux.cgi/socket.io' }, hosting: 'cgi' }));
	});
}
