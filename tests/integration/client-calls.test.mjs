// What a page may do with the stock client beyond emit: acknowledgements that do not come, events kept until there is a connection, retries,
// and connections that end at the wrong moment.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, eventually, serve, sleep, test } from './harness.mjs';

describe('the stock client', () => {
	const server = serve({ app: 'rooms' });
	// Everything that was on its way to the server and back has arrived once this has.
	const settle = (socket) => socket.emitWithAck('echo', 'mark');

	test('an acknowledgement in time, and one that never comes', async () => {
		const socket = await server.client();
		assert.equal(await socket.timeout(5000).emitWithAck('echo', 42), 42);
		await assert.rejects(socket.timeout(60).emitWithAck('nobody answers'), /timed out/);
		assert.equal(await settle(socket), 'mark');
	});

	test('an acknowledgement is an error when the connection has gone meanwhile', async () => {
		const socket = await server.client();
		const answers = [socket.emitWithAck('nobody answers'), socket.timeout(5000).emitWithAck('nobody answers')];
		socket.disconnect();
		for (const answer of answers) await assert.rejects(answer, /disconnected/);
	});

	test('what was not sent yet is sent with the next connection, in order', async () => {
		const socket = server.socket('/', { autoConnect: false });
		const order = [];
		const answers = ['a', 'b'].map((what) => socket.emitWithAck('echo', what).then((got) => order.push(got)));
		socket.volatile.emit('echo', 'not kept', () => order.push('not kept'));
		socket.connect();
		await Promise.all(answers);
		await settle(socket);
		assert.deepEqual(order, ['a', 'b']);
		socket.disconnect();
		const later = socket.emitWithAck('echo', 'c');
		socket.connect();
		assert.equal(await later, 'c');
	});

	test('retries: not while there is no connection', async () => {
		const socket = server.socket('/', { retries: 1, ackTimeout: 3000, autoConnect: false });
		const answer = socket.emitWithAck('echo', 'kept');
		await sleep(50);
		socket.connect();
		assert.equal(await answer, 'kept');
	});

	test('a namespace opened when the connection is there, and when it has gone again', async () => {
		const main = await server.client();
		const other = main.io.socket('/other');
		await event(other, 'connect');
		const closed = event(main.io, 'close');
		main.disconnect();
		assert.equal(await other.emitWithAck('echo', 'still here'), 'still here');
		other.disconnect();
		await closed;
		const again = event(other, 'connect');
		other.connect();
		await again;
		assert.equal(await other.emitWithAck('echo', 'again'), 'again');
	});

	test('one namespace left while another is joined', async () => {
		const main = await server.client();
		const other = main.io.socket('/other');
		main.disconnect();
		await event(other, 'connect');
		assert.equal(await other.emitWithAck('echo', 1), 1);
	});

	test('given up before it was open: nobody comes', async () => {
		const left = collect(await server.watcher(), 'left');
		const early = server.socket();
		early.disconnect();
		const socket = await server.client();
		const { id } = socket;
		socket.disconnect();
		await eventually('the later one has left', () => left.some(([who]) => who === id));
		assert.equal(left.length, 1);
	});

	test('rubbish from the server closes the connection, and the client comes back', async () => {
		const socket = await server.client();
		const back = event(socket, 'connect'), engine = socket.io.engine;
		engine.emit('data', 'rubbish');
		await back;
		assert.notEqual(socket.io.engine, engine);
		assert.equal(await settle(socket), 'mark');
	});

	test('a page that slept beyond its ping sends what it says after waking by a new connection', async () => {
		const socket = await server.client();
		const { id } = socket, back = event(socket, 'connect');
		socket.io.engine._pingTimeoutTime = Date.now() - 1;
		const answer = socket.emitWithAck('echo', 'awake');
		await back;
		assert.equal(await answer, 'awake');
		assert.notEqual(socket.id, id);
	});

	test('texts of all languages, bytes and false, as they were', async () => {
		const socket = await server.client();
		for (const value of ['てすと', 'Я Б Г Д Ж Й', 'Ä ä Ü ü ß', 'utf8 — string', '\u{1f600}\u2028\0', false, null, 0, ''])
			assert.equal(await socket.emitWithAck('echo', value), value);
		const when = new Date();
		assert.equal(await socket.emitWithAck('echo', when), when.toISOString());
		const { bytes, rest } = await socket.emitWithAck('echo', { bytes: new Uint8Array([1, 2, 250]).buffer, rest: 'text' });
		assert.deepEqual([...bytes], [1, 2, 250]);
		assert.equal(rest, 'text');
	});
});
