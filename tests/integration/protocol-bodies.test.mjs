// How HTTP may bring a session's requests: in pieces, without a length, on connections of their own, and what's no request at all.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { describe } from 'node:test';
import { errors, eventually, halfPost, rawExchange, request, serve, SEPARATOR, test } from './harness.mjs';

describe('a POST', () => {
	const server = serve({ app: 'rooms', settings: { max_http_buffer_size: 100000 } });
	const connected = async () => {
		const session = await server.session();
		await session.connect();
		return session;
	};
	const echoes = async (session) => {
		await session.send('420["echo",1]');
		assert.equal(await session.next(), '430[1]');
	};

	// Without Content-Length; pieces are chunks. Resolves to the status, or 'reset'.
	const chunked = (session, pieces) => new Promise((resolve) => {
		const post = http.request(session.url(), { method: 'POST', agent: false }, (answer) => {
			answer.resume();
			resolve(answer.statusCode);
		});
		post.on('error', () => resolve('reset'));
		for (const piece of pieces) post.write(piece);
		post.end();
	});

	test('in chunks, cut anywhere', async () => {
		const session = await connected();
		assert.equal(await chunked(session, ['4', '20["ec', `ho","a"]${SEPARATOR}421["echo",`, '"b"]']), 200);
		assert.deepEqual(await session.take(2), ['430["a"]', '431["b"]']);
	});

	test('in chunks beyond the maximum: refused, and no harm to others', async () => {
		const other = await connected(), session = await connected();
		assert.ok([413, 'reset'].includes(await chunked(session, Array(30).fill('4'.repeat(10000)))));
		await echoes(other);
	});

	test('in two halves, while another session goes on', async () => {
		const other = await connected(), session = await connected();
		const half = halfPost(session.url(), '420["echo","late"]');
		await half.sent;
		await echoes(other);
		half.finish();
		assert.equal((await half.answer).text, 'ok');
		assert.equal(await session.next(), '430["late"]');
	});

	test('on a connection that ends with it, as every other request', async () => {
		const headers = { Connection: 'close' };
		const session = await server.session({ headers });
		assert.equal((await session.post('40', { headers })).text, 'ok');
		assert.match((await session.get({ headers })).text, /^40/);
		assert.equal((await session.post('420["echo",1]', { headers })).text, 'ok');
		assert.equal((await session.get({ headers })).text, '430[1]');
	});

	test('on a connection that is kept, one request behind the other', async () => {
		const session = await connected();
		const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
		for (let i = 0; i < 3; i++) {
			const answer = await new Promise((resolve, reject) => {
				const post = http.request(session.url(), { method: 'POST', agent }, (reply) => {
					reply.setEncoding('utf8').once('data', resolve);
				});
				post.on('error', reject);
				post.end(`42${i}["echo",${i}]`);
			});
			assert.equal(answer, 'ok');
		}
		agent.destroy();
		assert.deepEqual(await session.take(3), ['430[0]', '431[1]', '432[2]']);
	});

	test('of bytes, as its type says, ends the session', async () => {
		const session = await connected();
		assert.equal((await session.post('420["echo",1]', { headers: { 'Content-Type': 'application/octet-stream' } })).status, 400);
		await session.assertClosed();
	});

	test('whose client leaves in the middle does nothing', async () => {
		const session = await connected();
		const url = session.url();
		const socket = net.connect(Number(url.port), url.hostname);
		socket.on('error', () => {});
		await new Promise((resolve) => socket.write(`POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n420["echo"`, resolve));
		socket.destroy();
		const other = await connected();
		await echoes(other);
	});
});

describe('what is no handshake', () => {
	const server = serve({ app: 'rooms' });
	const upgrade = (query, more = '') => `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}`;
	const HANDSHAKE = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: DXR4dX615eRds8nRmlhqtw==\r\n';

	test('an upgrade without a word of what to, and one to something else', async () => {
		const answers = [
			await rawExchange(server.urls.any, `GET /socket.io/ HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n${HANDSHAKE}\r\n`),
			await rawExchange(server.urls.any, `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUpgrade: smoke\r\n\r\n`),
		];
		for (const answer of answers) assert.match(answer, /^HTTP\/1.1 [45]\d\d /);
		await (await server.session()).connect();
	});

	for (const [what, query] of [['of its own', () => ''], ['of a session', (session) => `&sid=${session.sid}`]])
		test(`a WebSocket ${what} whose first bytes are no frame is closed; nobody else minds`, async () => {
			const session = await server.session();
			await session.connect();
			const answer = await rawExchange(server.urls.any, `${upgrade(query(session), HANDSHAKE)}\r\ntest test test test`);
			assert.match(answer, /^HTTP\/1.1 (101|400) /);
			await eventually('polling lives on', async () => (await session.post('420["echo",1]')).text === 'ok');
			assert.equal(await session.next(), '430[1]');
		});

	test('a client that leaves right after its session has begun, by either transport', async () => {
		const wire = await server.direct(), session = await server.session();
		wire.abandon();
		session.abandon();
		const error = await request(`${server.urls.any}/socket.io/?EIO=4&transport=polling&sid=${wire.handshake.sid}`);
		assert.equal(error.status, 400);
		assert.ok([errors.REQUEST.code, errors.SESSION.code].includes(JSON.parse(error.text).code));
		await (await server.session()).connect();
	});
});
