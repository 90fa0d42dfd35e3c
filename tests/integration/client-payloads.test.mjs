// What events and acknowledgements may carry: everything JSON has, a lot of it, and binary.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { describe } from 'node:test';
import { event, serve, test } from './harness.mjs';

const digest = (bytes) => crypto.createHash('sha1').update(bytes).digest('hex');

describe('payloads', () => {
	const server = serve({ app: 'rooms' });

	test('values of every kind, there and back', async () => {
		const socket = await server.client();
		const values = [0, -1, 0.1, 1e100, 9007199254740991, '', 'text', '\u{1f600}\u0000\u2028"\\', true, false, null, {}, [], [[]], [null],
			{ a: { b: { c: [1, { d: null }] } } }, { '': 1, 'with blank': 2, __proto__x: 3, '1': 4 }];
		for (const value of values) assert.deepEqual(await socket.emitWithAck('echo', value), value);
		socket.emit('ping back', ...values);
		assert.deepEqual(await event(socket, 'pong back'), values);
	});

	test('an acknowledgement of several values', async () => {
		const socket = await server.client();
		const all = await new Promise((resolve) => socket.emit('echo', 1, null, 'three', (...args) => resolve(args)));
		assert.deepEqual(all, [1, null, 'three']);
	});

	test('an acknowledgement of nothing', async () => {
		const socket = await server.client();
		assert.deepEqual(await new Promise((resolve) => socket.emit('echo', (...args) => resolve(args))), []);
	});

	test('events nobody answers do not hold up those behind', async () => {
		const socket = await server.client();
		await assert.rejects(socket.timeout(100).emitWithAck('no such event'), /timed out/);
		assert.equal(await socket.emitWithAck('echo', 'next'), 'next');
	});

	test('two hundred acknowledgements at once, each its own', async () => {
		const socket = await server.client();
		const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => socket.emitWithAck('echo', i)));
		assert.deepEqual(answers, Array.from({ length: 200 }, (_, i) => i));
	});

	test('acknowledgements of 900 kB', async () => {
		const socket = await server.client();
		for (const text of ['x'.repeat(900000), '\u20ac'.repeat(300000)])
			assert.equal(digest(await socket.emitWithAck('echo', text)), digest(text));
	});

	test('900 kB of small values', async () => {
		const socket = await server.client();
		const list = Array.from({ length: 60000 }, (_, i) => ({ i, ok: i % 2 === 0 })).slice(0, 40000);
		assert.deepEqual(await socket.emitWithAck('echo', list), list);
	});

	// A POST is refused with 413, a WebSocket closed.
	for (const [transport, reason] of [['polling', 'transport error'], ['websocket', 'transport close']]) {
		test(`an event over maxPayload by ${transport} ends the connection, and the client comes back`, async () => {
			const socket = await server.client('/', { transports: [transport] });
			const lost = event(socket, 'disconnect'), back = event(socket, 'connect');
			socket.emit('everyone else', 'x'.repeat(1000001));
			assert.equal((await lost)[0], reason);
			await back;
			assert.equal(await socket.emitWithAck('echo', 'fine'), 'fine');
		});
	}

	test('more than maxPayload in many events goes in several posts', async () => {
		const socket = await server.client();
		const texts = Array.from({ length: 5 }, (_, i) => String(i).repeat(400000));
		const answers = await Promise.all(texts.map((text) => socket.emitWithAck('echo', text)));
		assert.deepEqual(answers.map((text) => text[0] + text.length), texts.map((text) => text[0] + text.length));
	});

	test('small attachments', async () => {
		const socket = await server.client();
		const bytes = Buffer.from([0, 1, 254, 255]);
		assert.deepEqual(await socket.emitWithAck('echo', bytes), bytes);
		assert.deepEqual(await socket.emitWithAck('echo', { deep: [bytes, { er: Buffer.alloc(0) }], text: 'b' }),
			{ deep: [bytes, { er: Buffer.alloc(0) }], text: 'b' });
		socket.emit('ping back', bytes, 'and text', bytes);
		assert.deepEqual(await event(socket, 'pong back'), [bytes, 'and text', bytes]);
	});

	test('two attachments of 600 kB in one event', async () => {
		const socket = await server.client();
		const pair = [crypto.randomBytes(600000), crypto.randomBytes(600000)];
		socket.emit('ping back', pair[0], 'between', pair[1]);
		const back = await event(socket, 'pong back');
		assert.deepEqual(back.map((value) => (typeof value === 'string' ? value : digest(value))), [digest(pair[0]), 'between', digest(pair[1])]);
	});

	test('two attachments of 600 kB in an acknowledgement', async () => {
		const socket = await server.client();
		const pair = [crypto.randomBytes(600000), crypto.randomBytes(600000)];
		const back = await socket.emitWithAck('echo', { pair });
		assert.deepEqual(back.pair.map(digest), pair.map(digest));
	});

	test('attachments to a room', async () => {
		const sockets = await Promise.all([0, 1, 2].map(() => server.client()));
		for (const socket of sockets) await socket.emitWithAck('join', 'pictures');
		const heard = sockets.map((socket) => event(socket, 'said'));
		const picture = crypto.randomBytes(200000);
		sockets[0].emit('say', 'pictures', { picture });
		for (const [what] of await Promise.all(heard)) assert.equal(digest(what.picture), digest(picture));
	});

	test('ten attachments pass', async () => {
		const socket = await server.client();
		const ten = Array.from({ length: 10 }, (_, i) => Buffer.alloc(100 * i, i));
		assert.deepEqual(await socket.emitWithAck('echo', ten), ten);
	});
});
