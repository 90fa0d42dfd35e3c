// Who may ask from another origin (PROTOCOL.md 3).
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { assertError, errors, isReference, ours, request, serve, test } from './harness.mjs';

const ORIGIN = 'http://chat.example';
const allowed = (answer) => answer.headers['access-control-allow-origin'];
const credentials = (answer) => answer.headers['access-control-allow-credentials'];

function preflight(server, origin, query = 'EIO=4&transport=polling') {
	return request(`${server.urls.any}/socket.io/?${query}`, {
		method: 'OPTIONS',
		headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' },
	});
}

function handshake(server, origin) {
	return request(`${server.urls.any}/socket.io/?EIO=4&transport=polling`, { headers: { Origin: origin } });
}

describe('CORS off', () => {
	const server = serve({ app: 'rooms', processes: 1 });

	test('no header is sent', async () => {
		const answer = await handshake(server, ORIGIN);
		assert.equal(answer.status, 200);
		assert.deepEqual(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-')), []);
	});

	test('OPTIONS is a handshake by a wrong method', async () => assertError(await preflight(server, ORIGIN), errors.METHOD));
});

describe('CORS for everybody', () => {
	const server = serve({ app: 'rooms', settings: { cors: { origin: '*' } }, processes: 1 });

	test('OPTIONS is 204 and empty, for anything', async () => {
		for (const query of ['EIO=4&transport=polling', 'EIO=4&transport=polling&sid=nonsense', 'nothing=true']) {
			const answer = await preflight(server, ORIGIN, query);
			assert.equal(answer.status, 204);
			assert.equal(answer.text, '');
			assert.equal(allowed(answer), '*');
			for (const method of ['GET', 'POST']) assert.match(answer.headers['access-control-allow-methods'], new RegExp(`\\b${method}\\b`));
			assert.match(answer.headers['access-control-allow-headers'], /content-type/i);
		}
	});

	test('a session', async () => {
		const headers = { Origin: ORIGIN };
		const session = await server.session({ headers });
		assert.equal(allowed(session.openAnswer), '*');
		assert.equal(credentials(session.openAnswer), undefined);
		assert.equal(allowed(await session.post('40', { headers })), '*');
		assert.equal(allowed(await session.get({ headers })), '*');
	});

	test('errors have the headers as well', async () => {
		for (const query of ['EIO=4', 'EIO=3&transport=polling', 'EIO=4&transport=polling&sid=nonsense']) {
			const answer = await request(`${server.urls.any}/socket.io/?${query}`, { headers: { Origin: ORIGIN } });
			assert.equal(answer.status, 400);
			assert.equal(allowed(answer), '*');
		}
	});
});

describe('CORS for a list', () => {
	const server = serve({ app: 'rooms', settings: { cors: { origin: [ORIGIN, 'https://other.example'], credentials: true } }, processes: 1 });

	test('an origin of the list is named, with credentials', async () => {
		for (const origin of [ORIGIN, 'https://other.example'])
			for (const answer of [await handshake(server, origin), await preflight(server, origin)]) {
				assert.equal(allowed(answer), origin);
				assert.equal(credentials(answer), 'true');
				assert.match(answer.headers.vary ?? '', /origin/i);
			}
	});

	test('another one is not', async () => {
		for (const origin of ['http://evil.example', `${ORIGIN}.evil.example`, 'null', 'http://chat.exampl'])
			for (const answer of [await handshake(server, origin), await preflight(server, origin)])
				assert.ok([undefined, 'false'].includes(allowed(answer)), allowed(answer));
	});
});

describe('CORS for whoever asks', () => {
	const server = serve({ app: 'rooms', settings: { cors: { origin: true, credentials: true } }, processes: 1 });

	test('the origin comes back', async () => {
		for (const answer of [await handshake(server, ORIGIN), await preflight(server, ORIGIN)]) {
			assert.equal(allowed(answer), ORIGIN);
			assert.equal(credentials(answer), 'true');
			assert.match(answer.headers.vary ?? '', /origin/i);
		}
	});
});

if (!isReference)
	describe('CORS for everybody with credentials', () => {
		const server = serve({ app: 'rooms', settings: { cors: { origin: '*', credentials: true } }, processes: 1 });

		ours('the wildcard and credentials never go together', async () => {
			for (const answer of [await handshake(server, ORIGIN), await preflight(server, ORIGIN)])
				assert.ok(!(allowed(answer) === '*' && credentials(answer) === 'true'));
		});
	});
