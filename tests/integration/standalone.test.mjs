// pollux-ws --standalone without anything in front: its files, its addresses, and being started twice. (What it serves otherwise all the
// other files ask it too, with POLLUX_SERVER=standalone.)
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe } from 'node:test';
import zlib from 'node:zlib';
import { WebSocket } from 'ws';
import { collect, event, eventually, isDefault, ours, rawExchange, request, serve } from './harness.mjs';
import { Child } from './lib/child.mjs';
import { freePorts, untilAccepting } from './lib/ports.mjs';
import { build } from './lib/servers.mjs';

const program = path.join(build, 'pollux-ws');
const once = (emitter, name) => new Promise((resolve, reject) => emitter.once(name, resolve).once('error', reject));

const page = {
	'content-security-policy': "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	'x-content-type-options': 'nosniff',
	'referrer-policy': 'no-referrer',
	'cache-control': 'no-cache',
};

if (isDefault) describe('files', () => {
	const server = serve({ app: 'rooms', hosting: 'standalone', processes: 1 });
	const large = Buffer.alloc(20e6, 'pollux ');
	const get = (file, options) => request(server.urls.any + file, options);
	// As it stands: nothing is decoded or shortened on the way.
	const raw = async (target, method = 'GET') => Number((await rawExchange(server.urls.any, `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).slice(9, 12));

	before(() => {
		const { dir } = server.server;
		const www = `${dir}/www`;
		fs.mkdirSync(`${www}/js`);
		fs.writeFileSync(`${dir}/secret.txt`, 'secret');
		for (const name of ['index.html', '404.html', 'a b.css', 'app.js', 'm.mjs', 'd.json', 'i.svg', 'i.png', 'i.ico', 'f.woff2', 't.txt', 'plain', 'js/index.html', '.hidden'])
			fs.writeFileSync(`${www}/${name}`, `this is ${name}\n`);
		fs.writeFileSync(`${www}/large.bin`, large);
		fs.writeFileSync(`${www}/empty.txt`, '');
		fs.symlinkSync('t.txt', `${www}/inside.txt`);
		fs.symlinkSync('../secret.txt', `${www}/outside.txt`);
		fs.symlinkSync(`${dir}/secret.txt`, `${www}/absolute.txt`);
		fs.symlinkSync('..', `${www}/up`);
		spawnSync('mkfifo', [`${www}/fifo`]);
	});

	ours('their types, and the headers that the shipped configurations set', async () => {
		const types = {
			'/': 'text/html; charset=utf-8', '/index.html': 'text/html; charset=utf-8', '/a%20b.css': 'text/css; charset=utf-8',
			'/app.js': 'text/javascript; charset=utf-8', '/m.mjs': 'text/javascript; charset=utf-8', '/d.json': 'application/json',
			'/i.svg': 'image/svg+xml', '/i.png': 'image/png', '/i.ico': 'image/x-icon', '/f.woff2': 'font/woff2',
			'/t.txt?v=1': 'text/plain; charset=utf-8', '/plain': 'application/octet-stream', '/js/': 'text/html; charset=utf-8',
		};
		for (const [file, type] of Object.entries(types)) {
			const answer = await get(file);
			assert.equal(answer.status, 200, file);
			assert.equal(answer.headers['content-type'], type, file);
			for (const [name, value] of Object.entries(page)) assert.equal(answer.headers[name], value, `${file}: ${name}`);
		}
		assert.equal((await get('/js/')).text, 'this is js/index.html\n');
		assert.equal((await get('/empty.txt')).text, '');
		assert.equal((await get('/inside.txt')).text, 'this is t.txt\n');
	});

	ours('are asked for again', async () => {
		const first = await get('/app.js');
		const { etag } = first.headers;
		assert.match(etag, /^"[^"]+"$/);
		for (const known of [etag, `"other", ${etag}`, `W/${etag}`, '*']) {
			const again = await get('/app.js', { headers: { 'If-None-Match': known } });
			assert.equal(again.status, 304);
			assert.equal(again.text, '');
			assert.equal(again.headers.etag, etag);
		}
		assert.equal((await get('/app.js', { headers: { 'If-None-Match': '"other"' } })).status, 200);
		assert.equal((await get('/app.js', { headers: { 'If-Modified-Since': first.headers['last-modified'] } })).status, 304);
		fs.writeFileSync(`${server.server.dir}/www/app.js`, 'now longer than before\n');
		const changed = await get('/app.js', { headers: { 'If-None-Match': etag } });
		assert.equal(changed.status, 200);
		assert.equal(changed.text, 'now longer than before\n');
	});

	ours('text is compressed for who takes it', async () => {
		const headers = { 'Accept-Encoding': 'gzip' };
		fs.writeFileSync(`${server.server.dir}/www/long.txt`, 'long '.repeat(1000));
		fs.writeFileSync(`${server.server.dir}/www/huge.txt`, 'huge '.repeat(300000));
		const [plain, small] = [await get('/long.txt'), await get('/long.txt', { headers })];
		assert.deepEqual([plain.headers['content-encoding'], small.headers['content-encoding']], [undefined, 'gzip']);
		assert.equal(String(zlib.gunzipSync(small.bytes)), plain.text);
		assert.equal(small.headers['content-length'], String(small.bytes.length));
		assert.notEqual(plain.headers.etag, small.headers.etag);
		for (const { headers: { vary } } of [plain, small]) assert.equal(vary, 'Accept-Encoding');
		const head = await get('/long.txt', { method: 'HEAD', headers });
		assert.deepEqual([head.text, head.headers['content-length']], ['', String(small.bytes.length)]);
		assert.equal((await get('/long.txt', { headers: { ...headers, 'If-None-Match': small.headers.etag } })).status, 304);
		for (const file of ['/t.txt', '/large.bin', '/huge.txt']) assert.equal((await get(file, { headers })).headers['content-encoding'], undefined);
	});

	ours('HEAD, other methods, what is not there, a folder without its slash', async () => {
		const head = await get('/t.txt', { method: 'HEAD' });
		assert.equal(head.headers['content-length'], '14');
		assert.equal(head.text, '');
		for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
			const answer = await get('/t.txt', { method });
			assert.equal(answer.status, 405);
			assert.equal(answer.headers.allow, 'GET, HEAD');
		}
		const missing = await get('/nothing.html');
		assert.equal(missing.status, 404);
		assert.equal(missing.text, 'this is 404.html\n');
		const folder = await get('/js?x=1');
		assert.equal(folder.status, 301);
		assert.equal(folder.headers.location, '/js/?x=1');
	});

	ours('large ones arrive whole, several at once', async () => {
		for (const answer of await Promise.all([1, 2, 3].map(() => get('/large.bin')))) assert.ok(answer.bytes.equals(large));
	});

	ours('nothing else: no way leads out of the folder', async () => {
		const targets = ['/../secret.txt', '/js/../../secret.txt', '/%2e%2e/secret.txt', '/.%2e/secret.txt', '/%2E%2E%2Fsecret.txt', '/js/..%2f..%2fsecret.txt',
			'/..%5csecret.txt', '/..\\secret.txt', '/outside.txt', '/absolute.txt', '/up/secret.txt', '/up/', '/up', '/.hidden', '/%2ehidden', '/js/.', '/./t.txt',
			'//t.txt', '/js//index.html', '/t.txt%00', '/t.txt%00.html', '/t.txt/', '/t%2', '/%zz', '/fifo', '/large.bin/x', `/${'a'.repeat(2000)}`, `/${'a/'.repeat(400)}`,
			'//evil.example/%2e%2e', '/%2f/etc/passwd', '*', 't.txt'];
		for (const target of targets) assert.ok([400, 404].includes(await raw(target)), `${target}: ${await raw(target)}`);
		assert.equal(await raw('/t.txt'), 200);
		assert.equal(await raw(`http://elsewhere.example/t.txt`), 200);
	});

	ours('and Socket.IO, by every transport, in one room', async () => {
		const transports = [['polling'], ['websocket'], ['polling', 'websocket']];
		const sockets = await Promise.all(transports.map((list) => server.client('/', { transports: list })));
		for (const socket of sockets) await socket.emitWithAck('join', 'all');
		const heard = sockets.map((socket) => collect(socket, 'said'));
		sockets.forEach((socket, i) => socket.emit('say', 'all', `from ${i}`));
		for (const list of heard) await list.until(2);
	});
});

if (isDefault) describe('where it listens', () => {
	const server = serve({ app: 'rooms', hosting: 'standalone', processes: 1 });
	const args = (db, where, ...more) => ['--db', db, '--app', server.server.appPath, '--listen', where, ...more];
	const run = (...list) => spawnSync(program, args(...list), { encoding: 'utf8', timeout: 10000 });
	const own = () => `127.0.0.1:${server.server.ports[0]}`;

	ours('started again for the same address and database, as cron does: it says so and ends well', async () => {
		for (let i = 0; i < 3; i++) {
			const { status, stderr } = run(server.server.db, own());
			assert.equal(status, 0);
			assert.match(stderr, /already running on 127\.0\.0\.1:/);
			assert.equal(stderr.trim().split('\n').length, 1);
		}
		await server.client();
	});

	ours('an address that somebody else has is an error', () => {
		const { status, stderr } = run(path.join(server.server.dir, 'other.db'), own());
		assert.equal(status, 1);
		assert.match(stderr, /another process listens on/);
		assert.ok(!fs.existsSync(path.join(server.server.dir, 'other.db')));
	});

	// npm's client speaks through a Unix socket too.
	ours('a Unix socket, and again after it was killed', async () => {
		const file = path.join(server.server.dir, 'ws.sock');
		for (const signal of ['SIGKILL', 'SIGTERM']) {
			const child = new Child('pollux-ws', program, args(server.server.db, `unix:${file}`));
			await untilAccepting({ path: file }, child);
			assert.equal(run(server.server.db, `unix:${file}`).status, 0);
			const socket = new WebSocket(`ws+unix:${file}:/socket.io/?EIO=4&transport=websocket`);
			assert.match((await once(socket, 'message')).toString(), /^0\{"sid"/);
			const closed = once(socket, 'close');
			await child.kill(signal);
			await closed;
			assert.equal(fs.existsSync(file), signal === 'SIGKILL');
		}
	});

	ours('two processes share a port', async () => {
		const [port] = await freePorts(1);
		const url = `http://127.0.0.1:${port}`;
		const start = () => new Child('pollux-ws', program, args(server.server.db, `127.0.0.1:${port}`, '--reuse-port', '--standalone', '--static', server.server.dir));
		const children = [start()];
		await untilAccepting({ host: '127.0.0.1', port }, children[0]);
		children.push(start());
		await eventually('the second serves', () => /serving/.test(children[1].stderr()));
		const socket = server.socket();
		socket.io.uri = url;
		const connected = event(socket, 'connect');
		await connected;
		assert.equal((await request(`${url}/socket.io/?EIO=4&transport=polling`)).status, 200);
		assert.equal(await children[0].kill(), 0);
		for (let i = 0; i < 10; i++) assert.equal((await request(`${url}/socket.io/?EIO=4&transport=polling`)).status, 200);
		assert.equal(await children[1].kill(), 0);
	});
});
