// Around joining and leaving: middleware, what a socket may do at odd moments, and what the others see of it.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, eventually, ours, serve, test, theirs } from './harness.mjs';

describe('around joining', () => {
	const server = serve({ app: 'life' });
	const enter = async (auth = {}, options = {}) => {
		const socket = server.socket('/doors', { auth, ...options });
		socket.first = event(socket, 'first');
		await event(socket, 'connect');
		return socket;
	};
	const watch = async (name) => {
		const socket = await enter();
		await socket.emitWithAck('join', 'watchers');
		return collect(socket, name);
	};

	test('a namespace\'s middleware runs in its order, before the socket is connected, and that of / not at all', async () => {
		const [first] = await (await enter()).first;
		assert.deepEqual(first.seen, [1, 2, 3]);
		assert.equal(first.early, false);
		assert.equal(first.connected, true);
	});

	test('auth is no query, and a namespace opened later has its own', async () => {
		const one = await enter({ room: 'x', odd: '&=?' }, { query: { '&a': '&=?a', page: 7 } });
		const [{ query }] = await one.first;
		assert.equal(query['&a'], '&=?a');
		assert.equal(query.page, '7');
		assert.equal(query.EIO, '4');
		assert.equal(query.odd, undefined);
	});

	test('auth may be a function, asked at every attempt', async () => {
		let asked = 0;
		const socket = await enter((done) => done({ room: `attempt ${++asked}` }));
		const back = event(socket, 'connect');
		socket.disconnect().connect();
		await back;
		const told = event(socket, 'told');
		await socket.emitWithAck('tell', 'attempt 2', 'hello');
		assert.deepEqual(await told, ['hello']);
	});

	test('a room joined in a middleware is joined', async () => {
		const [inside, outside] = [await enter({ room: 'early' }), await enter()];
		const heard = collect(outside, 'told'), told = event(inside, 'told');
		await outside.emitWithAck('tell', 'early', 'you');
		assert.deepEqual(await told, ['you']);
		assert.equal(heard.length, 0);
	});

	test('a socket that is refused after it had joined is in no room', async () => {
		const [error] = await event(server.socket('/doors', { auth: { room: 'refused', refuse: true } }), 'connect_error');
		assert.equal(error.message, 'after joining');
		const socket = await enter();
		assert.equal(await socket.emitWithAck('how many', 'refused'), 0);
	});

	for (const sendAway of ['it', 'whole'])
		test(`sent away on arrival (${sendAway}): it hears what was said to it and joins nothing more`, async () => {
			const socket = server.socket('/doors', { auth: { sendAway } });
			const first = event(socket, 'first');
			const [reason] = await event(socket, 'disconnect');
			await first;
			assert.equal(reason, 'io server disconnect');
			assert.equal(await (await enter()).emitWithAck('how many', 'late'), 0);
		});

	test('rooms are what was joined and not left, at every moment', async () => {
		assert.deepEqual(await (await enter()).emitWithAck('in and out'), [1, 2, 3, 2, 2]);
	});

	test('disconnecting comes with the rooms, then disconnect', async () => {
		const leaving = await watch('leaving'), left = await watch('left');
		const socket = await enter();
		const { id } = socket;
		for (const room of ['b', 'a']) await socket.emitWithAck('join', room);
		socket.io.engine.close();
		await eventually('both', () => leaving.some(([who]) => who === id) && left.some(([who]) => who === id));
		assert.deepEqual(leaving.find(([who]) => who === id).slice(1), [['a', 'b'], 'transport close']);
		assert.equal(left.find(([who]) => who === id)[1], 'transport close');
	});

	test('one connection ends for all its namespaces', async () => {
		const left = await watch('left');
		const doors = await enter();
		const hall = doors.io.socket('/hall');
		await event(hall, 'connect');
		const ids = [doors.id, hall.id];
		doors.io.engine.close();
		await left.until(2);
		assert.deepEqual(left.map(([id]) => id).sort(), ids.sort());
		assert.deepEqual(left.map(([, reason]) => reason), ['transport close', 'transport close']);
	});

	test('all but one socket, all but a room', async () => {
		const sockets = [await enter(), await enter(), await enter({ room: 'deaf' })];
		const heard = sockets.map((socket) => collect(socket, 'told'));
		await sockets[0].emitWithAck('all but', sockets[1].id, 'one');
		await sockets[0].emitWithAck('all but', 'deaf', 'two');
		await sockets[0].emitWithAck('all but', 'nobody', 'three');
		await Promise.all(heard.map((all, i) => all.until([3, 2, 2][i])));
		assert.deepEqual(heard.map((all) => [...all]), [['one', 'two', 'three'], ['two', 'three'], ['one', 'three']]);
	});

	test('events come once after connecting again', async () => {
		const socket = await enter();
		for (let i = 0; i < 2; i++) {
			const back = event(socket, 'connect');
			socket.io.engine.close();
			await back;
		}
		const told = collect(socket, 'told');
		await socket.emitWithAck('all but', 'nobody', 'once');
		await socket.emitWithAck('tell', socket.id, 'end');
		await told.until(2);
		assert.deepEqual([...told], ['once', 'end']);
	});

	// In one payload: the reference forgets the event, since it runs handlers a moment later, when the socket has left.
	const leaveSaying = async (session, what) => {
		await session.connect('/doors');
		await session.send(`42/doors,["note","${what}"]`, '41/doors,', '42/doors,["note","too late"]');
	};
	ours('an event just before leaving counts, one after it does not', async () => {
		const noted = await watch('noted'), left = await watch('left');
		await leaveSaying(await server.session(), 'last words');
		await Promise.all([noted.until(1), left.until(1)]);
		assert.deepEqual(noted.map(([what]) => what), ['last words']);
	});
	theirs('an event just before leaving is forgotten', async () => {
		const noted = await watch('noted'), left = await watch('left');
		await leaveSaying(await server.session(), 'last words');
		await left.until(1);
		assert.equal(noted.length, 0);
	});
});
