// The stock client connects, is refused, leaves and comes back.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, eventually, serve, sleep, test } from './harness.mjs';

describe('the stock client', () => {
	const server = serve({ app: 'rooms' });

	test('connects with its default options, as on any page', async () => {
		const socket = await server.client('/', { transports: undefined, auth: { token: 'abc' }, query: { page: '7' } });
		assert.notEqual(socket.id, socket.io.engine.id);
		const self = await socket.emitWithAck('self');
		assert.equal(self.id, socket.id);
		assert.deepEqual(self.auth, { token: 'abc' });
		assert.equal(self.query.page, '7');
		assert.ok(!socket.recovered);
		await eventually('the upgrade', () => socket.io.engine.transport.name === 'websocket');
	});

	test('keeps what the application remembers about it', async () => {
		const socket = await server.client();
		await socket.emitWithAck('remember', 'name', 'Ann');
		await socket.emitWithAck('remember', 'deep', { list: [1, { two: null }], empty: {} });
		for (let i = 0; i < 4; i++)
			assert.deepEqual((await socket.emitWithAck('self')).data, { name: 'Ann', deep: { list: [1, { two: null }], empty: {} } });
	});

	test('is refused, with data', async () => {
		const socket = server.socket('/guarded', { auth: { token: 'wrong' } });
		const [error] = await event(socket, 'connect_error');
		assert.equal(error.message, 'not authorized');
		assert.deepEqual(error.data, { code: 401, hint: ['ask', 'nicely'] });
		// A refusal is an answer: the client does not try again by itself.
		await sleep(150);
		assert.equal(socket.active, false);
	});

	test('is refused, without data', async () => {
		const [error] = await event(server.socket('/guarded'), 'connect_error');
		assert.equal(error.message, 'no token');
		assert.equal(error.data, undefined);
	});

	test('comes in once it knows better, through every middleware', async () => {
		const socket = server.socket('/guarded', { auth: { token: 'wrong' } });
		await event(socket, 'connect_error');
		socket.auth = { token: 'secret' };
		socket.connect();
		await event(socket, 'connect');
		assert.deepEqual((await socket.emitWithAck('self')).data, { role: 'keeper' });
	});

	test('a refused socket leaves its neighbours on the connection alone', async () => {
		const main = await server.client();
		const guarded = main.io.socket('/guarded', { auth: { token: 'wrong' } });
		await event(guarded, 'connect_error');
		assert.equal(await main.emitWithAck('echo', 1), 1);
	});

	test('an unknown namespace', async () => {
		const [error] = await event(server.socket('/nowhere'), 'connect_error');
		assert.equal(error.message, 'Invalid namespace');
	});

	test('several namespaces on one connection', async () => {
		const main = await server.client();
		const other = main.io.socket('/other');
		await event(other, 'connect');
		assert.notEqual(main.id, other.id);
		assert.equal((await other.emitWithAck('self')).nsp, '/other');
		const gone = event(other, 'disconnect');
		other.disconnect();
		assert.deepEqual((await gone)[0], 'io client disconnect');
		assert.equal(await main.emitWithAck('echo', 'on'), 'on');
	});

	test('namespaces do not hear each other', async () => {
		const main = await server.client(), other = await server.client('/other');
		const heardMain = collect(main, 'everyone'), heardOther = collect(other, 'everyone');
		for (const socket of [main, other]) await socket.emitWithAck('join', 'same name');
		const saidMain = collect(main, 'said'), saidOther = collect(other, 'said');
		main.emit('everyone', 'main');
		other.emit('everyone', 'other');
		await main.emitWithAck('say', 'same name', 'main');
		await other.emitWithAck('say', 'same name', 'other');
		await Promise.all([heardMain.until(1), heardOther.until(1), saidMain.until(1), saidOther.until(1)]);
		assert.deepEqual([...heardMain, ...heardOther], ['main', 'other']);
		assert.deepEqual([...saidMain, ...saidOther].map(([what]) => what), ['main', 'other']);
	});

	test('disconnects, and the others learn why', async () => {
		const left = collect(await server.watcher(), 'left');
		const socket = await server.client();
		const { id } = socket;
		socket.disconnect();
		await eventually('left is heard', () => left.some(([who]) => who === id));
		assert.ok(['client namespace disconnect', 'transport close'].includes(left.find(([who]) => who === id)[1]));
	});

	test('connects again by hand', async () => {
		const socket = await server.client();
		const { id } = socket;
		socket.disconnect().connect();
		await event(socket, 'connect');
		assert.notEqual(socket.id, id);
		assert.equal(await socket.emitWithAck('echo', 'again'), 'again');
	});

	test('reconnects by itself when its connection is gone, without rooms', async () => {
		const socket = await server.client();
		await socket.emitWithAck('join', 'forgotten');
		const { id } = socket;
		const lost = event(socket, 'disconnect'), back = event(socket, 'connect');
		socket.io.engine.close();
		assert.equal((await lost)[0], 'forced close');
		// A close of our own engine is a close: the manager reconnects, since the socket is still wanted.
		await back;
		assert.notEqual(socket.id, id);
		assert.deepEqual((await socket.emitWithAck('self')).rooms, []);
	});

	test('sends after reconnecting what was emitted in between', async () => {
		const socket = await server.client();
		const lost = event(socket, 'disconnect'), back = event(socket, 'connect');
		socket.io.engine.close();
		await lost;
		const answer = socket.emitWithAck('echo', 'buffered');
		await back;
		assert.equal(await answer, 'buffered');
	});

	test('disconnected from its namespace by the server: no reconnection', async () => {
		const socket = await server.client();
		const last = event(socket, 'last words'), lost = event(socket, 'disconnect');
		socket.emit('bye', false);
		await last;
		assert.equal((await lost)[0], 'io server disconnect');
		await sleep(150);
		assert.equal(socket.connected, false);
	});

	test('disconnected altogether by the server', async () => {
		const socket = await server.client();
		const other = socket.io.socket('/other');
		await event(other, 'connect');
		const lost = [event(socket, 'disconnect'), event(other, 'disconnect')];
		const closed = event(socket.io, 'close');
		socket.emit('bye', true);
		for (const [reason] of await Promise.all(lost)) assert.equal(reason, 'io server disconnect');
		await closed;
	});

	test('twenty clients come and go at once', async () => {
		const sockets = await Promise.all(Array.from({ length: 20 }, () => server.client()));
		assert.equal(new Set(sockets.map(({ id }) => id)).size, 20);
		await Promise.all(sockets.map(async (socket, i) => assert.equal(await socket.emitWithAck('echo', i), i)));
	});
});
