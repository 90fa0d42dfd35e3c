// What the log gives applications: history, publishing once, acknowledgements answered later, events that fail whole.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, isReference, ours, serve, sleep } from './harness.mjs';

if (!isReference) describe('the log', () => {
	const server = serve({ app: 'log' });
	const pair = async () => [await server.client('/', { via: 0 }), await server.client('/', { via: 1 })];

	ours('history is what was said, oldest first', async () => {
		const [a, b] = await pair();
		for (let i = 0; i < 10; i++) await (i % 2 ? a : b).emitWithAck('publish', 'story', i);
		for (const socket of [a, b]) {
			const rows = await socket.emitWithAck('history', 'story', { limit: 100 });
			assert.deepEqual(rows.map(({ event, args }) => [event, args]), Array.from({ length: 10 }, (_, i) => ['entry', [i]]));
			for (const row of rows) {
				assert.equal(typeof row.position, 'string');
				assert.ok(Math.abs(row.at - Date.now()) < 60000, row.at);
			}
			assert.equal(new Set(rows.map(({ position }) => position)).size, 10);
		}
	});

	ours('history by pages', async () => {
		const [a] = await pair();
		for (let i = 0; i < 25; i++) await a.emitWithAck('publish', 'pages', i);
		const page = async (options) => (await a.emitWithAck('history', 'pages', options));
		const texts = (rows) => rows.map(({ args }) => args[0]);
		const last = await page({ limit: 10 });
		assert.deepEqual(texts(last), [15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
		const earlier = await page({ limit: 10, before: last[0].position });
		assert.deepEqual(texts(earlier), [5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
		const first = await page({ limit: 10, before: earlier[0].position });
		assert.deepEqual(texts(first), [0, 1, 2, 3, 4]);
		assert.deepEqual(await page({ limit: 10, before: first[0].position }), []);
		assert.deepEqual(texts(await page({ limit: 100, after: last[7].position })), [23, 24]);
		assert.deepEqual(await page({ limit: 100, after: last[9].position }), []);
	});

	ours('a room has its own', async () => {
		const [a] = await pair();
		await a.emitWithAck('publish', 'one', 'in one');
		await a.emitWithAck('publish', 'two', 'in two');
		assert.deepEqual((await a.emitWithAck('history', 'one', {})).map(({ args }) => args[0]), ['in one']);
		assert.deepEqual(await a.emitWithAck('history', 'nobody was here', {}), []);
	});

	ours('what the middleware tells everybody is not for the newcomer', async () => {
		const witness = await server.client();
		const heard = event(witness, 'knock');
		const session = await server.session();
		await session.send('40{"knock":"me"}');
		assert.match(await session.next(), /^40\{/);
		assert.deepEqual(await heard, ['me']);
		await session.send('421["count"]');
		await session.assertNextIs('431[1]');
	});

	ours('attachments stay in the history', async () => {
		const [a] = await pair();
		const bytes = Buffer.from([0, 255, 1]);
		await a.emitWithAck('publish', 'files', { bytes, name: 'x' });
		assert.deepEqual((await a.emitWithAck('history', 'files', {}))[0].args, [{ bytes, name: 'x' }]);
	});

	ours('history on joining and what comes live have no gap and no overlap', async () => {
		const [a, b] = await pair();
		let over = false;
		const speaking = (async () => {
			let n = 0;
			for (; !over; n++) await a.emitWithAck('publish', 'seam', n);
			return n;
		})();
		for (let round = 0; round < 5; round++) {
			const live = [];
			const hear = (what) => live.push(what);
			b.on('entry', hear);
			const rows = (await b.emitWithAck('enter', 'seam')).map(({ args }) => args[0]);
			await sleep(40);
			await b.emitWithAck('leave', 'seam');
			b.off('entry', hear);
			const all = [...rows, ...live];
			assert.deepEqual(all, all.map((_, i) => all[0] + i));
		}
		over = true;
		await speaking;
	});

	ours('published once, whoever repeats it and wherever', async () => {
		const [a, b] = await pair();
		await a.emitWithAck('enter', 'once');
		const heard = collect(a, 'entry');
		const first = await a.emitWithAck('publish once', 'once', 'text', 'key 1');
		assert.equal(first.duplicate, false);
		for (const socket of [b, a, b]) {
			const again = await socket.emitWithAck('publish once', 'once', 'another text', 'key 1');
			assert.deepEqual(again, { position: first.position, duplicate: true });
		}
		const second = await b.emitWithAck('publish once', 'once', 'text', 'key 2');
		assert.equal(second.duplicate, false);
		assert.notEqual(second.position, first.position);
		assert.deepEqual((await b.emitWithAck('history', 'once', {})).map(({ args }) => args[0]), ['text', 'text']);
		await heard.until(2);
		assert.deepEqual([...heard], ['text', 'text']);
	});

	ours('published once by twenty at the same time', async () => {
		const sockets = await Promise.all(Array.from({ length: 20 }, () => server.client()));
		const answers = await Promise.all(sockets.map((socket) => socket.emitWithAck('publish once', 'race', socket.id, 'the one')));
		assert.equal(answers.filter(({ duplicate }) => !duplicate).length, 1);
		assert.equal(new Set(answers.map(({ position }) => position)).size, 1);
		assert.equal((await sockets[0].emitWithAck('history', 'race', {})).length, 1);
	});

	ours('a kept acknowledgement is answered from another event, in the other process', async () => {
		const [a, b] = await pair();
		const deferred = event(b, 'deferred');
		const answer = a.emitWithAck('defer');
		const [ref] = await deferred;
		assert.equal(typeof ref, 'string');
		assert.equal(await Promise.race([answer, sleep(50).then(() => 'not yet')]), 'not yet');
		b.emit('resolve', ref, { at: 'last' });
		assert.deepEqual(await answer, { at: 'last' });
	});

	ours('a kept acknowledgement of a socket that has gone harms nobody', async () => {
		const [a, b] = await pair();
		const deferred = event(b, 'deferred');
		a.emit('defer', () => {});
		const [ref] = await deferred;
		a.disconnect();
		await sleep(50);
		b.emit('resolve', ref, 'too late');
		b.emit('resolve', 'no reference at all', 'x');
		b.emit('resolve', '', 'x');
		assert.equal(await b.emitWithAck('count'), 1);
	});

	ours('the first answer counts', async () => {
		const [a] = await pair();
		const answers = [];
		a.emit('answer twice', (value) => answers.push(value));
		await a.emitWithAck('count');
		assert.deepEqual(answers, ['first']);
	});

	ours('a kept acknowledgement answered twice', async () => {
		const [a, b] = await pair();
		const deferred = event(b, 'deferred');
		const answers = [];
		a.emit('defer', (value) => answers.push(value));
		const [ref] = await deferred;
		b.emit('resolve', ref, 1);
		b.emit('resolve', ref, 2);
		await b.emitWithAck('count');
		await a.emitWithAck('count');
		await sleep(50);
		assert.deepEqual(answers, [1]);
	});
});

if (!isReference) describe('a handler that fails', () => {
	// The handlers' own limits are meant here; on a busy machine the watchdog might be first.
	const server = serve({ app: 'log', settings: { tick_limit_ms: 20000 } });

	async function assertUnharmed(socket, witness) {
		const state = await socket.emitWithAck('state');
		assert.deepEqual(state, { data: {}, rooms: [] });
		assert.deepEqual(await witness.emitWithAck('history', 'haunted', {}), []);
		assert.equal(await witness.emitWithAck('count') > 0, true);
	}

	ours('undoes all it did, and its socket stays', async () => {
		const socket = await server.client('/', { via: 0 }), witness = await server.client('/', { via: 1 });
		await witness.emitWithAck('enter', 'haunted');
		const ghosts = [collect(socket, 'ghost'), collect(witness, 'entry')];
		socket.emit('fail', 'haunted');
		await assertUnharmed(socket, witness);
		assert.deepEqual(ghosts.map((all) => all.length), [0, 0]);
		assert.equal(socket.connected, true);
	});

	ours('between others in the same payload', async () => {
		const session = await server.session();
		await session.connect();
		await session.send('421["count"]', '422["fail","haunted"]', '423["count"]');
		assert.deepEqual(await session.take(2), ['431[1]', '433[2]']);
	});

	ours('is told to the operator, with where it was', async () => {
		const socket = await server.client('/', { via: 0 });
		socket.emit('fail', 'haunted');
		await socket.emitWithAck('count');
		assert.match(server.server.log(), /as the test asked/);
		assert.match(server.server.log(), /app\.lua:\d+/);
	});

	for (const name of ['spin', 'hoard', 'pattern', 'global'])
		ours(`a runaway: ${name}`, async () => {
			const socket = await server.client('/', { via: 0 }), witness = await server.client('/', { via: 1 });
			socket.emit(name);
			await assertUnharmed(socket, witness);
			assert.equal(await witness.emitWithAck('count') > 1, true);
		});

	ours('a middleware that fails refuses, and says no more than that', async () => {
		const socket = server.socket('/', { auth: { explode: true } });
		const [error] = await event(socket, 'connect_error');
		assert.equal(error.message, 'Internal error');
		assert.equal(error.data, undefined);
	});
});
