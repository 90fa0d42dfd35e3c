// Plain WebSockets at /rooms/NAME: no Socket.IO, one event.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, isReference, kind, ours, serve } from './harness.mjs';

// Text in frames of so many bytes, as one message.
function sendInPieces(wire, text, size) {
	const bytes = Buffer.from(text);
	for (let at = 0; at < bytes.length; at += size)
		wire.socket.send(bytes.subarray(at, at + size), { binary: false, fin: at + size >= bytes.length });
}

if (!isReference) describe('plain WebSockets', () => {
	const server = serve({ app: 'plain', settings: { max_http_buffer_size: 17000000, handler_memory: 1 << 28, process_memory: 1 << 30 } });
	const enter = async (room, options) => {
		const wire = server.wire({ path: `/rooms/${room}`, ...options });
		await wire.opened;
		return wire;
	};

	ours('hear each other in a room, text and binary, whichever process they are at', async () => {
		const [a, b, elsewhere] = [await enter('one', { via: 0 }), await enter('one', { via: 1 }), await enter('two')];
		a.send('hello', 'Grüße "und" so');
		for (const wire of [a, b]) {
			assert.equal(await wire.next(), 'hello');
			assert.equal(await wire.next(), 'Grüße "und" so');
		}
		b.send(Buffer.from([0, 255, 1]));
		assert.deepEqual(await a.next(), Buffer.from([0, 255, 1]));
		elsewhere.send('only here');
		assert.equal(await elsewhere.next(), 'only here');
	});

	ours('share the room with Socket.IO, which speaks JSON to them', async () => {
		const wire = await enter('mixed'), socket = await server.client('/', { transports: ['websocket'] });
		await socket.emitWithAck('join', 'mixed');
		const heard = collect(socket, 'message');
		wire.send('from outside');
		await heard.until(1);
		assert.equal(heard[0], 'from outside');
		assert.equal(await wire.next(), 'from outside');
	});

	ours('a name is percent-encoded; the application sees it', async () => {
		const wire = await enter('greeting');
		assert.equal(await wire.next(), 'welcome to greeting');
		const [a, b] = [await enter('%C3%BC%20%2F+'), await enter('ü%20%2F+')];
		a.send('x');
		assert.equal(await b.next(), 'x');
	});

	ours('are refused by middleware before they are WebSockets', async () => {
		const refused = await server.wire({ path: '/rooms/closed' }).refused;
		assert.equal(refused.status, 403);
		assert.deepEqual(JSON.parse(refused.text), { message: 'members only', data: { code: 7 } });
		assert.equal((await server.wire({ path: '/rooms/broken' }).refused).status, 500);
		assert.equal((await server.wire({ path: '/rooms/%FF' }).refused).status, 400);
	});

	ours('leave with a reason, by themselves or sent away', async () => {
		const watcher = await server.client();
		await watcher.emitWithAck('join', 'watchers');
		let left = event(watcher, 'left');
		const wire = await enter('one');
		wire.socket.close(4000, 'enough');
		assert.deepEqual(await left, ['one', 'transport close']);
		left = event(watcher, 'left');
		const other = await enter('one');
		other.send('leave');
		assert.equal(await other.closed, 1000);
		assert.deepEqual(await left, ['one', 'server namespace disconnect']);
	});

	ours('16 MB of text in pieces of 64 bytes come back', async () => {
		const wire = await enter('echo', { maxPayload: 1 << 25 });
		const text = 'äbcdefg '.repeat(16 * 1024 * 1024 / 9);
		sendInPieces(wire, text, 64);
		assert.equal(await wire.next() === text, true);
	});
});

// Behind a web server it is that one's configuration which says what is a WebSocket's.
if (kind === 'standalone') describe('plain WebSockets at the root', () => {
	const server = serve({ app: 'plain', settings: { rooms_path: '/' } });

	ours('every path is a room, and no path is none; Socket.IO stays where it is', async () => {
		const [a, b, none] = [server.wire({ path: '/lobby' }), server.wire({ path: '/lobby' }), server.wire({ path: '/' })];
		await Promise.all([a.opened, b.opened, none.opened]);
		a.send('hello');
		assert.equal(await b.next(), 'hello');
		const socket = await server.client('/', { transports: ['websocket'] });
		assert.equal(await socket.emitWithAck('join', 'lobby'), true);
	});
});
