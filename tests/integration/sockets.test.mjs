// The server's API: ways to emit, any events, packets refused, sockets from anywhere, rooms told of, namespaces made on demand.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { behind, collect, event, eventually, ours, serve, test, theirs } from './harness.mjs';

const kinds = [['websocket'], ['polling'], ['polling', 'websocket']];

// Whatever was on its way before has arrived once this has.
async function settle(sockets) {
	const marks = sockets.map((socket) => event(socket, 'mark'));
	for (const socket of sockets) socket.emit('mark');
	await Promise.all(marks);
}

describe('the API of the server', () => {
	const server = serve({ app: 'sockets' });

	describe('ways to emit', () => {
		const everybody = ['self', 'roommate', 'other'];
		// Who hears it: the speaker and another are in the room, the third is not.
		const cases = {
			in: ['self', 'roommate'],
			'in and in': everybody,
			'socket in': ['roommate'],
			volatile: everybody,
			'volatile to': ['self', 'roommate'],
			'socket volatile': ['self'],
			'broadcast volatile': ['roommate', 'other'],
			'volatile broadcast': ['roommate', 'other'],
			'socket volatile to': ['roommate'],
			compress: ['self', 'roommate'],
			'socket compress': ['self'],
			local: everybody,
			'socket local': ['roommate', 'other'],
			'broadcast to': ['roommate'],
			'broadcast except': ['other'],
			except: ['other'],
			'socket except': ['other'],
		};

		test('each reaches whom it should', async () => {
			// By WebSocket, which can take volatile events always.
			const sockets = await Promise.all(everybody.map((_, i) => server.client('/', { transports: ['websocket'], via: i % 2 })));
			await sockets[0].emitWithAck('join', ['r']);
			await sockets[1].emitWithAck('join', ['r', 's']);
			await sockets[2].emitWithAck('join', 'q');
			const heard = sockets.map((socket) => collect(socket, 'said'));
			for (const [how, whom] of Object.entries(cases)) {
				sockets[0].emit('say', how, how);
				await eventually(how, () => heard.filter((all) => all.includes(how)).length === whom.length);
			}
			await settle(sockets);
			for (const [how, whom] of Object.entries(cases))
				assert.deepEqual(everybody.filter((_, i) => heard[i].includes(how)), whom, how);
		});

		ours('an array of no rooms is nobody', async () => {
			const sockets = await Promise.all(kinds.map((transports) => server.client('/', { transports })));
			const heard = sockets.map((socket) => collect(socket, 'said'));
			for (const how of ['no room', 'socket no room', 'local']) sockets[0].emit('say', how, how);
			for (const all of heard) assert.deepEqual([...(await all.until(1))], ['local']);
		});

		test('the same by polling', async () => {
			const sockets = await Promise.all(everybody.map((_, i) => server.client('/', { transports: ['polling'], via: i % 2 })));
			await sockets[0].emitWithAck('join', 'r');
			await sockets[1].emitWithAck('join', 'r');
			await sockets[2].emitWithAck('join', 'q');
			const heard = sockets.map((socket) => collect(socket, 'said'));
			const steady = Object.keys(cases).filter((how) => !how.includes('volatile'));
			for (const how of steady) sockets[0].emit('say', how, how);
			await Promise.all(everybody.map((who, i) => heard[i].until(steady.filter((how) => cases[how].includes(who)).length)));
			for (const how of steady) assert.deepEqual(everybody.filter((_, i) => heard[i].includes(how)), cases[how], how);
		});

		test('send and write are the event message', async () => {
			const [a, b] = [await server.client(), await server.client()];
			const heard = [a, b].map((socket) => collect(socket, 'message'));
			a.emit('send', 'x');
			await heard[0].until(4);
			await heard[1].until(2);
			assert.deepEqual([...heard[0]], [['x', 1], ['x', 2], ['x', 3], ['x', 4]]);
			assert.deepEqual([...heard[1]], [['x', 3], ['x', 4]]);
		});

		test('ten attachments at any depth, to everybody', async () => {
			const sockets = await Promise.all(kinds.map((transports) => server.client('/', { transports })));
			const heard = sockets.map((socket) => event(socket, 'said'));
			const bytes = Array.from({ length: 10 }, (_, i) => Buffer.alloc(i * 100, i));
			const deep = { a: [bytes[0], { b: { c: [[bytes[1]]] } }], rest: bytes.slice(2, 9) };
			sockets[0].emit('say', 'local', deep, 'text', bytes[9]);
			for (const args of await Promise.all(heard)) assert.deepEqual(args, [deep, 'text', bytes[9]]);
		});

		test('what the handshake holds', async () => {
			const socket = await server.client('/other', { auth: { token: 'x', n: [1] }, query: { room: 'blue' }, transports: ['websocket'] });
			const self = await socket.emitWithAck('self');
			assert.deepEqual(self.auth, { token: 'x', n: [1] });
			assert.equal(self.query.room, 'blue');
			assert.equal(self.query.EIO, '4');
			assert.equal(self.transport, socket.io.engine.transport.name);
			assert.deepEqual([self.nsp, self.connected, self.disconnected, self.secure], ['/other', true, false, false]);
			assert.ok(Math.abs(self.issued - Date.now()) < 60000);
			assert.ok(!Number.isNaN(new Date(self.time).getTime()));
			assert.match(self.url, /^\/socket\.io\/\?.*EIO=4/);
			assert.equal(self.host, new URL(server.urls.any).host);
			assert.equal(typeof self.address, 'string');
		});
	});

	describe('any event', () => {

		test('is seen coming, before its handlers, and going', async () => {
			for (const transports of kinds) {
				const socket = await server.client('/spy', { transports });
				await socket.emitWithAck('hello', 'a');
				await socket.emitWithAck('hello');
				socket.emit('unheard', 1);
				const told = await socket.emitWithAck('tell');
				assert.deepEqual(told, { seen: '<hello2 <hello1 <unheard1 tell1 ', sent: 'hi2 hi2 ', passed: 'hello hello unheard tell ' });
			}
		});

		test('a packet that is refused is an error of its socket', async () => {
			for (const transports of kinds) {
				const socket = await server.client('/spy', { transports });
				socket.on('never', () => assert.fail('the handler ran'));
				socket.emit('forbidden', 7);
				assert.deepEqual(await event(socket, 'refused'), ['not allowed', { code: 7 }]);
				assert.equal((await socket.emitWithAck('tell')).passed, 'tell ');
			}
		});
	});

	describe('sockets from anywhere', () => {
		// Of one namespace nobody else is in: polling at one process and the other, and WebSockets.
		const four = async (nsp, options) => {
			const all = [];
			for (const [i, transports] of [['polling'], ['polling'], ['websocket'], ['polling', 'websocket']].entries()) {
				all.push(await server.client(nsp, { transports, via: i % 2, ...options?.(i) }));
				await eventually('those of other tests have left', async () => (await all[0].emitWithAck('fetch all')).length === i + 1);
			}
			return all;
		};
		const sorted = async (asked) => (await asked).sort();
		const idsOf = (sockets) => sockets.map(({ id }) => id).sort();

		test('fetched by rooms, ids and exceptions', async () => {
			const [a, b, c, d] = await four('/other');
			await a.emitWithAck('join', ['r', 'q']);
			await b.emitWithAck('join', 'r');
			await c.emitWithAck('join', 'q');
			assert.deepEqual(await sorted(d.emitWithAck('fetch all')), idsOf([a, b, c, d]));
			assert.deepEqual(await sorted(d.emitWithAck('fetch', ['r'], [])), idsOf([a, b]));
			assert.deepEqual(await sorted(d.emitWithAck('fetch', ['r', 'q'], [])), idsOf([a, b, c]));
			assert.deepEqual(await sorted(d.emitWithAck('fetch', ['r', 'q'], ['q'])), idsOf([b]));
			assert.deepEqual(await sorted(d.emitWithAck('fetch', [], ['r'])), idsOf([c, d]));
			assert.deepEqual(await sorted(d.emitWithAck('fetch', [c.id, 'r'], [a.id])), idsOf([b, c]));
			assert.deepEqual(await sorted(d.emitWithAck('fetch', [c.id], [])), idsOf([c]));
			assert.deepEqual(await sorted(d.emitWithAck('fetch', ['nobody'], [])), []);
		});

		test('with data, handshake and rooms, and all they can do', async () => {
			const [a, b, c] = await four('/other', (i) => ({ auth: { token: `t${i}` } }));
			await b.emitWithAck('remember', { deep: [1, null] });
			await b.emitWithAck('join', ['x', 'y']);
			assert.deepEqual(await a.emitWithAck('look at', b.id), { id: b.id, data: { it: { deep: [1, null] } }, token: 't1', transport: 'polling', rooms: 2 });
			const said = event(c, 'said');
			await a.emitWithAck('use', c.id, 'emit', 'by another');
			assert.deepEqual(await said, ['by another']);
			await a.emitWithAck('use', c.id, 'join', 'z');
			assert.deepEqual(await a.emitWithAck('fetch', ['z'], []), [c.id]);
			await a.emitWithAck('use', c.id, 'leave', 'z');
			assert.deepEqual(await a.emitWithAck('fetch', ['z'], []), []);
			const gone = event(c, 'disconnect');
			await a.emitWithAck('use', c.id, 'disconnect', false);
			assert.equal((await gone)[0], 'io server disconnect');
		});

		test('join and leave together', async () => {
			const all = await four('/other');
			const [a, b, c, d] = all;
			const heard = all.map((socket) => collect(socket, 'said'));
			await a.emitWithAck('join', 'some');
			await c.emitWithAck('join', 'some');
			await d.emitWithAck('sockets join', ['some'], [], ['r', 's']);
			await b.emitWithAck('sockets join', [], ['some', d.id], 't');
			assert.deepEqual(await sorted(b.emitWithAck('fetch', ['r'], [])), idsOf([a, c]));
			assert.deepEqual(await sorted(b.emitWithAck('fetch', ['s'], [])), idsOf([a, c]));
			assert.deepEqual(await sorted(b.emitWithAck('fetch', ['t'], [])), idsOf([b]));
			b.emit('say', 'in', 1);
			await heard[0].until(1);
			await heard[2].until(1);
			await d.emitWithAck('sockets leave', ['s'], [a.id], ['r', 's']);
			b.emit('say', 'in', 2);
			await heard[0].until(2);
			await settle(all);
			assert.deepEqual(heard.map((list) => [...list]), [[1, 2], [], [1], []]);
			// A socket's id is a room that it is in already, and others may join.
			await a.emitWithAck('join', a.id);
			await d.emitWithAck('sockets join', [], [d.id], a.id);
			assert.deepEqual(await sorted(b.emitWithAck('fetch', [a.id], [])), idsOf([a, b, c]));
		});

		test('disconnect together, from the namespace or altogether', async () => {
			const [a, b, c, d] = await four('/other');
			for (const socket of [a, b, c]) await socket.emitWithAck('join', 'out');
			const lost = [a, b].map((socket) => event(socket, 'disconnect'));
			let stays = true;
			for (const socket of [c, d]) socket.on('disconnect', () => (stays = false));
			d.emit('disconnect sockets', ['out'], [c.id], false);
			for (const [reason] of await Promise.all(lost)) assert.equal(reason, 'io server disconnect');
			await eventually('the others are in no list', async () => (await d.emitWithAck('fetch all')).length === 2);
			assert.ok(stays);
			const over = event(c, 'disconnect');
			d.emit('disconnect sockets', [c.id], [], true);
			assert.equal((await over)[0], 'io server disconnect');
		});

		ours('a failed handler has moved nobody', async () => {
			const [a, b] = await four('/other');
			a.emit('join all and fail');
			assert.deepEqual(await b.emitWithAck('fetch', ['failed'], []), []);
		});
	});

	describe('rooms told of', () => {

		test('created, joined, left, deleted: each once', async () => {
			const watcher = await server.client('/hall');
			await watcher.emitWithAck('join', 'watchers');
			const told = collect(watcher, 'room');
			const a = await server.client('/hall', { transports: ['polling'], via: 0 });
			const b = await server.client('/hall', { transports: ['websocket'], via: 1 });
			const ids = [a.id, b.id];
			await a.emitWithAck('join', 'r');
			await a.emitWithAck('join', 'r');
			await b.emitWithAck('join', ['r', 'q']);
			await a.emitWithAck('leave', 'r');
			await a.emitWithAck('leave', 'r');
			await told.until(6);
			assert.deepEqual([...told], [['create-room', 'r'], ['join-room', 'r', ids[0]], ['join-room', 'r', ids[1]],
				['create-room', 'q'], ['join-room', 'q', ids[1]], ['leave-room', 'r', ids[0]]]);
			told.length = 0;
			await a.emitWithAck('sockets join', ['r'], [], 's');
			await a.emitWithAck('sockets leave', [b.id], [], ['s']);
			await told.until(4);
			assert.deepEqual([...told], [['create-room', 's'], ['join-room', 's', ids[1]], ['leave-room', 's', ids[1]], ['delete-room', 's']]);
			told.length = 0;
			const left = event(watcher, 'left');
			b.disconnect();
			await told.until(4);
			await left;
			assert.deepEqual([...told].map(([name, room]) => `${name} ${room}`).sort(), ['delete-room q', 'delete-room r', 'leave-room q', 'leave-room r']);
		});
	});

	describe('namespaces made on demand', () => {
		const patient = (nsp, options) => {
			const socket = server.socket(nsp, options);
			const welcome = event(socket, 'welcome');
			return event(socket, 'connect').then(() => welcome).then((args) => Object.assign(socket, { welcome: args }));
		};

		test('a pattern takes whole names', async () => {
			for (const transports of kinds) {
				const socket = await patient('/tenant-1', { transports });
				assert.deepEqual(socket.welcome, ['/tenant-1', '/tenant-1']);
			}
			for (const nsp of ['/tenant-', '/tenant-1x', '/a/tenant-1', '/odd']) {
				const refused = await event(server.socket(nsp), 'connect_error');
				assert.equal(refused[0].message, 'Invalid namespace');
			}
		});

		test('its middleware refuses with data', async () => {
			const [error] = await event(server.socket('/tenant-5', { auth: { refuse: true } }), 'connect_error');
			assert.equal(error.message, 'refused');
			assert.deepEqual(error.data, { nsp: '/tenant-5' });
		});

		test('each child is by itself, the parent is all of them', async () => {
			const sockets = [await patient('/tenant-1', { via: 0 }), await patient('/tenant-2', { via: 1, transports: ['polling'] }),
				await patient('/tenant-2', { via: 0, transports: ['websocket'] })];
			const main = await server.client();
			const heard = sockets.map((socket) => collect(socket, 'said'));
			sockets[1].emit('everybody here', 1);
			await heard[1].until(1);
			await heard[2].until(1);
			sockets[2].emit('others', 2);
			await heard[1].until(2);
			sockets[2].emit('everybody', 3);
			await heard[0].until(1);
			await main.emitWithAck('to tenant', '/tenant-1', 4);
			await heard[0].until(2);
			sockets[0].emit('in a room', 'r', 5);
			await heard[0].until(3);
			sockets[1].emit('in a room', 'r', 6);
			await heard[0].until(4);
			await heard[1].until(4);
			await heard[2].until(2);
			assert.deepEqual(heard.map((list) => [...list]), [[3, 4, 5, 6], [1, 2, 3, 6], [1, 3]]);
		});

		test('a function decides by name and auth', async () => {
			const socket = await patient('/odd-one', { auth: { token: 'odd' } });
			assert.deepEqual(socket.welcome, ['/odd-one']);
			const [error] = await event(server.socket('/odd-two', { auth: { token: 'even' } }), 'connect_error');
			assert.equal(error.message, 'Invalid namespace');
		});

		// Once a name has been taken, the reference asks nobody any more.
		const later = async () => {
			await patient('/odd-three', { auth: { token: 'odd' } });
			const socket = server.socket('/odd-three', { auth: { token: 'even' } });
			return Promise.race([event(socket, 'welcome').then(() => 'let in'), event(socket, 'connect_error').then(([error]) => error.message, () => {})]);
		};
		ours('also of those who come later', async () => assert.equal(await later(), 'Invalid namespace'));
		theirs('but not of those who come later', async () => assert.equal(await later(), 'let in'));
	});
});

describe('why a socket left', () => {
	const server = serve({ app: 'sockets', settings: { ping_interval: 25000, ping_timeout: 20000, connect_timeout: 45000 } });
	const impatient = serve({ app: 'sockets', settings: { ping_interval: 300, ping_timeout: 1500, connect_timeout: 45000 } });
	const ways = {
		'client namespace disconnect': async (session) => session.send('41'),
		'server namespace disconnect': async (session, id) => session.send(`42["disconnect sockets",["${id}"],[],false]`),
		'ping timeout': async () => {},
		'transport close': async (session) => session.send('1'),
		'transport error': async (session) => {
			const first = session.get();
			await session.get();
			await first.catch(() => {});
		},
		'parse error': async (session) => session.offend('x'),
		'forced close': async (session) => {
			const poll = session.get();   // the reference closes with an answer
			await session.offend('4x');
			await poll.catch(() => {});
		},
		'forced server close': async (session) => session.offend('42/other,["x"]'),
	};

	for (const [reason, leave] of Object.entries(ways)) {
		test(reason, async () => {
			const at = reason === 'ping timeout' ? impatient : server;
			const watcher = await at.client();
			await watcher.emitWithAck('join', 'watchers');
			const leaving = collect(watcher, 'leaving'), left = collect(watcher, 'left');
			const session = await at.session();
			const id = await session.connect();
			await session.send('421["join",["a","b"]]');
			await session.assertNextIs('431[true]');
			await leave(session, id);
			await eventually('it has left', () => left.some(([who]) => who === id));
			assert.deepEqual(left.filter(([who]) => who === id), [[id, reason]]);
			assert.deepEqual(leaving.filter(([who]) => who === id).map(([, why, rooms]) => [why, rooms.sort()]), [[reason, ['a', 'b']]]);
		});
	}

	// WebSockets of a sidecar that is told to end; polls outlive their process.
	behind('server shutting down', async () => {
		const watcher = await server.client('/', { transports: ['polling'] });
		await watcher.emitWithAck('join', 'watchers');
		const left = collect(watcher, 'left');
		const socket = await server.client('/', { transports: ['websocket'], reconnection: false });
		const { id } = socket;
		await server.server.restartSidecar('SIGTERM');
		await eventually('it has left', () => left.some(([who]) => who === id));
		assert.deepEqual(left.filter(([who]) => who === id), [[id, 'server shutting down']]);
	});
});
