// Sessions by WebSocket, and the upgrade, spoken by hand: what PROTOCOL.md 21 to 24 ask for. Requests and WebSockets of a session go to
// any process.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { assertError, errors, eventually, ours, request, serve, sleep, test, together } from './harness.mjs';

const quick = { ping_interval: 300, ping_timeout: 1200 };
const calm = { ping_interval: 25000, ping_timeout: 20000 };

describe('a direct session', () => {
	const server = serve({ app: 'rooms', settings: calm });

	test('opens with the five fields, and no upgrade', async () => {
		const wire = await server.direct();
		assert.deepEqual(Object.keys(wire.handshake).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
		assert.deepEqual(wire.handshake.upgrades, []);
	});

	test('one packet a message, binary as it is', async () => {
		const wire = await server.direct();
		await wire.connect();
		wire.send('421["echo",{"a":[1,"ä"]}]');
		assert.equal(await wire.next(), '431[{"a":[1,"ä"]}]');
		wire.send('452-2["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from([1, 2, 0]), Buffer.alloc(0));
		assert.equal(await wire.next(), '462-2[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
		assert.deepEqual(await wire.next(), Buffer.from([1, 2, 0]));
		assert.deepEqual(await wire.next(), Buffer.alloc(0));
	});

	test('shares rooms with those who poll', async () => {
		const wire = await server.direct(), session = await server.session();
		const id = await wire.connect();
		await session.connect();
		wire.send('420["join","mixed"]');
		assert.equal(await wire.next(), '430[true]');
		await session.send('420["join","mixed"]');
		assert.equal(await wire.next(), `42["joined","${JSON.parse(await sidOf(session)).id}"]`);
		wire.send('42["say","mixed","from the wire"]');
		const said = `42["said","from the wire","${id}"]`;
		assert.equal(await wire.next(), said);
		assert.equal(await session.next(), said);
	});

	for (const [what, packets] of Object.entries({
		'an unknown type': ['9'], 'an empty message': [''], 'a ping': ['2'], 'no Socket.IO packet': ['4'], 'an event before CONNECT': ['42["echo"]'],
		'a payload that is no array': ['40', '42{}'], 'binary out of turn': ['40', Buffer.from('x')], 'a reserved event': ['40', '42["connect"]'],
		'text between attachments': ['40', '451-["echo",{"_placeholder":true,"num":0}]', '42["echo"]'],
	})) {
		test(`${what} ends the session, and nobody else's`, async () => {
			const other = await server.direct();
			await other.connect();
			const wire = await server.direct();
			wire.send(...packets);
			await wire.closed;
			other.send('420["echo",1]');
			assert.equal(await other.next(), '430[1]');
		});
	}

	ours('a close packet ends it', async () => {
		const wire = await server.direct();
		wire.send('1');
		await wire.closed;
	});

	test('is refused by polling', async () => {
		const wire = await server.direct();
		const session = server.bare();
		session.sid = wire.handshake.sid;
		assertError(await session.get(), errors.REQUEST);
		assertError(await session.post('42["echo"]'), errors.REQUEST);
	});

	test('ends when the server says so, after all that was said', async () => {
		const wire = await server.direct();
		await wire.connect();
		wire.send('42["bye",true]');
		assert.equal(await wire.next(), '42["last words"]');
		assert.equal(await wire.next(), '41');
		await wire.closed;
	});

	ours('tells others why somebody left', async () => {
		const watcher = await server.watcher();
		const left = new Promise((resolve) => watcher.on('left', (id, reason) => resolve([id, reason])));
		const wire = await server.direct();
		const id = await wire.connect();
		wire.abandon();
		assert.deepEqual(await left, [id, 'transport close']);
	});

	test('a message over maxPayload is 1009', async () => {
		const wire = await server.direct();
		await wire.connect();
		wire.send(`42["echo","${'x'.repeat(wire.handshake.maxPayload)}"]`);
		assert.equal(await wire.closed, 1009);
	});

	test('just maxPayload is taken', async () => {
		const wire = await server.direct();
		await wire.connect();
		const head = '420["echo","', tail = '"]';
		const text = 'x'.repeat(wire.handshake.maxPayload - head.length - tail.length);
		wire.send(head + text + tail);
		assert.equal(await wire.next(), `430["${text}"]`);
	});

	test('10,000 events at once come in order', async () => {
		const wire = await server.direct();
		await wire.connect();
		for (let i = 0; i < 10000; i++) wire.send(`42["ping back",${i}]`);
		for (let i = 0; i < 10000; i++) assert.equal(await wire.next(), `42["pong back",${i}]`);
	});
});

// The id of the session's socket, by an ack.
async function sidOf(session) {
	await session.send('4299["self"]');
	for (;;) {
		const packet = await session.next();
		if (packet.startsWith('4399')) return packet.slice(5, -1);
	}
}

describe('a handshake that is refused is plain HTTP', () => {
	const server = serve({ app: 'rooms', settings: calm });
	const refusals = {
		'an unknown transport': [{ query: { transport: 'smoke' } }, errors.TRANSPORT],
		'an unknown session': [{ sid: 'nobody' }, errors.SESSION],
	};

	// The reference has the message alone, as text.
	for (const [what, [options, error]] of Object.entries(refusals)) {
		test(what, async () => {
			const { status, text } = await server.wire(options).refused;
			assert.equal(status, 400);
			assert.ok(text === error.message || text === JSON.stringify(error), text);
		});
	}

	ours('another protocol', async () => {
		const { status, text } = await server.wire({ query: { EIO: '3' } }).refused;
		assert.equal(status, 400);
		assert.deepEqual(JSON.parse(text), errors.VERSION);
	});

	test('no Upgrade', async () => {
		const answer = await request(new URL(`${server.path}?EIO=4&transport=websocket`, server.urls.any));
		assertError(answer, errors.REQUEST);
	});

	ours('a page of somewhere else', async () => {
		const { status, text } = await server.wire({ headers: { Origin: 'http://evil.example' } }).refused;
		assert.equal(status, 403);
		assert.deepEqual(JSON.parse(text), { code: 4, message: 'Forbidden' });
		const own = await server.direct({ headers: { Origin: server.urls.any } });
		await own.connect();
	});
});

describe('the heartbeat', together, () => {
	const server = serve({ app: 'rooms', together, settings: quick });

	test('a pong keeps it alive', async () => {
		const wire = await server.direct();
		wire.keepPings = true;
		await wire.connect();
		for (let i = 0; i < 4; i++) {
			assert.equal(await wire.next(), '2');
			wire.send('3');
		}
	});

	test('without one it ends', async () => {
		const wire = await server.direct();
		wire.keepPings = true;
		await wire.connect();
		assert.equal(await wire.next(), '2');
		await wire.closed;
	});

	test('it goes on across the upgrade', async () => {
		const session = await server.session();
		await session.connect();
		const wire = await upgraded(server, session);
		wire.keepPings = true;
		for (let i = 0; i < 3; i++) {
			assert.equal(await wire.next(), '2');
			wire.send('3');
		}
	});
});

// The session's WebSocket after the switch; no poll is parked.
async function upgraded(server, session) {
	const wire = server.wire({ sid: session.sid });
	await wire.opened;
	wire.send('2probe');
	assert.equal(await wire.next(), '3probe');
	wire.send('5');
	return wire;
}

describe('the upgrade', () => {
	const server = serve({ app: 'rooms', settings: { ...calm, upgrade_timeout: 400 } });

	test('is offered', async () => {
		assert.deepEqual((await server.session()).handshake.upgrades, ['websocket']);
	});

	test('the probe flushes the parked poll, and polling goes on until the switch', async () => {
		for (const via of [0, 1]) {
			const session = await server.session({ via });
			await session.connect();
			const parked = session.get();
			await sleep(100);
			const wire = server.wire({ sid: session.sid });
			await wire.opened;
			wire.send('2probe');
			assert.equal(await wire.next(), '3probe');
			assert.equal((await parked).text, '6');
			await session.send('420["echo",1]');
			assert.equal(await session.next(), '430[1]');
			wire.send('5', '421["echo",2]');
			assert.equal(await wire.next(), '431[2]');
			assertError(await session.get(), errors.REQUEST);
		}
	});

	test('a poll that comes meanwhile is not held for long', async () => {
		const session = await server.session();
		await session.connect();
		const wire = server.wire({ sid: session.sid });
		await wire.opened;
		wire.send('2probe');
		await wire.next();
		assert.equal((await session.get()).text, '6');
		assert.equal((await session.get()).text, '6');
		wire.send('5', '420["echo",1]');
		assert.equal(await wire.next(), '430[1]');
	});

	test('what no poll has had follows by WebSocket, in order', async () => {
		const session = await server.session();
		await session.connect();
		const wire = server.wire({ sid: session.sid });
		await wire.opened;
		wire.send('2probe');
		await wire.next();
		await session.send(...Array.from({ length: 50 }, (_, i) => `42["ping back",${i}]`));
		wire.send('5');
		for (let i = 50; i < 100; i++) wire.send(`42["ping back",${i}]`);
		for (let i = 0; i < 100; i++) assert.equal(await wire.next(), `42["pong back",${i}]`);
	});

	ours('a poll that still waits at the switch is refused, wherever it waits', async () => {
		for (const via of [0, 1]) {
			const session = await server.session({ via });
			await session.connect();
			const wire = server.wire({ sid: session.sid, via: 1 });
			await wire.opened;
			const parked = session.get();
			await sleep(100);
			wire.send('5');
			assertError(await parked, errors.REQUEST);
			wire.send('420["echo",1]');
			assert.equal(await wire.next(), '430[1]');
		}
	});

	test('a second WebSocket is closed, the first survives', async () => {
		const session = await server.session();
		await session.connect();
		const wire = server.wire({ sid: session.sid, via: 0 });
		await wire.opened;
		wire.send('2probe');
		await wire.next();
		for (const via of [0, 1]) await server.wire({ sid: session.sid, via }).closed;
		wire.send('5', '420["echo",1]');
		assert.equal(await wire.next(), '430[1]');
		for (const via of [0, 1]) await server.wire({ sid: session.sid, via }).closed;
		wire.send('421["echo",2]');
		assert.equal(await wire.next(), '431[2]');
	});

	test('an attempt that is given up leaves polling alone, and another may follow', async () => {
		const session = await server.session();
		await session.connect();
		for (const give of [(wire) => wire.abandon(), (wire) => wire.send('4hello'), (wire) => (wire.send('2probe'), wire.send('4hello'))]) {
			const wire = server.wire({ sid: session.sid });
			await wire.opened;
			give(wire);
			await wire.closed;
			await session.send('420["echo",1]');
			assert.equal(await session.next(), '430[1]');
		}
		await eventually('the next attempt succeeds', async () => {
			const wire = server.wire({ sid: session.sid });
			await wire.opened;
			wire.send('2probe');
			const answer = await Promise.race([wire.next().catch(() => null), wire.closed.then(() => null)]);
			return answer === '3probe' && (wire.send('5', '420["echo",2]'), await wire.next() === '430[2]');
		});
	});

	test('one that takes too long is closed, polling lives on', async () => {
		const session = await server.session();
		await session.connect();
		const wire = server.wire({ sid: session.sid });
		await wire.opened;
		wire.send('2probe');
		assert.equal(await wire.next(), '3probe');
		await wire.closed;
		await session.send('420["echo",1]');
		assert.equal(await session.next(), '430[1]');
	});

	ours('a binary event begun by polling ends by WebSocket', async () => {
		const session = await server.session();
		await session.connect();
		await session.send('452-7["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', 'bAQI=');
		const wire = await upgraded(server, session);
		wire.send(Buffer.from([3]));
		assert.equal(await wire.next(), '462-7[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
		assert.deepEqual(await wire.next(), Buffer.from([1, 2]));
		assert.deepEqual(await wire.next(), Buffer.from([3]));
	});
});
