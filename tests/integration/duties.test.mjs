// What runs without a client, and what processes share: timers, server-side events, the store. npm socket.io has none of it on one server.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, eventually, isReference, kind, ours, serve } from './harness.mjs';

const settings = { ping_interval: 25000, ping_timeout: 20000, connect_timeout: 45000 };
const kinds = [['polling'], ['websocket'], ['polling', 'websocket']];

if (!isReference) describe('timers', () => {
	const server = serve({ app: 'duties', settings });

	ours('run once, whoever set them, and reach everybody', async () => {
		const clients = await Promise.all(kinds.map((transports) => server.client('/', { transports })));
		for (const client of clients) await client.emitWithAck('join', 'bell');
		const heard = clients.map((client) => collect(client, 'ring'));
		for (let n = 0; n < 10; n++) assert.ok(await clients[n % 3].emitWithAck('after', 0.01 * n, { room: 'bell', n }) > 0);
		for (const rings of heard) {
			await rings.until(10);
			assert.deepEqual([...rings].sort(), Array.from({ length: 10 }, (_, n) => [n, 1]));
		}
	});

	ours('are cancelled by their id, by any process', async () => {
		const [a, b] = await Promise.all([0, 1].map((via) => server.client('/', { via, transports: [kind === 'standalone' ? 'websocket' : 'polling'] })));
		const id = await a.emitWithAck('after', 3600, { room: 'bell', n: 'never' });
		assert.equal(await b.emitWithAck('cancel', id), true);
		assert.equal(await a.emitWithAck('cancel', id), false);
	});

	ours('what repeats runs in one process at a time', async () => {
		const client = await server.client();
		await client.emitWithAck('join', 'beats');
		const beats = await collect(client, 'beat').until(4);
		for (let i = 1; i < beats.length; i++) assert.equal(beats[i], beats[i - 1] + 1);
	});

	ours('run exactly once while processes are killed', async () => {
		const client = await server.client();
		const ids = Array.from({ length: 100 }, (_, i) => `k${i}`);
		await Promise.all(ids.map((n, i) => client.emitWithAck('after', 0.5 + 0.01 * i, { room: 'bell', n })));
		for (const n of [0, 1, 0, 1]) await server.server.restart(n);
		const another = await server.client();
		await eventually('the last has run', async () => await another.emitWithAck('get', `rings/${ids.at(-1)}`));
		for (const n of ids) assert.equal(await another.emitWithAck('get', `rings/${n}`), 1, n);
	});

	ours('outlive all processes, with nobody connected', async () => {
		const client = await server.client('/', { reconnection: false });
		await client.emitWithAck('after', 0.3, { room: 'bell', n: 'late' });
		client.disconnect();
		await Promise.all([0, 1].map((n) => server.server.kill(n)));
		await Promise.all([0, 1].map((n) => server.server.startProcess(n)));
		const another = await server.client();
		await eventually('the timer has run once', async () => await another.emitWithAck('get', 'rings/late') === 1);
	});
});

if (!isReference) describe('server-side events', () => {
	const server = serve({ app: 'duties', settings });

	ours('reach every other process, once and in order', async () => {
		const transports = [kind === 'standalone' ? 'websocket' : 'polling'];
		const [a, b] = await Promise.all([0, 1].map((via) => server.client('/', { via, transports })));
		for (let n = 1; n <= 20; n++) await a.emitWithAck('cache', n);
		await eventually('the other process has the newest', async () => await b.emitWithAck('cached') === 20);
		// The sidecar, where there is one, is a process too.
		const others = kind === 'standalone' ? 1 : 2;
		for (let n = 1; n <= 20; n++) await eventually('all have heard it', async () => await a.emitWithAck('get', `heard/${n}`) === others);
	});
});

if (!isReference) describe('the store', () => {
	const server = serve({ app: 'duties', settings });
	const pair = () => Promise.all([0, 1].map((via) => server.client('/', { via, transports: [kind === 'standalone' ? 'websocket' : 'polling'] })));

	ours('is one for all processes', async () => {
		const [a, b] = await pair();
		assert.equal(await a.emitWithAck('set', 'k', { deep: [1, null, 1.5, 'é'] }, null), true);
		assert.deepEqual(await b.emitWithAck('get', 'k'), { deep: [1, null, 1.5, 'é'] });
		assert.equal(await b.emitWithAck('set', 'k', 2, { if_absent: true }), false);
		assert.equal(await b.emitWithAck('delete', 'k'), true);
		assert.equal(await a.emitWithAck('get', 'k'), null);
		assert.equal(await a.emitWithAck('delete', 'k'), false);
	});

	ours('counts exactly', async () => {
		const clients = await pair();
		const counts = await Promise.all(Array.from({ length: 50 }, (_, i) => clients[i % 2].emitWithAck('add', 'n', 1)));
		assert.deepEqual(counts.sort((x, y) => x - y), Array.from({ length: 50 }, (_, i) => i + 1));
	});

	ours('is undone with its event', async () => {
		const [a, b] = await pair();
		await a.emitWithAck('set', 'u', 'before', null);
		a.emit('set and fail', 'u');
		assert.equal(await a.emitWithAck('get', 'u'), 'before');
		assert.equal(await b.emitWithAck('get', 'u/count'), null);
	});

	ours('forgets what expires', async () => {
		const [a, b] = await pair();
		await a.emitWithAck('set', 'e', 1, { expire: 50 });
		await eventually('it has expired', async () => await b.emitWithAck('get', 'e') === null);
		await a.emitWithAck('set', 'f', 1, { expire: 60000 });
		assert.equal(await b.emitWithAck('expire', 'f', null), true);
		assert.equal(await b.emitWithAck('expire', 'e', 60000), false);
		assert.equal(await a.emitWithAck('get', 'f'), 1);
	});

	ours('lists', async () => {
		const [a, b] = await pair();
		for (const key of ['l/b', 'l/a', 'l/c', 'm']) await a.emitWithAck('set', key, key, null);
		assert.deepEqual(await b.emitWithAck('list', { prefix: 'l/', limit: 2 }), ['l/a', 'l/b'].map((key) => ({ key, value: key })));
		assert.deepEqual(await b.emitWithAck('list', { prefix: 'l/', after: 'l/b' }), [{ key: 'l/c', value: 'l/c' }]);
	});
});
