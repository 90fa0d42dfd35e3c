// Payloads, polls and posts (PROTOCOL.md 8 to 18). The application sends every message back.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { assertError, errors, eventually, event, halfPost, isReference, ours, SEPARATOR, serve, sleep, test, theirs } from './harness.mjs';

const settings = { ping_interval: 25000, ping_timeout: 20000, connect_timeout: 45000, max_http_buffer_size: 100000 };
const message = (...args) => `42${JSON.stringify(['message', ...args])}`;
const back = (...args) => `42${JSON.stringify(['message-back', ...args])}`;

async function connected(server, options) {
	const session = await server.session(options);
	await session.connect();
	await session.assertNextIs('42["auth",{}]');
	return session;
}

describe('polling', () => {
	const server = serve({ app: 'suite', settings });

	test('answers of GET and POST', async () => {
		const session = await connected(server);
		const posted = await session.post(message('x'));
		assert.equal(posted.status, 200);
		assert.equal(posted.text, 'ok');
		assert.equal(Number(posted.headers['content-length']), 2);
		assert.equal(posted.headers['cache-control'], 'no-store');
		const polled = await session.get();
		assert.equal(polled.status, 200);
		assert.match(polled.headers['content-type'], /^text\/plain; ?charset=utf-8$/i);
		assert.equal(Number(polled.headers['content-length']), polled.bytes.length);
		assert.equal(polled.headers['cache-control'], 'no-store');
		assert.equal(polled.text, back('x'));
	});

	test('several packets go in one payload each way', async () => {
		const session = await connected(server);
		await session.send(message(1), message(2), message(3));
		assert.equal((await session.get()).text, [back(1), back(2), back(3)].join(SEPARATOR));
	});

	test('text beyond ASCII', async () => {
		const session = await connected(server);
		const text = '\u20ac \u00e4 \u{1f4a9} \u2028 \u0001 " \\ \u0000';
		await session.send(message(text));
		assert.deepEqual(JSON.parse((await session.next()).slice(2)), ['message-back', text]);
	});

	test('the separator in a text is written as an escape', async () => {
		const session = await connected(server);
		await session.send('42["message","a\\u001eb"]');
		const packet = await session.next();
		assert.deepEqual(JSON.parse(packet.slice(2)), ['message-back', 'a\x1eb']);
	});

	test('the content type of a POST does not matter', async () => {
		const session = await connected(server);
		for (const type of ['text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'application/json']) {
			const answer = await session.post(message(type), { headers: { 'Content-Type': type } });
			assert.equal(answer.text, 'ok');
			await session.assertNextIs(back(type));
		}
	});

	test('binary is base64 after a b, without the 4', async () => {
		const session = await connected(server);
		const packets = ['452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', 'bAQIDBA==', 'b'];
		await session.send(...packets);
		assert.deepEqual(await session.take(3), [packets[0].replace('"message"', '"message-back"'), 'bAQIDBA==', 'b']);
	});

	test('a poll waits for what comes', async () => {
		const session = await connected(server);
		const parked = session.get();
		assert.equal(await Promise.race([parked, sleep(200)]), undefined);
		await session.send(message('late'));
		assert.equal((await parked).text, back('late'));
	});

	test('noops and unexpected but known packet types from the client are ignored', async () => {
		const session = await connected(server);
		await session.send('6', message('after'));
		await session.assertNextIs(back('after'));
	});

	test("a client's ping closes", async () => {
		const session = await connected(server);
		const parked = session.get();
		await sleep(50);
		await session.offend('2');
		assert.equal((await parked).text, '1');
		await session.assertClosed();
	});

	test('a second GET: the first is told the end, the second refused, the session closed', async () => {
		const session = await connected(server);
		const first = session.get();
		await sleep(50);
		const second = await session.get();
		assert.equal(second.status, 400);
		const answer = await first;
		assert.equal(answer.status, 200);
		assert.equal(answer.text, '1');
		assertError(await session.get(), errors.SESSION);
	});

	theirs('a second POST while the first is under way closes the session', async () => {
		const session = await connected(server);
		const first = halfPost(session.url(), message('first'));
		await first.sent;
		await sleep(50);
		assert.equal((await session.post(message('second'))).status, 400);
		await assert.rejects(first.answer);
		await session.assertClosed();
	});

	ours('a POST under way does not count until it is whole', async () => {
		const session = await connected(server);
		const first = halfPost(session.url(), message('first'));
		await first.sent;
		await session.send(message('second'));
		await session.assertNextIs(back('second'));
		first.finish();
		assert.equal((await first.answer).text, 'ok');
		await session.assertNextIs(back('first'));
	});

	ours('two POSTs at the same time: both count, or one is refused and the session is closed', async () => {
		for (let round = 0; round < 10; round++) {
			const session = await connected(server);
			const answers = await Promise.all([session.post(message('a'), { via: 0 }), session.post(message('b'), { via: round % 2 })]);
			const refused = answers.filter(({ status }) => status !== 200);
			if (refused.length === 0) {
				assert.deepEqual((await session.take(2)).sort(), [back('a'), back('b')]);
				continue;
			}
			for (const { status } of refused) assert.equal(status, 400);
			await session.assertClosed();
		}
	});

	test('a client that aborts its poll has left', async () => {
		const session = await connected(server);
		const abort = new AbortController();
		const parked = session.get({ signal: abort.signal });
		await sleep(50);
		abort.abort();
		await assert.rejects(parked);
		// Told by the connection's end, or else by the second GET while the first seems to be pending.
		await sleep(50);
		assert.equal((await session.get()).status, 400);
		assertError(await session.get(), errors.SESSION);
	});

	test('1 while a GET is parked', async () => {
		const session = await connected(server);
		const parked = session.get();
		await sleep(50);
		await session.send('1');
		assert.equal((await parked).text, '6');
		assertError(await session.get(), errors.SESSION);
		assertError(await session.post(message('x')), errors.SESSION);
	});

	test('1 and a GET at the same time', async () => {
		for (let round = 0; round < 5; round++) {
			const session = await connected(server);
			const [polled, posted] = await Promise.all([session.get(), session.post('1')]);
			assert.equal(posted.text, 'ok');
			assert.equal(polled.status, 200);
			assert.equal(polled.text, '6');
			assertError(await session.get(), errors.SESSION);
		}
	});

	ours('after a 1 alone the first GET is answered 6, later ones 400', async () => {
		const session = await connected(server);
		await session.send('1');
		assert.equal((await session.get()).text, '6');
		assertError(await session.get(), errors.SESSION);
	});

	test('packets after a 1 do not count', async () => {
		const session = await connected(server);
		const parked = session.get();
		await sleep(50);
		await session.send('1', message('too late'));
		assert.equal((await parked).text, '6');
		await session.assertClosed();
	});

	test('a body over maxPayload is 413, and the session lives on', async () => {
		const session = await connected(server);
		const answer = await session.post(message('x'.repeat(100000)));
		assert.equal(answer.status, 413);
		await session.send(message('smaller'));
		await session.assertNextIs(back('smaller'));
	});

	test('a body of exactly maxPayload', async () => {
		const session = await connected(server);
		const text = 'x'.repeat(100000 - message('').length);
		assert.equal(message(text).length, 100000);
		await session.send(message(text));
		await session.assertNextIs(back(text));
		assert.equal((await session.post(message(`${text}y`))).status, 413);
	});

	test('maxPayload counts bytes, not characters', async () => {
		const session = await connected(server);
		assert.equal((await session.post(message('\u20ac'.repeat(40000)))).status, 413);
		await session.send(message('\u20ac'.repeat(33000)));
		await session.assertNextIs(back('\u20ac'.repeat(33000)));
	});

	ours('a GET repeated with the same t gets the same packets again, from either process', async () => {
		const session = await connected(server);
		await session.send(message('once'));
		const first = await session.get({ stamp: 'same', via: 0 });
		assert.equal(first.text, back('once'));
		for (const via of [0, 1, 0]) assert.equal((await session.get({ stamp: 'same', via })).text, back('once'));
		await session.send(message('next'));
		assert.equal((await session.get({ via: 1 })).text, back('next'));
	});

	ours('a GET repeated after its parked answer was lost', async () => {
		const session = await connected(server);
		const parked = session.get({ stamp: 'parked', via: 0 });
		await sleep(50);
		await session.send(message('woken'), { via: 1 });
		assert.equal((await parked).text, back('woken'));
		assert.equal((await session.get({ stamp: 'parked', via: 1 })).text, back('woken'));
	});
});

describe('malformed payloads', () => {
	const server = serve({ app: 'suite', settings });
	const payloads = {
		'an unknown packet type': 'abc',
		'nothing at all': '',
		'an empty packet before another': `${SEPARATOR}${message('x')}`,
		'an empty packet after another': `${message('x')}${SEPARATOR}`,
		'a separator alone': SEPARATOR,
		'a type beyond the last': '7',
		'a ping from the client': '2',
		'a ping with a text': '2probe',
		'a letter': 'B',
		'a blank': ' 42["message"]',
	};

	for (const [name, payload] of Object.entries(payloads))
		test(name, async () => {
			const session = await connected(server);
			const status = await session.offend(payload);
			if (isReference) assert.ok([400, 200, 'reset'].includes(status), String(status));
			else assert.equal(status, 400);
			await session.assertClosed();
		});

	test('what is malformed closes a parked GET with 1', async () => {
		const session = await connected(server);
		const parked = session.get();
		await sleep(50);
		await session.offend('abc');
		assert.equal((await parked).text, '1');
		assertError(await session.get(), errors.SESSION);
	});

	test('bodies that are no text harm nobody', async () => {
		for (const bytes of [[0x34, 0xff, 0xfe], [0], [0x34, 0x32, 0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d], [0x1e, 0x1e, 0x1e], [0xc0, 0x80]]) {
			const session = await connected(server);
			await session.offend(Buffer.from(bytes));
		}
		await connected(server);
	});
});

describe('a malformed payload', () => {
	const server = serve({ app: 'rooms' });

	// The reference has decoded what stands before, but its close comes first.
	ours('counts up to the malformed packet', async () => {
		const watcher = await server.client();
		const heard = event(watcher, 'everyone');
		const session = await server.session();
		await session.connect();
		await session.offend(['42["everyone","before"]', 'abc', '42["everyone","after"]'].join(SEPARATOR));
		assert.deepEqual(await heard, ['before']);
		const next = event(watcher, 'everyone');
		watcher.emit('everyone', 'marker');
		assert.deepEqual(await next, ['marker']);
		await session.assertClosed();
	});

	test('ends the socket for the others too', async () => {
		const watcher = await server.watcher();
		const session = await server.session();
		const id = await session.connect();
		const left = event(watcher, 'left');
		await session.offend('abc');
		assert.equal((await left)[0], id);
	});
});

describe('holding', () => {
	const server = serve({ app: 'suite', settings: { ...settings, ping_interval: 500, ping_timeout: 1500 } });

	test('no poll is held longer than the ping interval', async () => {
		const session = await connected(server);
		const start = Date.now();
		await eventually('two pings in time', async () => {
			const asked = Date.now();
			const packets = await session.poll();
			assert.ok(Date.now() - asked < 500 + 400, `held ${Date.now() - asked} ms`);
			assert.deepEqual(packets.filter((packet) => packet !== '6'), ['2']);
			await session.send('3');
			return Date.now() - start > 900;
		});
	});
});

if (!isReference) describe('holding for less than the ping interval', () => {
	const server = serve({ app: 'suite', settings: { ...settings, hold_ms: 300 } });

	ours('a poll with nothing to say is answered 6', async () => {
		const session = await connected(server);
		for (let round = 0; round < 3; round++) {
			const asked = Date.now();
			assert.deepEqual(await session.poll(), ['6']);
			const held = Date.now() - asked;
			assert.ok(held >= 250 && held < 300 + 400, `held ${held} ms`);
		}
		const parked = session.get();
		await session.send(message('x'));
		assert.equal((await parked).text, back('x'));
	});
});

if (!isReference) describe('the poll budget', () => {
	const server = serve({ app: 'suite', settings: { ...settings, held_polls: 4 } });

	ours('beyond it a handshake is refused, over both processes; who is in stays', async () => {
		const sessions = [];
		for (let i = 0; i < 4; i++) sessions.push(await connected(server, { via: i % 2 }));
		const parked = sessions.map((session) => session.get());
		// Each process counts now and then.
		for (const via of [0, 1]) await eventually('the doors are closed', async () => (await server.bare().get({ via })).status === 503);
		await sessions[0].send(message('still here'));
		assert.equal((await parked[0]).text, back('still here'));
		for (const session of sessions) await session.send('1');
		await Promise.all(parked);
		await eventually('the doors are open', async () => (await server.bare().get()).status === 200);
	});
});
