// Rooms and broadcasts: who hears what, in which order, how often.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, eventually, serve, sleep, test } from './harness.mjs';

describe('rooms', () => {
	const server = serve({ app: 'rooms' });
	const clients = (count) => Promise.all(Array.from({ length: count }, () => server.client()));
	// Whatever was on its way before has arrived once this has.
	async function settle(sockets) {
		const marks = sockets.map((socket) => event(socket, 'pong back'));
		for (const socket of sockets) socket.emit('ping back', 'mark');
		await Promise.all(marks);
	}

	test('a room, its members and the others', async () => {
		const [a, b, c] = await clients(3);
		const joined = event(a, 'joined');
		await a.emitWithAck('join', 'blue');
		await b.emitWithAck('join', 'blue');
		assert.deepEqual(await joined, [b.id]);
		const heard = [a, b, c].map((socket) => collect(socket, 'said'));
		await a.emitWithAck('say', 'blue', 'hello');
		await settle([a, b, c]);
		assert.deepEqual(heard.map((all) => [...all]), [[['hello', a.id]], [['hello', a.id]], []]);
	});

	test('to a room but not to oneself', async () => {
		const [a, b] = await clients(2);
		for (const socket of [a, b]) await socket.emitWithAck('join', 'green');
		const heard = [a, b].map((socket) => collect(socket, 'said'));
		a.emit('others', 'green', 'psst');
		await heard[1].until(1);
		await settle([a, b]);
		assert.deepEqual(heard.map((all) => [...all]), [[], [['psst', a.id]]]);
	});

	test('one may speak to a room one is not in', async () => {
		const [a, b] = await clients(2);
		await b.emitWithAck('join', 'far');
		const heard = event(b, 'said');
		await a.emitWithAck('say', 'far', 'from outside');
		assert.deepEqual(await heard, ['from outside', a.id]);
	});

	test('everybody, everybody else', async () => {
		const [a, b] = await clients(2);
		const heard = [a, b].map((socket) => collect(socket, 'everyone'));
		a.emit('everyone', 1);
		a.emit('everyone else', 2);
		await heard[1].until(2);
		await settle([a, b]);
		assert.deepEqual(heard.map((all) => [...all]), [[1], [1, 2]]);
	});

	test('to one socket by its id', async () => {
		const [a, b, c] = await clients(3);
		const heard = [a, b, c].map((socket) => collect(socket, 'said'));
		await a.emitWithAck('say', b.id, 'for your eyes only');
		await settle([a, b, c]);
		assert.deepEqual(heard.map((all) => all.length), [0, 1, 0]);
	});

	test('several rooms: once for who is in both, never for who is excepted', async () => {
		const [a, b, both, out] = await clients(4);
		await a.emitWithAck('join', 'A');
		await b.emitWithAck('join', 'B');
		for (const room of ['A', 'B']) await both.emitWithAck('join', room);
		for (const room of ['A', 'quiet']) await out.emitWithAck('join', room);
		const heard = [a, b, both, out].map((socket) => collect(socket, 'said'));
		a.emit('to both', 'A', 'B', 'quiet', 'x');
		await heard[0].until(1);
		await settle([a, b, both, out]);
		assert.deepEqual(heard.map((all) => all.length), [1, 1, 1, 0]);
	});

	test('joining twice is joining once', async () => {
		const [a] = await clients(1);
		for (let i = 0; i < 2; i++) await a.emitWithAck('join', 'twice');
		const heard = collect(a, 'said');
		await a.emitWithAck('say', 'twice', 'x');
		await settle([a]);
		assert.equal(heard.length, 1);
		assert.deepEqual((await a.emitWithAck('self')).rooms, ['twice']);
		await a.emitWithAck('leave', 'twice');
		assert.deepEqual((await a.emitWithAck('self')).rooms, []);
	});

	test('leaving a room one is not in', async () => {
		const [a] = await clients(1);
		assert.equal(await a.emitWithAck('leave', 'never seen'), true);
	});

	test('room names of every sort', async () => {
		const [a, b] = await clients(2);
		for (const room of ['', ' ', '/', 'a,b', '[]', '"quoted"', '\u{1f600}', "it's", '%', 'null', 'x'.repeat(200)]) {
			await a.emitWithAck('join', room);
			const heard = event(a, 'said');
			await b.emitWithAck('say', room, room);
			assert.deepEqual(await heard, [room, b.id]);
			await a.emitWithAck('leave', room);
		}
	});

	test('what was said before joining and after leaving is not heard', async () => {
		const [a, b] = await clients(2);
		const heard = collect(a, 'said');
		await b.emitWithAck('say', 'time', 'before');
		await a.emitWithAck('join', 'time');
		await b.emitWithAck('say', 'time', 'during');
		await a.emitWithAck('leave', 'time');
		await b.emitWithAck('say', 'time', 'after');
		await settle([a]);
		assert.deepEqual(heard.map(([what]) => what), ['during']);
	});

	test('join and leave between two polls', async () => {
		const speaker = await server.client();
		const session = await server.session();
		await session.connect();
		await session.send('421["join","brief"]');
		await speaker.emitWithAck('say', 'brief', 'heard');
		await session.send('422["leave","brief"]');
		await speaker.emitWithAck('say', 'brief', 'not heard');
		await session.send('423["join","brief"]');
		await speaker.emitWithAck('say', 'brief', 'heard again');
		const packets = await session.take(5);
		assert.deepEqual(packets, ['431[true]', `42["said","heard","${speaker.id}"]`, '432[true]', '433[true]', `42["said","heard again","${speaker.id}"]`]);
	});

	test('what is said while nobody polls waits', async () => {
		const speaker = await server.client();
		const session = await server.session();
		await session.connect();
		await session.send('421["join","later"]');
		await session.assertNextIs('431[true]');
		for (let i = 0; i < 50; i++) speaker.emit('say', 'later', i);
		await speaker.emitWithAck('say', 'later', 50);
		const packets = await session.take(51);
		assert.deepEqual(packets.map((packet) => JSON.parse(packet.slice(2))[1]), Array.from({ length: 51 }, (_, i) => i));
	});

	test('a disconnected socket is in no room', async () => {
		const [a, b] = await clients(2);
		const left = collect(await server.watcher(), 'left');
		await a.emitWithAck('join', 'left behind');
		const { id } = a;
		a.disconnect();
		await eventually('a has left', () => left.some(([who]) => who === id));
		a.connect();
		await event(a, 'connect');
		const heard = collect(a, 'said');
		await b.emitWithAck('say', 'left behind', 'x');
		await settle([a, b]);
		assert.equal(heard.length, 0);
	});

	test('twenty clients speak at once: everybody hears all of it, once, in one order', async () => {
		const sockets = await clients(20);
		for (const socket of sockets) await socket.emitWithAck('join', 'crowd');
		const heard = sockets.map((socket) => collect(socket, 'said'));
		for (let i = 0; i < 10; i++) {
			sockets.forEach((socket, n) => socket.emit('say', 'crowd', `${n}.${i}`));
			await sleep(5);
		}
		await Promise.all(heard.map((all) => all.until(200)));
		await settle(sockets);
		const first = heard[0].map(([what]) => what);
		assert.equal(first.length, 200);
		assert.equal(new Set(first).size, 200);
		for (const all of heard) assert.deepEqual(all.map(([what]) => what), first);
		for (let n = 0; n < 20; n++)
			assert.deepEqual(first.filter((what) => what.startsWith(`${n}.`)), Array.from({ length: 10 }, (_, i) => `${n}.${i}`));
	});

	test('a burst from one handler arrives whole and in order', async () => {
		const [a] = await clients(1);
		const shots = collect(a, 'shot');
		a.emit('burst', 500);
		await shots.until(500);
		assert.deepEqual([...shots], Array.from({ length: 500 }, (_, i) => i + 1));
	});
});
