// The stock client on every transport: in one room, across the upgrade under load.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, eventually, serve, test } from './harness.mjs';

const EVENTS = 500;
const ROUNDS = Number(process.env.POLLUX_ROUNDS ?? 200);

const transports = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };

describe('the stock client', () => {
	const server = serve({ app: 'rooms' });

	test('all transports in one room hear the same in the same order', async () => {
		const sockets = await Promise.all(Object.values(transports).map((list) => server.client('/', { transports: list })));
		const heard = sockets.map((socket) => collect(socket, 'said'));
		for (const socket of sockets) await socket.emitWithAck('join', 'all');
		for (let i = 0; i < 100; i++) for (const socket of sockets) socket.emit('say', 'all', `${i}`);
		for (const list of heard) await list.until(300);
		assert.deepEqual([...heard[1]], [...heard[0]]);
		assert.deepEqual([...heard[2]], [...heard[0]]);
		await eventually('the upgrade', () => sockets[2].io.engine.transport.name === 'websocket');
	});

	test('binary and large events by WebSocket', async () => {
		const socket = await server.client('/', { transports: transports.websocket });
		const big = Buffer.alloc(600000, 7);
		const back = event(socket, 'pong back');
		socket.emit('ping back', 'x', big, { deep: [big] });
		assert.deepEqual(await back, ['x', big, { deep: [big] }]);
		const text = 'ä'.repeat(300000);
		assert.equal(await socket.emitWithAck('echo', text), text);
	});

	test('comes back after the server has closed it', async () => {
		const socket = await server.client('/', { transports: transports.websocket });
		const gone = event(socket, 'disconnect');
		socket.emit('bye', true);
		assert.equal((await gone)[0], 'io server disconnect');
		socket.connect();
		await event(socket, 'connect');
		assert.equal(await socket.emitWithAck('echo', 1), 1);
	});
});

// Both sides send without a pause while the client goes over to a WebSocket.
async function burst(server, round) {
	const socket = await server.client('/', { transports: transports.upgrade, reconnection: false });
	const shots = collect(socket, 'shot'), backs = collect(socket, 'pong back');
	const gone = new Promise((resolve, reject) => socket.once('disconnect', (reason) => reject(new Error(`${reason} in round ${round}`))));
	socket.emit('burst', EVENTS);
	for (let i = 0; i < EVENTS; i++) {
		socket.emit('ping back', i);
		if (i % 50 === 49) await new Promise((resolve) => setTimeout(resolve, round % 5));
	}
	await Promise.race([gone, Promise.all([shots.until(EVENTS), backs.until(EVENTS)])]);
	gone.catch(() => {});
	assert.deepEqual([...shots], Array.from({ length: EVENTS }, (_, i) => i + 1));
	assert.deepEqual([...backs], Array.from({ length: EVENTS }, (_, i) => i));
	await eventually('the upgrade', () => socket.io.engine.transport.name === 'websocket');
	socket.disconnect();
}

describe('across the upgrade', () => {
	const server = serve({ app: 'rooms', settings: { handshakes_per_minute: 0 } });
	const AT_ONCE = 4, GROUP = 40;

	for (let from = 0; from < ROUNDS; from += GROUP) {
		test(`bursts of ${EVENTS} events both ways arrive complete and in order, rounds ${from + 1} to ${Math.min(from + GROUP, ROUNDS)}`, async () => {
			for (let round = from; round < Math.min(from + GROUP, ROUNDS); round += AT_ONCE)
				await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => burst(server, round + i)));
		});
	}
});
