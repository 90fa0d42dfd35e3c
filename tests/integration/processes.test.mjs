// Two processes, one database: any process may answer any request of any session.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { assertError, collect, errors, eventually, isReference, ours, serve, sleep, together } from './harness.mjs';

const settings = { ping_interval: 25000, ping_timeout: 20000 };

if (!isReference) describe('two processes', () => {
	const server = serve({ app: 'rooms', settings });

	ours('take turns in one conversation', async () => {
		const session = await server.session({ via: 0 });
		let turn = 0;
		const next = () => ({ via: turn++ % 2 });
		await session.send('40', next());
		await session.send('40/other,', next());
		const opened = [...await session.poll(next())];
		while (opened.length < 2) opened.push(...await session.poll(next()));
		for (let i = 0; i < 40; i++) {
			await session.send(`42${i}["echo",${i}]`, next());
			assert.deepEqual(await session.poll(next()), [`43${i}[${i}]`]);
			// Both processes see both kinds of request.
			if (i % 2) turn++;
		}
	});

	ours('a GET parked in one is woken by what arrives in the other', async () => {
		for (const via of [0, 1]) {
			const session = await server.session({ via });
			await session.connect();
			const waits = [];
			for (let i = 0; i < 10; i++) {
				const parked = session.get({ via });
				await sleep(20);
				const sent = Date.now();
				await session.send(`42${i}["echo",true]`, { via: 1 - via });
				assert.equal((await parked).text, `43${i}[true]`);
				waits.push(Date.now() - sent);
			}
			waits.sort((a, b) => a - b);
			assert.ok(waits[5] < 100, `the bell is slow: ${waits} ms`);
		}
	});

	ours('a second GET in the other process: 1 for the first, 400 for the second', async () => {
		for (const via of [0, 1]) {
			const session = await server.session({ via });
			const first = session.get({ via });
			await sleep(100);
			assert.equal((await session.get({ via: 1 - via })).status, 400);
			assert.equal((await first).text, '1');
			for (const at of [0, 1]) assertError(await session.get({ via: at }), errors.SESSION);
		}
	});

	ours('two GETs at the same instant: never both served, never both lost', async () => {
		for (let round = 0; round < 10; round++) {
			const session = await server.session();
			await session.connect();
			const answers = await Promise.all([session.get({ via: 0 }), session.get({ via: 1 })]);
			assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
			assert.equal(answers.find(({ status }) => status === 200).text, '1');
			await session.assertClosed();
		}
	});

	ours('a GET aborted in one process is known to be gone in the other', async () => {
		const left = collect(await server.watcher(), 'left');
		for (const via of [0, 1]) {
			const session = await server.session({ via });
			const id = await session.connect();
			const abort = new AbortController();
			const parked = session.get({ via, signal: abort.signal });
			await sleep(50);
			abort.abort();
			await assert.rejects(parked);
			assert.equal((await session.get({ via: 1 - via })).status, 400);
			await eventually('the others are told', () => left.some(([who]) => who === id));
		}
	});

	ours('1 in one process ends the GET parked in the other', async () => {
		const session = await server.session();
		await session.connect();
		const parked = session.get({ via: 0 });
		await sleep(50);
		await session.send('1', { via: 1 });
		assert.equal((await parked).text, '6');
		for (const via of [0, 1]) assertError(await session.get({ via }), errors.SESSION);
	});

	ours('an offence in one process ends the GET parked in the other', async () => {
		const session = await server.session();
		await session.connect();
		const parked = session.get({ via: 0 });
		await sleep(50);
		assert.equal((await session.post('abc', { via: 1 })).status, 400);
		assert.equal((await parked).text, '1');
	});

	ours('clients of different processes are in one room', async () => {
		const [a, b] = [await server.client('/', { via: 0 }), await server.client('/', { via: 1 })];
		for (const socket of [a, b]) await socket.emitWithAck('join', 'shared');
		const heard = [a, b].map((socket) => collect(socket, 'said'));
		for (let i = 0; i < 50; i++) (i % 2 ? a : b).emit('say', 'shared', i);
		await Promise.all(heard.map((all) => all.until(50)));
		assert.deepEqual(heard[0].map(([what]) => what), heard[1].map(([what]) => what));
	});

	ours('socket.data goes along', async () => {
		const session = await server.session();
		await session.connect();
		for (let i = 0; i < 6; i++) {
			await session.send(`42${i}["remember","n",${i}]`, { via: i % 2 });
			await session.assertNextIs(`43${i}[true]`);
			await session.send('4299["self"]', { via: 1 - (i % 2) });
			assert.equal(JSON.parse((await session.next()).slice(4))[0].data.n, i);
		}
	});

	// The order of all is the log's: what the other client was answered stands between the long POST's events.
	ours('a POST of 10,000 events lets others have their turn', async () => {
		for (const via of [0, 1]) {
			const [busy, other] = [await server.session({ via: 0 }), await server.session({ via })];
			for (const session of [busy, other]) await session.connect();
			let over = false;
			const sent = busy.send(...Array.from({ length: 10000 }, (_, i) => `42["everyone",${i}]`)).finally(() => { over = true; });
			let asked = 0;
			while (!over) await other.send(`42${asked++}["echo"]`);
			await sent;
			const packets = await other.take(10000 + asked);
			const between = packets.slice(packets.indexOf('42["everyone",0]'), packets.indexOf('42["everyone",9999]'));
			assert.ok(between.some((packet) => packet.startsWith('43')), 'nobody else was answered');
			assert.deepEqual(packets.filter((packet) => packet.startsWith('42')), Array.from({ length: 10000 }, (_, i) => `42["everyone",${i}]`));
		}
	});

	ours('half a binary event in each', async () => {
		const session = await server.session();
		await session.connect();
		for (const via of [0, 1]) {
			await session.send('451-5["echo",{"_placeholder":true,"num":0}]', { via });
			await session.send('bAQID', { via: 1 - via });
			assert.deepEqual(await session.take(2), ['461-5[{"_placeholder":true,"num":0}]', 'bAQID']);
		}
		await session.send('451-5["echo",{"_placeholder":true,"num":0}]', { via: 0 });
		await session.post('42["echo"]', { via: 1 });
		await session.assertClosed();
	});

	ours('a socket leaves once, whichever process notices', async () => {
		const watchers = [];
		for (const via of [0, 1]) {
			const watcher = await server.client('/', { via });
			await watcher.emitWithAck('join', 'watchers');
			watchers.push(collect(watcher, 'left'));
		}
		for (let round = 0; round < 10; round++) {
			const session = await server.session();
			const id = await session.connect();
			await Promise.all([session.post('1', { via: 0 }), session.post('1', { via: 1 })]);
			for (const left of watchers) await eventually('left is heard', () => left.some(([who]) => who === id));
		}
		await sleep(100);
		for (const left of watchers) assert.equal(left.length, new Set(left.map(([who]) => who)).size);
	});
});

if (!isReference) describe('deadlines in two processes', together, () => {
	const server = serve({ app: 'rooms', together, settings: { ping_interval: 400, ping_timeout: 1500 } });

	ours('a session whose pongs go to the other process lives', async () => {
		const session = await server.session({ via: 0 });
		await session.connect();
		for (let round = 0; round < 4; round++) {
			assert.deepEqual(await session.poll({ via: 0 }), ['2']);
			await session.send('3', { via: 1 });
		}
	});

	ours('a dead session is mourned once', async () => {
		const watcher = await server.client();
		const left = collect(watcher, 'left');
		await watcher.emitWithAck('join', 'watchers');
		const ids = [];
		for (const via of [0, 1]) ids.push(await (await server.session({ via })).connect());
		await eventually('both have timed out', () => ids.every((id) => left.some(([who]) => who === id)));
		await sleep(300);
		for (const id of ids) assert.equal(left.filter(([who]) => who === id).length, 1);
	});
});
