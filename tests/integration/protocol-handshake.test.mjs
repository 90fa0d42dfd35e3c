// The open packet, ids, cookies, headers (PROTOCOL.md 5, 6, 7, 10, 28).
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { ours, serve, test } from './harness.mjs';

describe('handshake', () => {
	const server = serve({ app: 'rooms', settings: { ping_interval: 12000, ping_timeout: 7000, max_http_buffer_size: 234567 } });

	test('the open packet has its five fields and no other', async () => {
		const { handshake } = await server.session();
		assert.deepEqual(Object.keys(handshake).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
		assert.equal(typeof handshake.sid, 'string');
		assert.deepEqual(handshake.upgrades, ['websocket']);
		assert.equal(handshake.pingInterval, 12000);
		assert.equal(handshake.pingTimeout, 7000);
		assert.equal(handshake.maxPayload, 234567);
	});

	test('its answer is text that nobody may keep', async () => {
		const { openAnswer } = await server.session();
		assert.match(openAnswer.headers['content-type'], /^text\/plain; ?charset=utf-8$/i);
		assert.equal(Number(openAnswer.headers['content-length']), openAnswer.bytes.length);
		assert.equal(openAnswer.headers['cache-control'], 'no-store');
	});

	test('no cookie', async () => {
		const session = await server.session();
		assert.equal(session.openAnswer.headers['set-cookie'], undefined);
		const posted = await session.post('40');
		assert.equal(posted.headers['set-cookie'], undefined);
		assert.equal((await session.get()).headers['set-cookie'], undefined);
	});

	test('sids are different, unguessable and fit for an URL', async () => {
		const sids = new Set();
		for (let i = 0; i < 50; i++) {
			const { sid } = await server.session();
			assert.match(sid, /^[A-Za-z0-9_-]{20,64}$/);
			sids.add(sid);
		}
		assert.equal(sids.size, 50);
	});

	ours('no position of a sid is the same in all: at least 120 bits may vary', async () => {
		const sids = [];
		for (let i = 0; i < 40; i++) sids.push((await server.session()).sid);
		const varying = [...sids[0]].filter((_, at) => new Set(sids.map((sid) => sid[at])).size > 10).length;
		assert.ok(varying >= 20, `${varying} characters vary in ${sids[0]}`);
	});

	test('Socket.IO ids are not the session ids', async () => {
		const session = await server.session();
		const root = await session.connect();
		const other = await session.connect('/other');
		assert.equal(new Set([session.sid, root, other]).size, 3);
		for (const id of [root, other]) assert.ok(!id.includes(session.sid) && !session.sid.includes(id));
	});

	test('the reply to CONNECT has sid alone', async () => {
		const session = await server.session();
		await session.send('40{"token":"x"}');
		const reply = await session.next();
		assert.match(reply, /^40\{"sid":"[^"]+"\}$/);
	});

	test('what the handshake tells the application', async () => {
		const session = await server.session({
			query: { color: 'r\u00f6t & blue', empty: '' }, headers: { 'User-Agent': 'by hand', 'X-Other': 'yes' },
		});
		await session.connect('/', { deep: [{ er: null }] });
		await session.send('421["self"]');
		const reply = await session.next();
		assert.ok(reply.startsWith('431'), reply);
		const [self] = JSON.parse(reply.slice(3));
		assert.equal(self.query.color, 'r\u00f6t & blue');
		assert.equal(self.query.empty, '');
		assert.equal(self.query.EIO, '4');
		assert.equal(self.query.transport, 'polling');
		assert.equal(self.agent, 'by hand');
		assert.equal(self.address, '127.0.0.1');
		assert.ok(Math.abs(Date.parse(self.time) - Date.now()) < 60000, self.time);
		assert.ok(self.url.startsWith('/socket.io/?'), self.url);
		assert.deepEqual(self.auth, { deep: [{ er: null }] });
		assert.deepEqual(self.rooms, []);
		assert.deepEqual(self.data, {});
		assert.equal(self.nsp, '/');
	});
});

describe('handshake with the cookie on', () => {
	const server = serve({ app: 'rooms', settings: { cookie: true }, processes: 1 });

	test('it is set once, and not for scripts', async () => {
		const session = await server.session();
		const [cookie, ...more] = session.openAnswer.headers['set-cookie'];
		assert.deepEqual(more, []);
		assert.equal(cookie, `io=${session.sid}; Path=/; HttpOnly; SameSite=Lax`);
		assert.equal((await session.post('40')).headers['set-cookie'], undefined);
		assert.equal((await session.get()).headers['set-cookie'], undefined);
	});
});
