// Settings under Socket.IO's names that show on the wire: transports, upgrades, the cookie, compression, headers, allow_request.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import zlib from 'node:zlib';
import { assertError, errors, event, ours, request, serve, test, theirs } from './harness.mjs';

const one = { app: 'rooms', processes: 1 };
const open = (server, query = {}, headers) =>
	request(`${server.urls.any}/socket.io/?${new URLSearchParams({ EIO: 4, transport: 'polling', ...query })}`, { headers });
const handshakeOf = (answer) => JSON.parse(answer.text.slice(1));

describe('transports: polling alone', () => {
	const server = serve({ ...one, settings: { transports: ['polling'] } });

	test('a client that polls', async () => {
		const socket = await server.client('/', { transports: ['polling'] });
		assert.equal(await socket.emitWithAck('echo', 'x'), 'x');
	});

	test('a WebSocket is not had', async () => {
		assertError(await open(server, { transport: 'websocket' }), errors.TRANSPORT);
		await event(server.socket('/', { transports: ['websocket'], reconnection: false }), 'connect_error');
	});

	ours('nor offered, and its handshake told why', async () => {
		const answer = await open(server);
		assert.deepEqual(handshakeOf(answer).upgrades, []);
		for (const sid of [undefined, handshakeOf(answer).sid]) {
			const { status, text } = await server.wire({ sid }).refused;
			assert.deepEqual([status, JSON.parse(text)], [400, errors.TRANSPORT]);
		}
	});
});

describe('transports: WebSocket alone', () => {
	const server = serve({ ...one, settings: { transports: ['websocket'] } });

	test('a client by WebSocket, and no polling', async () => {
		const socket = await server.client('/', { transports: ['websocket'] });
		assert.equal(await socket.emitWithAck('echo', 'x'), 'x');
		assertError(await open(server), errors.TRANSPORT);
	});
});

describe('allow_upgrades = false', () => {
	const server = serve({ ...one, settings: { allow_upgrades: false } });

	test('the client stays with polling, another may come by WebSocket', async () => {
		assert.deepEqual(handshakeOf(await open(server)).upgrades, []);
		const socket = await server.client('/', { transports: ['polling', 'websocket'] });
		assert.equal(await socket.emitWithAck('echo', 'x'), 'x');
		assert.equal(socket.io.engine.transport.name, 'polling');
		await server.client('/', { transports: ['websocket'] });
	});

	// The reference does not offer it and lets it happen.
	ours('who upgrades all the same is refused', async () => {
		const { status } = await server.wire({ sid: handshakeOf(await open(server)).sid }).refused;
		assert.equal(status, 400);
	});
});

const attributes = (answer) => answer.headers['set-cookie'][0].split('; ').slice(1).sort();
const cookies = {
	'true': [true, 'io', ['HttpOnly', 'Path=/', 'SameSite=Lax']],
	'a table': [{ name: 'id', path: '/x', domain: 'a.example', max_age: 3600, http_only: false, secure: true, same_site: 'none', partitioned: true, priority: 'high' }, 'id',
		['Domain=a.example', 'Max-Age=3600', 'Partitioned', 'Path=/x', 'Priority=High', 'SameSite=None', 'Secure']],
	'a few fields': [{ name: 'id', same_site: 'strict' }, 'id', ['HttpOnly', 'Path=/', 'SameSite=Strict']],
};
for (const [what, [cookie, name, expected]] of Object.entries(cookies))
	describe(`the cookie: ${what}`, () => {
		const server = serve({ ...one, settings: { cookie } });

		test('is set at the handshake and never again', async () => {
			const session = await server.session();
			assert.equal(session.openAnswer.headers['set-cookie'].length, 1);
			// The reference spells it Partitioned or leaves it out, as its cookie package is old or new.
			const got = attributes(session.openAnswer);
			assert.deepEqual(got.filter((a) => a !== 'Partitioned'), expected.filter((a) => a !== 'Partitioned'));
			assert.ok(session.openAnswer.headers['set-cookie'][0].startsWith(`${name}=${session.sid}; `));
			assert.equal((await session.post('40')).headers['set-cookie'], undefined);
			assert.equal((await session.get()).headers['set-cookie'], undefined);
		});

		ours('in full, by WebSocket too', async () => {
			const session = await server.session();
			assert.deepEqual(attributes(session.openAnswer), expected);
			const wire = server.wire();
			const [response] = await event(wire.socket, 'upgrade');
			assert.equal(response.headers['set-cookie'][0].split('=')[0], name);
		});
	});

describe('no cookie', () => {
	const server = serve(one);

	test('unless it is asked for', async () => assert.equal((await open(server)).headers['set-cookie'], undefined));
});

describe('CORS in detail', () => {
	const server = serve({ ...one, settings: { cors: { origin: 'http://a.example', methods: ['GET', 'POST'], allowed_headers: ['x-one', 'x-two'], exposed_headers: 'x-three', max_age: 600 } } });
	const headers = { Origin: 'http://a.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'x-other' };

	test('a preflight tells methods, headers and age', async () => {
		const answer = await request(`${server.urls.any}/socket.io/?EIO=4&transport=polling`, { method: 'OPTIONS', headers });
		assert.equal(answer.status, 204);
		assert.equal(answer.headers['access-control-allow-methods'], 'GET,POST');
		assert.equal(answer.headers['access-control-allow-headers'], 'x-one,x-two');
		assert.equal(answer.headers['access-control-expose-headers'], 'x-three');
		assert.equal(answer.headers['access-control-max-age'], '600');
	});

	test('other answers tell what is exposed, the client\'s files too', async () => {
		for (const path of ['?EIO=4&transport=polling', 'socket.io.js']) {
			const answer = await request(`${server.urls.any}/socket.io/${path}`, { headers });
			assert.equal(answer.status, 200);
			assert.equal(answer.headers['access-control-expose-headers'], 'x-three');
			assert.equal(answer.headers['access-control-allow-origin'], 'http://a.example');
			assert.equal(answer.headers['access-control-allow-methods'], undefined);
		}
	});
});

// An answer by polling of about so many bytes.
async function answerOf(server, size, headers) {
	const session = await server.session();
	await session.connect();
	await session.send(`420["echo","${'x'.repeat(size)}"]`);
	return session.get({ headers });
}
const gzip = { 'Accept-Encoding': 'br;q=1, gzip;q=0.5' };

describe('compression as it is by itself', () => {
	const server = serve(one);

	test('long answers are compressed for who takes it', async () => {
		const answer = await answerOf(server, 5000, gzip);
		assert.equal(answer.headers['content-encoding'], 'gzip');
		assert.ok(answer.bytes.length < 500);
		assert.equal(Number(answer.headers['content-length'] ?? answer.bytes.length), answer.bytes.length);
		assert.equal(String(zlib.gunzipSync(answer.bytes)), `430["${'x'.repeat(5000)}"]`);
	});

	test('others are not', async () => {
		for (const headers of [{}, { 'Accept-Encoding': 'br' }, { 'Accept-Encoding': 'gzip;q=0' }, { 'Accept-Encoding': 'x-gzip2, identity' }]) {
			const answer = await answerOf(server, 5000, headers);
			assert.equal(answer.headers['content-encoding'], undefined);
			assert.equal(answer.text, `430["${'x'.repeat(5000)}"]`);
		}
		assert.equal((await answerOf(server, 100, gzip)).headers['content-encoding'], undefined);
	});

	test('the client\'s files', async () => {
		const url = `${server.urls.any}/socket.io/socket.io.js`;
		const [plain, small] = [await request(url), await request(url, { headers: { 'Accept-Encoding': 'gzip' } })];
		assert.equal(plain.headers['content-encoding'], undefined);
		assert.equal(small.headers['content-encoding'], 'gzip');
		assert.ok(zlib.gunzipSync(small.bytes).equals(plain.bytes));
	});

	ours('each form has its own ETag', async () => {
		const url = `${server.urls.any}/socket.io/socket.io.js`;
		const [plain, small] = [await request(url), await request(url, { headers: gzip })];
		assert.notEqual(plain.headers.etag, small.headers.etag);
		assert.match(small.headers.vary, /accept-encoding/i);
		const again = await request(url, { headers: { ...gzip, 'If-None-Match': small.headers.etag } });
		assert.deepEqual([again.status, again.text, again.headers['content-encoding']], [304, '', undefined]);
		assert.equal((await request(url, { headers: { 'If-None-Match': small.headers.etag } })).status, 200);
	});

	test('a poll that has waited is compressed likewise', async () => {
		const session = await server.session();
		await session.connect();
		const waiting = session.get({ headers: gzip });
		await session.send(`420["echo","${'y'.repeat(5000)}"]`);
		const answer = await waiting;
		assert.equal(answer.headers['content-encoding'], 'gzip');
		assert.equal(String(zlib.gunzipSync(answer.bytes)), `430["${'y'.repeat(5000)}"]`);
	});
});

describe('http_compression = false', () => {
	const server = serve({ ...one, settings: { http_compression: false } });

	test('no answer is compressed', async () => assert.equal((await answerOf(server, 5000, gzip)).headers['content-encoding'], undefined));
});

describe('http_compression with a threshold', () => {
	const server = serve({ ...one, settings: { http_compression: { threshold: 200, level: 9 } } });

	test('counts from there', async () => {
		assert.equal((await answerOf(server, 150, gzip)).headers['content-encoding'], undefined);
		assert.equal((await answerOf(server, 300, gzip)).headers['content-encoding'], 'gzip');
	});
});

const FORBIDDEN = (message) => [403, { code: 4, message }];
const refusal = async (answer) => [answer.status, JSON.parse(answer.text)];

describe('allow_request and initial_headers', () => {
	const server = serve({ app: 'doors' });

	test('a refusal is 403, code 4, with the message', async () => {
		assert.deepEqual(await refusal(await open(server, { door: 'closed' })), FORBIDDEN('not by this "door"'));
		assert.deepEqual(await refusal(await open(server, { door: 'shut' })), FORBIDDEN('Forbidden'));
	});

	test('the stock client hears of it', async () => {
		const socket = server.socket('/', { query: { door: 'closed' }, reconnection: false });
		const [error] = await event(socket, 'connect_error');
		assert.ok(error.message.length);
	});

	// The reference answers 400 and the bare message.
	ours('a WebSocket is refused likewise', async () => {
		const { status, text } = await server.wire({ query: { door: 'closed' } }).refused;
		assert.deepEqual([status, JSON.parse(text)], FORBIDDEN('not by this "door"'));
	});
	theirs('a WebSocket is refused otherwise', async () => assert.equal((await server.wire({ query: { door: 'closed' } }).refused).status, 400));

	test('others are not asked twice', async () => {
		const session = await server.session({ query: { name: 'ann' } });
		assert.equal(session.openAnswer.headers['x-first'], 'ann');
		assert.ok(session.openAnswer.headers['x-address'].length);
		const posted = await session.post('40', { query: { door: 'closed' } });
		assert.equal(posted.status, 200);
		assert.equal(posted.headers['x-first'], undefined);
		assert.equal((await session.get()).headers['x-first'], undefined);
	});

	test('several headers of one name', async () => assert.deepEqual((await open(server, { name: 'many' })).headers['set-cookie'], ['a=1', 'b=2']));

	test('a client goes through all of it', async () => {
		const socket = await server.client('/', { query: { name: 'ann' } });
		assert.equal(await socket.emitWithAck('echo', 'x'), 'x');
	});

	ours('headers of a WebSocket', async () => {
		const wire = server.wire({ query: { name: 'wes' } });
		const [response] = await event(wire.socket, 'upgrade');
		assert.equal(response.headers['x-first'], 'wes');
	});

	ours('what fails in there is 500, and harms nobody', async () => {
		const socket = await server.client();
		for (const query of [{ door: 'broken' }, { door: 'endless' }, { door: 'emitting' }, { name: 'bad' }]) {
			const answer = await open(server, query);
			assert.deepEqual([answer.status, answer.text], [500, '{"message":"Internal error"}']);
		}
		assert.equal(await socket.emitWithAck('echo', 'still'), 'still');
	});
});

describe('headers and initial_headers as tables', () => {
	const server = serve({ ...one, settings: { headers: { 'X-Every': 'yes' }, initial_headers: { 'X-First': ['a', 'b'] } } });

	ours('on every answer, and on the first', async () => {
		const session = await server.session();
		const posted = await session.post('40');
		assert.deepEqual([session.openAnswer, posted].map(({ headers }) => [headers['x-every'], headers['x-first']]), [['yes', 'a, b'], ['yes', undefined]]);
		assert.equal((await open(server, { transport: 'nothing' })).headers['x-every'], 'yes');
	});
});
