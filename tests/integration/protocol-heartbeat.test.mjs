// Pings, pongs and deadlines (PROTOCOL.md 19, 20, 25).
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, eventually, isReference, serve, sleep, test, together } from './harness.mjs';

// Late is no offence: machines are busy. What comes too early is, and what never comes.
const INTERVAL = 600, TIMEOUT = 1500;

describe('heartbeat', together, () => {
	const server = serve({ app: 'rooms', together, settings: { ping_interval: INTERVAL, ping_timeout: TIMEOUT, connect_timeout: 900 } });

	test('a parked GET is answered with the ping when it falls due', async () => {
		let begun = Date.now();
		const session = await server.session();
		await session.connect();
		for (let round = 0; round < 3; round++) {
			assert.deepEqual(await session.poll(), ['2']);
			const waited = Date.now() - begun;
			assert.ok(waited >= INTERVAL - 10, `after ${waited} ms`);
			begun = Date.now();
			await session.send('3');
		}
	});

	test('a ping that fell due between two polls waits for the next', async () => {
		const session = await server.session();
		await session.connect();
		await sleep(INTERVAL + 100);
		// The one after it would never come: without a pong the session is over before.
		assert.deepEqual(await session.poll(), ['2']);
	});

	test('no pong: closed', async () => {
		const session = await server.session();
		await session.connect();
		assert.deepEqual(await session.poll(), ['2']);
		await sleep(TIMEOUT + 100);
		await session.assertClosed();
	});

	test('a poll that is parked meanwhile is ended', async () => {
		const session = await server.session();
		await session.connect();
		assert.deepEqual(await session.poll(), ['2']);
		assert.equal((await session.get()).text, '1');
		await session.assertClosed();
	});

	test('only a pong counts: messages and polls do not', async () => {
		const session = await server.session();
		const id = await session.connect();
		const left = collect(await server.watcher(), 'left');
		let answer;
		do {
			answer = await session.post('42["say","nobody",1]');
			await sleep(50);
		} while (answer.status === 200);
		assert.equal(answer.status, 400);
		await eventually('the others are told', () => left.some(([who, why]) => who === id && why === 'ping timeout'));
	});

	test('the deadline expires with nobody polling, and the others are told', async () => {
		const session = await server.session();
		const id = await session.connect();
		const left = collect(await server.watcher(), 'left');
		await eventually('somebody tells', () => left.some(([who, why]) => who === id && why === 'ping timeout'), 10000);
		await session.assertClosed();
	});

	test('a pong nobody asked for does no harm', async () => {
		const session = await server.session();
		await session.connect();
		await session.send('3', '3');
		await session.send('421["echo",1]');
		await session.assertNextIs('431[1]');
	});

	test('no CONNECT in time closes', async () => {
		const session = await server.session();
		let closed = false;
		// The pings are answered: what closes is the missing CONNECT.
		while (!closed) {
			const answer = await session.get();
			if (answer.status !== 200) closed = true;
			else if (answer.text === '2') await session.post('3');
			else if (answer.text.split('\x1e').includes('1')) closed = true;
		}
		await session.assertClosed();
	});

	test('a refused CONNECT is none: the timeout still runs', async () => {
		const session = await server.session();
		await session.send('40/random,');
		await session.assertNextIs('44/random,{"message":"Invalid namespace"}');
		await assert.rejects(async () => {
			for (let i = 0; i < 20; i++) assert.equal(await session.next(), '1');
		});
		await session.assertClosed();
	});

	test('a stock client stays connected through a long idle time', async () => {
		const socket = await server.client();
		const { id } = socket;
		const pings = collect(socket.io, 'ping'), lost = collect(socket, 'disconnect');
		await pings.until(3);
		assert.equal(lost.length, 0);
		assert.equal(socket.id, id);
		assert.equal(await socket.emitWithAck('echo', 'still here'), 'still here');
	});
});

describe('the suites\' ping', () => {
	const server = serve({ app: 'suite' });

	test('opens with 300 and 200 ms', async () => {
		const { handshake } = await server.session();
		assert.equal(handshake.pingInterval, 300);
		assert.equal(handshake.pingTimeout, 200);
		assert.equal(handshake.maxPayload, 1000000);
	});

	test('is closed at 500 ms sharp when nothing was answered', async () => {
		const session = await server.session();
		await sleep(500 + (isReference ? 20 : 5));
		assert.equal((await session.get()).status, 400);
	});
});
