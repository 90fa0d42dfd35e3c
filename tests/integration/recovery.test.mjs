// Connection state recovery (PROTOCOL.md 33 to 37): stock clients whose connections break.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, eventually, isReference, ours, serve, sleep, test, theirs } from './harness.mjs';
import { Line } from './lib/line.mjs';

const settings = { ping_interval: 25000, ping_timeout: 20000, connection_state_recovery: { max_disconnection_duration: 20000 } };
// Theirs, made twice in one millisecond, has a dot and a counter.
const offset = isReference ? /^[\w-]+(\.\d+)?$/ : /^[\w-]{8}\.\d+$/;

// What was said, without positions.
const words = (said) => said.map(([what]) => what);
const connected = (socket) => new Promise((resolve) => socket.once('connect', resolve));

// Breaks the connection and waits until the client is back.
async function cut(socket, meanwhile = async () => {}) {
	socket.io.reconnectionDelay(300);
	const gone = event(socket, 'disconnect');
	socket.io.engine.close();
	await gone;
	const back = connected(socket);
	await meanwhile();
	await back;
}

describe('recovery', () => {
	const server = serve({ app: 'recovery', settings });

	for (const transports of [['polling'], ['websocket'], undefined]) {
		const how = transports?.[0] ?? 'both';

		test(`id, rooms, data and what was missed come back: ${how}`, async () => {
			const [a, b] = [await server.client('/', { transports }), await server.client()];
			const said = collect(a, 'said');
			const { id } = a;
			assert.equal(a.recovered, false);
			await a.emitWithAck('join', `room ${how}`);
			await b.emitWithAck('say', `room ${how}`, 'before');
			await said.until(1);
			assert.match(said[0][1], offset);
			await cut(a, async () => {
				await eventually('it has left', async () => await b.emitWithAck('count', `room ${how}`) === 0);
				for (const what of ['one', 'two', 'three']) await b.emitWithAck('say', `room ${how}`, what);
				await b.emitWithAck('say', id, 'four');
				await b.emitWithAck('say', 'elsewhere', 'not for it');
			});
			assert.equal(a.recovered, true);
			assert.equal(a.id, id);
			await b.emitWithAck('say', `room ${how}`, 'after');
			await said.until(6);
			assert.deepEqual(words(said), ['before', 'one', 'two', 'three', 'four', 'after']);
			assert.deepEqual(await a.emitWithAck('self'),
				{ id, recovered: true, data: { admitted: 1, connections: 2 }, rooms: [`room ${how}`] });
		});
	}

	test('rooms hear that it is in them again', async () => {
		const [watcher, a] = [await server.watcher(), await server.client()];
		const joined = collect(watcher, 'joined');
		const { id } = a;
		a.emit('hello');
		await event(a, 'said');
		await a.emitWithAck('join', 'heard');
		await joined.until(1);
		await cut(a);
		assert.equal(a.recovered, true);
		await joined.until(2);
		assert.deepEqual([...joined].map(([socket, room]) => [socket, room]), [[id, 'heard'], [id, 'heard']]);
	});

	test('again and again', async () => {
		const [a, b] = [await server.client(), await server.client()];
		const said = collect(a, 'said');
		const { id } = a;
		a.emit('hello');
		await said.until(1);
		for (let i = 0; i < 4; i++) {
			await cut(a, () => b.emitWithAck('say', id, `lost ${i}`));
			assert.equal(a.recovered, true);
			await b.emitWithAck('say', id, `live ${i}`);
			await said.until(3 + 2 * i);
		}
		assert.deepEqual(words(said), ['hello', ...[0, 1, 2, 3].flatMap((i) => [`lost ${i}`, `live ${i}`])]);
	});

	test('bytes', async () => {
		const [a, b] = [await server.client(), await server.client()];
		const said = collect(a, 'said');
		const { id } = a;
		a.emit('hello');
		await said.until(1);
		await cut(a, () => b.emitWithAck('say', id, { deep: [Buffer.from([1, 2, 3]), Buffer.alloc(0)] }));
		await said.until(2);
		assert.deepEqual(said[1][0], { deep: [Buffer.from([1, 2, 3]), Buffer.alloc(0)] });
	});

	test('each namespace for itself', async () => {
		const b = await server.client('/other');
		const a = await server.client();
		const other = a.io.socket('/other');
		const said = collect(other, 'said');
		await connected(other);
		other.emit('hello');
		a.emit('hello');
		await Promise.all([said.until(1), event(a, 'said')]);
		other.emit('leave me', false);
		await event(other, 'disconnect');
		const { id } = a;
		await cut(a);
		assert.deepEqual([a.recovered, a.id], [true, id]);
		other.connect();
		await connected(other);
		assert.equal(other.recovered, false);
		await b.emitWithAck('say', other.id, 'new');
		await said.until(2);
		assert.deepEqual(words(said), ['hello', 'new']);
	});

	test('whoever was told to leave, or left, does not come back', async () => {
		const [a, b] = [await server.client(), await server.client()];
		for (const socket of [a, b]) {
			socket.emit('hello');
			await event(socket, 'said');
		}
		const ids = [a.id, b.id];
		const back = [connected(a), connected(b)];
		a.disconnect().connect();
		b.once('disconnect', () => b.connect());
		b.emit('leave me', true);
		await Promise.all(back);
		assert.deepEqual([a.recovered, b.recovered], [false, false]);
		assert.ok(!ids.includes(a.id) && !ids.includes(b.id));
	});

	test('what the client brings beside it', async () => {
		const a = await server.client('/', { auth: { token: 'right' } });
		a.emit('hello');
		await event(a, 'said');
		a.auth = { token: 'wrong' };
		await cut(a);
		assert.equal(a.recovered, true);
		a.auth = { pid: 'forged, overriding its own' };
		await cut(a);
		assert.equal(a.recovered, false);
	});

	// Their client has no position yet, so it can name none.
	const quiet = async () => {
		const [a, b] = [await server.client(), await server.client()];
		const said = collect(a, 'said');
		const { id } = a;
		await a.emitWithAck('join', 'quiet');
		await cut(a, () => b.emitWithAck('say', 'quiet', 'first'));
		if (!a.recovered) return false;
		assert.equal(a.id, id);
		await said.until(1);
		assert.deepEqual(words(said), ['first']);
		return true;
	};
	theirs('without an event before: not', async () => assert.equal(await quiet(), false));
	ours('without an event before', async () => assert.equal(await quiet(), true));

	// Their volatile events have none, so the client takes the last argument for one.
	const trailing = async () => {
		const a = await server.client('/', { transports: ['websocket'] });
		const said = collect(a, 'said');
		a.emit('hello');
		await said.until(1);
		a.emit('say volatile', a.id, 'a string at the end');
		await said.until(2);
		await cut(a);
		return a.recovered;
	};
	theirs('a volatile event that ends in a string: lost', async () => assert.equal(await trailing(), false));
	ours('a volatile event that ends in a string', async () => assert.equal(await trailing(), true));

	ours('in another process, with another transport', async () => {
		const line = new Line(server.urls.each[0]);
		const url = await line.start();
		try {
			const b = await server.client();
			const a = server.socket('/', { url, transports: ['polling'] });
			const said = collect(a, 'said');
			await connected(a);
			await a.emitWithAck('join', 'far');
			await b.emitWithAck('say', 'far', 'one');
			await said.until(1);
			line.to(server.urls.each[1]);
			let back = connected(a);
			await line.cut(a);
			await b.emitWithAck('say', 'far', 'two');
			await back;
			assert.equal(a.recovered, true);
			line.to(server.urls.any);
			a.io.opts.transports = ['websocket'];
			back = connected(a);
			await line.cut(a);
			await b.emitWithAck('say', 'far', 'three');
			await back;
			assert.equal(a.io.engine.transport.name, 'websocket');
			assert.equal(a.recovered, true);
			await said.until(3);
			assert.deepEqual(words(said), ['one', 'two', 'three']);
		} finally {
			await line.stop();
		}
	});

	// The server does not know yet that the connection is gone.
	const halfOpen = async (transports) => {
		const line = new Line(server.urls.any);
		const url = await line.start();
		try {
			const b = await server.watcher();
			const a = server.socket('/', { url, transports });
			const [said, left] = [collect(a, 'said'), collect(b, 'left')];
			await connected(a);
			const { id } = a;
			a.emit('hello');
			await said.until(1);
			await a.emitWithAck('join', 'half');
			const back = connected(a);
			await line.cut(a, { halfOpen: true });
			await b.emitWithAck('say', 'half', 'lost');
			await back;
			if (!a.recovered) return false;
			assert.equal(a.id, id);
			line.dropKept();
			await b.emitWithAck('say', 'half', 'there');
			await said.until(3);
			assert.deepEqual(words(said), ['hello', 'lost', 'there']);
			// One that polls may have told its end after all.
			assert.equal(left.length, 1);
			assert.equal(left[0][0], id);
			assert.match(left[0][1], transports[0] === 'polling' ? /^transport/ : /^transport error$/);
			return true;
		} finally {
			await line.stop();
		}
	};
	theirs('the old connection is half-open: not', async () => assert.equal(await halfOpen(['websocket']), false));
	ours('the old connection is half-open: websocket', async () => assert.equal(await halfOpen(['websocket']), true));
	ours('the old connection is half-open: polling', async () => assert.equal(await halfOpen(['polling']), true));

	ours('two at once with one pid: one has it, the other is told that it is not connected', async () => {
		const [first, b] = [await server.session(), await server.client()];
		await first.send('40');
		const { sid, pid } = JSON.parse((await first.next()).slice(2));
		const rivals = await Promise.all([0, 1].map((via) => server.session({ via })));
		await Promise.all(rivals.map((rival) => rival.send(`40${JSON.stringify({ pid })}`)));
		for (const rival of rivals) assert.deepEqual(JSON.parse((await rival.next()).slice(2)), { sid, pid });
		assert.equal(await first.next(), '41');
		await b.emitWithAck('say', sid, 'to one');
		const heard = await Promise.all(rivals.map((rival) => rival.next()));
		assert.deepEqual(heard.map((packet) => packet.slice(0, 13)).sort(), ['41', '42["said","to']);
	});

	ours('pids are no guesses, nor ids', async () => {
		const sessions = await Promise.all([1, 2].map(() => server.session()));
		const replies = [];
		for (const session of sessions) {
			await session.send('40');
			replies.push(JSON.parse((await session.next()).slice(2)));
		}
		const all = [...replies.flatMap(({ sid, pid }) => [sid, pid]), ...sessions.map(({ sid }) => sid)];
		assert.equal(new Set(all).size, 6);
		for (const { pid } of replies) assert.match(pid, /^[\w-]{20,}$/);
	});
});

describe('recovery with middleware', () => {
	const server = serve({ app: 'recovery', settings: { ...settings, connection_state_recovery: { skip_middlewares: false } } });

	test('is asked again', async () => {
		const a = await server.client();
		a.emit('hello');
		await event(a, 'said');
		await cut(a);
		assert.equal(a.recovered, true);
		assert.deepEqual((await a.emitWithAck('self')).data, { admitted: 2, connections: 2 });
		a.auth = { token: 'wrong' };
		const refused = event(a, 'connect_error');
		a.io.engine.close();
		assert.equal((await refused)[0].message, 'wrong token');
	});
});

describe('the window', () => {
	const window = 400;
	const server = serve({ app: 'recovery', settings: { ...settings, connection_state_recovery: { max_disconnection_duration: window } } });

	test('who comes later is new', async () => {
		const a = await server.client();
		a.emit('hello');
		await event(a, 'said');
		const { id } = a;
		a.io.reconnection(false);
		a.io.engine.close();
		await sleep(2 * window);
		a.connect();
		await connected(a);
		assert.equal(a.recovered, false);
		assert.notEqual(a.id, id);
	});

	// Their packets go when they are older than the window, whoever has them for the last.
	const afterSilence = async () => {
		const a = await server.client();
		a.emit('hello');
		await event(a, 'said');
		await sleep(2 * window);
		a.io.reconnectionDelay(20);
		const back = connected(a);
		a.io.engine.close();
		await back;
		return a.recovered;
	};
	theirs('after a silence longer than the window: not', async () => assert.equal(await afterSilence(), false));
	ours('after a silence longer than the window', async () => assert.equal(await afterSilence(), true));
});

if (!isReference) describe('recovery across a restart', () => {
	const server = serve({ app: 'recovery', settings });

	for (const transport of ['polling', 'websocket']) ours(`everything is killed and started again: ${transport}`, async () => {
		const b = await server.client();
		const line = new Line(server.urls.any);
		const url = await line.start();
		try {
			const a = server.socket('/', { url, transports: [transport] });
			const said = collect(a, 'said');
			await connected(a);
			const { id } = a;
			await a.emitWithAck('join', 'crash');
			await b.emitWithAck('say', 'crash', 'one');
			await said.until(1);
			line.hold();
			await b.emitWithAck('say', 'crash', 'two');
			await server.server.killAll();
			await server.server.startAll();
			// A web server that found them gone may not look again at once.
			await eventually('it serves', () => server.session().catch(() => undefined), 10000);
			const c = await server.client();
			await c.emitWithAck('say', 'crash', 'three');
			const back = connected(a);
			line.release();
			await back;
			await said.until(3);
			assert.deepEqual(words(said), ['one', 'two', 'three']);
			assert.deepEqual(await a.emitWithAck('self'), { id, recovered: true, data: { admitted: 1, connections: 2 }, rooms: ['crash'] });
		} finally {
			await line.stop();
		}
	});
});

describe('without recovery', () => {
	const server = serve({ app: 'recovery' });

	test('nothing is on the wire', async () => {
		const session = await server.session();
		await session.send(`40${JSON.stringify({ pid: 'x', offset: 'y' })}`);
		assert.deepEqual(Object.keys(JSON.parse((await session.next()).slice(2))), ['sid']);
		await session.send('42["hello"]');
		await session.assertNextIs('42["said","hello"]');
		const a = await server.client();
		await cut(a);
		assert.equal(a.recovered ?? false, false);
	});
});
