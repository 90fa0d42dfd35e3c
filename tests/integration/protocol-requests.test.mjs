// What is refused before there is a session, how errors look, and where the endpoint is (PROTOCOL.md 1, 2, 8).
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { assertError, errors, isReference, ours, rawExchange, request, serve, test } from './harness.mjs';

describe('requests', () => {
	const server = serve({ app: 'rooms' });
	const ask = (query, options) => request(`${server.urls.any}/socket.io/?${query}`, options);

	for (const query of ['EIO=4', 'EIO=4&transport=abc', 'EIO=4&transport=', '', 'EIO=4&transport=webtransport',
		'EIO=4&transport=__proto__', 'EIO=4&transport=pollin'])
		test(`transport unknown: "${query}"`, async () => assertError(await ask(query), errors.TRANSPORT));

	for (const query of ['transport=polling', 'EIO=abc&transport=polling', 'EIO=3&transport=polling', 'EIO=5&transport=polling',
		'EIO=&transport=polling', 'EIO=40&transport=polling'])
		test(`protocol version: "${query}"`, async () => assertError(await ask(query), errors.VERSION));

	for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
		test(`a handshake by ${method}`, async () => assertError(await ask('EIO=4&transport=polling', { method, body: '40' }), errors.METHOD));

	test('a handshake by HEAD', async () => {
		const answer = await ask('EIO=4&transport=polling', { method: 'HEAD' });
		assert.equal(answer.status, 400);
		assert.equal(answer.text, '');
	});

	for (const sid of ['nonsense', '../../etc/passwd', "'; DROP TABLE client; --", 'x'.repeat(2000), '__proto__', '%f0%9f%92%a9'])
		test(`an unknown sid: ${sid.slice(0, 30)}`, async () => {
			for (const method of ['GET', 'POST'])
				assertError(await ask(`EIO=4&transport=polling&sid=${sid}`, { method, body: method === 'POST' ? '40' : undefined }), errors.SESSION);
		});

	ours('websocket without an upgrade, while there is no websocket at all', async () => {
		const answer = await ask('EIO=4&transport=websocket');
		assert.equal(answer.status, 400);
		assert.ok([errors.REQUEST.code, errors.TRANSPORT.code].includes(JSON.parse(answer.text).code), answer.text);
	});

	test('the checks have an order: transport, sid, method', async () => {
		assertError(await ask('EIO=9&transport=abc&sid=nonsense', { method: 'POST', body: '' }), errors.TRANSPORT);
		assertError(await ask('EIO=9&transport=polling&sid=nonsense', { method: 'PUT', body: '' }), errors.SESSION);
		assertError(await ask('EIO=9&transport=polling', { method: 'POST', body: '' }), errors.METHOD);
	});

	// engine.io 6.6.11 has it so; earlier ones looked at EIO in the handshake alone.
	test('another EIO than the handshake had is a bad request, and the session lives on', async () => {
		const session = await server.session();
		for (const EIO of [undefined, '3', '5']) assertError(await session.post('40', { query: { EIO } }), errors.REQUEST);
		await session.connect();
	});

	test('an Origin with characters that a header may not have', async () => {
		const { host } = new URL(server.urls.any);
		const text = await rawExchange(server.urls.any, `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://a\x01b\r\nConnection: close\r\n\r\n`);
		assert.match(text, /^HTTP\/1\.1 400 /);
	});

	for (const method of ['PUT', 'DELETE'])
		test(`${method} with a sid harms nobody`, async () => {
			const session = await server.session();
			const answer = await request(session.url(), { method, body: 'x' });
			// The reference answers 500.
			if (isReference) assert.equal(answer.status, 500);
			else assertError(answer, errors.REQUEST);
			await session.connect();
		});

	for (const path of ['/socket.io', '/socket.io/'])
		test(`the path as ${path}`, async () => {
			// The reference knows only the form with the slash.
			if (isReference && !path.endsWith('/')) return;
			const session = await server.session({ path });
			await session.connect();
		});

	test('a NUL in the query, which web servers refuse by themselves', async () => {
		for (const query of ['EIO=4&transport=polling%00', 'EIO=4&transport=polling&sid=%00'])
			assert.equal((await ask(query)).status, 400);
	});

	test('query parameters in any order, encoded, and unknown ones', async () => {
		const answer = await ask('foo=b%20ar&transport=%70olling&&x&=y&EIO=4&t=1');
		assert.equal(answer.status, 200);
		assert.equal(answer.text[0], '0');
	});

	test('whatever asked, the server still serves', async () => {
		await (await server.session()).connect();
	});
});

describe('another path', () => {
	const server = serve({ app: 'rooms', settings: { path: '/live/chat' } });

	test('serves there', async () => {
		const socket = await server.client();
		assert.deepEqual(await socket.emitWithAck('echo', 'hello'), 'hello');
	});

	ours('with and without slash', async () => {
		for (const path of ['/live/chat', '/live/chat/']) await (await server.session({ path })).connect();
	});

	test('and nowhere else', async () => {
		const answer = await request(`${server.urls.any}/socket.io/?EIO=4&transport=polling`);
		assert.equal(answer.status, 404);
	});
});
