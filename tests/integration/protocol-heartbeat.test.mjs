// Pings, pongs and deadlines (PROTOCOL.md 19, 20, 25).
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, eventually, isReference, serve, sleep, test, together } from './harness.mjs';

const INTERVAL = 400, TIMEOUT = 400, LATE = 600;

describe('heartbeat', together, () => {
	const server = serve({ app: 'rooms', together, settings: { ping_interval: INTERVAL, ping_timeout: TIMEOUT, connect_timeout: 700 } });

	test('a parked GET is answered with the ping when it falls due', async () => {
		const session = await server.session();
		await session.connect();
		let due = Date.now();
		for (let round = 0; round < 3; round++) {
			assert.deepEqual(await session.poll(), ['2']);
			const waited = Date.now() - due;
			assert.ok(waited >= INTERVAL * 0.8 && waited <= INTERVAL + LATE, `after ${waited} ms`);
			due = Date.now();
			await session.send('3');
		}
	});

	test('a ping that fell due between two polls waits for the next', async () => {
		const session = await server.session();
		await session.connect();
		await sleep(INTERVAL + 100);
		const asked = Date.now();
		assert.deepEqual(await session.poll(), ['2']);
		assert.ok(Date.now() - asked < 300);
	});

	test('no pong: closed', async () => {
		const session = await server.session();
		await session.connect();
		assert.deepEqual(await session.poll(), ['2']);
		await sleep(TIMEOUT + LATE);
		await session.assertClosed();
	});

	test('a poll that is parked meanwhile is ended', async () => {
		const session = await server.session();
		await session.connect();
		assert.deepEqual(await session.poll(), ['2']);
		const asked = Date.now();
		const answer = await session.get();
		assert.ok(Date.now() - asked < TIMEOUT + LATE);
		assert.equal(answer.text, '1');
		await session.assertClosed();
	});

	test('only a pong counts: messages and polls do not', async () => {
		const session = await server.session();
		const id = await session.connect();
		const left = collect(await server.watcher(), 'left');
		const end = Date.now() + INTERVAL + TIMEOUT + LATE;
		let answer;
		do {
			answer = await session.post('42["say","nobody",1]');
			await sleep(50);
		} while (answer.status === 200 && Date.now() < end);
		assert.equal(answer.status, 400);
		await eventually('the others are told', () => left.some(([who, why]) => who === id && why === 'ping timeout'));
	});

	test('the deadline expires with nobody polling, and the others are told', async () => {
		const session = await server.session();
		const id = await session.connect();
		const start = Date.now();
		const left = collect(await server.watcher(), 'left');
		await eventually('somebody tells', () => left.some(([who, why]) => who === id && why === 'ping timeout'));
		assert.ok(Date.now() - start < INTERVAL + TIMEOUT + LATE);
		await session.assertClosed();
	});

	test('a pong nobody asked for does no harm', async () => {
		const session = await server.session();
		await session.connect();
		await session.send('3', '3');
		await session.send('421["echo",1]');
		await session.assertNextIs('431[1]');
	});

	test("a client's ping closes", async () => {
		const session = await server.session();
		await session.connect();
		const parked = session.get();
		await sleep(50);
		await session.offend('2');
		assert.equal((await parked).text, '1');
		await session.assertClosed();
	});

	test('no CONNECT in time closes', async () => {
		const session = await server.session();
		const end = Date.now() + 700 + 2 * LATE;
		let closed = false;
		// The pings are answered: what closes is the missing CONNECT.
		while (!closed && Date.now() < end) {
			const answer = await session.get();
			if (answer.status !== 200) closed = true;
			else if (answer.text === '2') await session.post('3');
			else if (answer.text.split('\x1e').includes('1')) closed = true;
		}
		assert.ok(closed);
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
		let lost = 0, pings = 0;
		socket.on('disconnect', () => lost++);
		socket.io.on('ping', () => pings++);
		await sleep(5 * INTERVAL + 200);
		assert.equal(lost, 0);
		assert.equal(socket.id, id);
		assert.ok(pings >= 3, `${pings} pings`);
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
