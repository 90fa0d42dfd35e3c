// The browser's client is served beside the endpoint.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import vm from 'node:vm';
import { assertError, errors, isReference, request, serve, test } from './harness.mjs';

const require = createRequire(import.meta.url);
const dist = path.join(path.dirname(require.resolve('socket.io-client/package.json')), 'dist');
const files = {
	'socket.io.js': 'javascript',
	'socket.io.min.js': 'javascript',
	'socket.io.esm.min.js': 'javascript',
	'socket.io.js.map': 'json',
	'socket.io.min.js.map': 'json',
	'socket.io.esm.min.js.map': 'json',
};

describe('the client bundle', () => {
	const server = serve({ app: 'rooms' });
	const get = (file, headers, method) => request(`${server.urls.any}/socket.io/${file}`, { headers, method });

	for (const [file, type] of Object.entries(files))
		test(file, async () => {
			const answer = await get(file);
			assert.equal(answer.status, 200);
			assert.match(answer.headers['content-type'], new RegExp(`^(application|text)/${type}; ?charset=utf-8$`, 'i'));
			assert.equal(Buffer.compare(answer.bytes, fs.readFileSync(path.join(dist, file))), 0, 'not the npm package\'s bytes');
			assert.match(answer.headers.etag, /^(W\/)?"[^"]+"$/);
		});

	test('it is not sent again to who has it', async () => {
		const { headers } = await get('socket.io.min.js');
		for (const etag of [headers.etag, `W/${headers.etag.replace(/^W\//, '')}`]) {
			const answer = await get('socket.io.min.js', { 'If-None-Match': etag });
			assert.equal(answer.status, 304);
			assert.equal(answer.text, '');
		}
		assert.equal((await get('socket.io.min.js', { 'If-None-Match': '"another"' })).status, 200);
	});

	test('a query does not matter', async () => assert.equal((await get('socket.io.js?v=1')).status, 200));

	test('it is the script a page expects', async () => {
		const { text } = await get('socket.io.js');
		const page = vm.createContext({ setTimeout, clearTimeout, URL, TextEncoder, TextDecoder });
		vm.runInContext(`this.self = this; this.window = this; ${text}`, page);
		assert.equal(typeof page.io, 'function');
		assert.equal(typeof page.io.Manager, 'function');
	});

	for (const file of ['../rooms.lua', '..%2f..%2fetc/passwd', 'socket.io.js/', 'socket.io.jsx', 'socket.io.msgpack', 'LICENSE'])
		test(`nothing else is served: ${file}`, async () => assert.notEqual((await get(file)).status, 200));
});

describe('serve_client = false', () => {
	const server = serve({ app: 'rooms', settings: { serve_client: false } });

	test('no bundle', async () => {
		const answer = await request(`${server.urls.any}/socket.io/socket.io.js`);
		// The reference takes it for a request of a session.
		if (isReference) assertError(answer, errors.TRANSPORT);
		else assert.equal(answer.status, 404);
	});
	test('but the endpoint', async () => (await server.session()).connect());
});
