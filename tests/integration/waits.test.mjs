// Acknowledgements with a timeout, of one socket and of many; the client's own, with any arguments; its queue of retries. The sockets of a test are spread over
// transports and processes.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, ours, serve, test } from './harness.mjs';

const settings = { ping_interval: 25000, ping_timeout: 20000, connect_timeout: 45000 };
const FOREVER = 60000;
const kinds = [['polling'], ['websocket'], ['polling', 'websocket']];

// One client a transport, all in the room; the first hears what becomes of questions.
async function panel(server, nsp = '/', room = 'panel') {
	const clients = await Promise.all(kinds.map((transports) => server.client(nsp, { transports })));
	for (const client of clients) await client.emitWithAck('join', room);
	await clients[0].emitWithAck('join', 'watchers');
	return clients;
}

describe('acknowledgements with a timeout', () => {
	const server = serve({ app: 'waits', settings });

	test('an answer in time', async () => {
		for (const transports of kinds) {
			const [watcher] = await panel(server);
			const asked = await server.client('/', { transports });
			const one = collect(watcher, 'one');
			asked.on('question', (a, b, ack) => ack(b, a));
			asked.emit('ask', { n: 1 }, FOREVER, 'a', Buffer.from([1, 2]));
			await one.until(1);
			assert.deepEqual([...one], [[{ n: 1 }, Buffer.from([1, 2]), 'a']]);
		}
	});

	test('none in time', async () => {
		const [watcher] = await panel(server);
		for (const transports of kinds) {
			const asked = await server.client('/', { transports });
			const late = event(watcher, 'late');
			asked.emit('ask', transports, 20, 'hello?');
			assert.deepEqual(await late, [transports]);
		}
	});

	test('an answer that comes too late is not heard', async () => {
		const [watcher, , asked] = await panel(server);
		const [late, one] = [event(watcher, 'late'), collect(watcher, 'one')];
		let answer;
		asked.on('question', (tag, ack) => {
			if (tag === 'now') ack('in time');
			else answer = ack;
		});
		asked.emit('ask', 1, 20, 'later');
		await late;
		answer('too late');
		asked.emit('ask', 2, FOREVER, 'now');
		await one.until(1);
		assert.deepEqual([...one], [[2, 'in time']]);
	});

	test('who has left before it answered', async () => {
		const [watcher] = await panel(server);
		const asked = await server.client();
		const late = event(watcher, 'late');
		asked.on('question', () => asked.disconnect());
		asked.emit('ask', 'gone', 300, 'hello?');
		assert.deepEqual(await late, ['gone']);
	});
});

describe('acknowledgements of many', () => {
	const server = serve({ app: 'waits', settings });

	test('all answer, on all transports and in both namespaces', async () => {
		for (const nsp of ['/', '/other']) {
			const clients = await panel(server, nsp);
			const many = event(clients[0], 'many');
			clients.forEach((client, i) => client.on('question', (bytes, ack) => ack({ i, bytes })));
			clients[1].emit('ask many', 'tag', FOREVER, ['panel'], [], Buffer.from('b'));
			const [tag, isMissing, answers] = await many;
			assert.deepEqual([tag, isMissing], ['tag', false]);
			assert.deepEqual(answers.sort((a, b) => a.i - b.i), [0, 1, 2].map((i) => ({ i, bytes: Buffer.from('b') })));
			for (const client of clients) client.disconnect();
		}
	});

	test('answers in the order they come', async () => {
		const clients = await panel(server, '/', 'order');
		const many = event(clients[0], 'many');
		const acks = await new Promise((resolve) => {
			const got = [];
			clients.forEach((client, i) => client.on('question', (ack) => {
				got[i] = ack;
				if (got.filter(Boolean).length === 3) resolve(got);
			}));
			clients[0].emit('ask many', 1, FOREVER, ['order'], []);
		});
		for (const i of [2, 0, 1]) {
			acks[i](i);
			await clients[i].emitWithAck('echo', 'the server has it');
		}
		assert.deepEqual(await many, [1, false, [2, 0, 1]]);
	});

	test('some do not answer', async () => {
		const clients = await panel(server, '/', 'lazy');
		const many = event(clients[0], 'many');
		clients[1].on('question', (ack) => ack('only I'));
		clients[1].emit('ask many', 'tag', 1000, ['lazy'], []);
		assert.deepEqual(await many, ['tag', true, ['only I']]);
	});

	test('one that leaves is missing', async () => {
		const clients = await panel(server, '/', 'leaving');
		const many = event(clients[0], 'many');
		clients[0].on('question', (ack) => ack(0));
		clients[1].on('question', (ack) => ack(1));
		clients[2].on('question', () => clients[2].disconnect());
		clients[1].emit('ask many', 'tag', 1000, ['leaving'], []);
		const [, isMissing, answers] = await many;
		assert.equal(isMissing, true);
		assert.deepEqual(answers.sort(), [0, 1]);
	});

	test('several rooms, exceptions, nobody, everybody', async () => {
		const clients = await panel(server, '/', 'all');
		await clients[0].emitWithAck('join', 'left');
		await clients[1].emitWithAck('join', 'right');
		const ask = (rooms, except) => new Promise((resolve) => {
			clients[0].once('many', (tag, isMissing, answers) => resolve([isMissing, ...answers.sort()]));
			clients[0].emit('ask many', 1, FOREVER, rooms, except);
		});
		clients.forEach((client, i) => client.on('question', (ack) => ack(i)));
		assert.deepEqual(await ask(['left', 'right'], []), [false, 0, 1]);
		assert.deepEqual(await ask(['all', 'right'], ['left']), [false, 1, 2]);
		assert.deepEqual(await ask([clients[2].id], []), [false, 2]);
		assert.deepEqual(await ask(['all'], ['all']), [false]);
		assert.deepEqual(await ask(['nobody is here'], []), [false]);
		assert.deepEqual(await ask([], [clients[0].id]), [false, 1, 2]);
	});

	ours('whoever joins later is not asked, and the first answer counts, in any process', async () => {
		const [a, b, late] = await Promise.all([0, 1, 1].map((via) => server.session({ via })));
		for (const session of [a, b, late]) await session.connect();
		await a.send('420["join","r"]', '421["join","watchers"]');
		await a.take(2);
		await b.send('420["join","r"]');
		await b.next();
		await a.send(`42["ask many","tag",${FOREVER},["r"],[],"q"]`);
		const [, id] = /^42(\d+)\["question","q"\]$/.exec(await a.next());
		assert.equal(await b.next(), `42${id}["question","q"]`, 'one packet for all');
		await late.send('420["join","r"]');
		await late.next();
		await late.send(`43${id}["late"]`);
		await a.send(`43${id}["a"]`, { via: 1 });
		await a.send(`43${id}["again"]`, { via: 0 });
		await b.send(`43${id}["b"]`, { via: 0 });
		await a.assertNextIs('42["many","tag",false,["a","b"]]');
	});

	ours('everything is killed between the question and the last answer', async () => {
		const [a, b] = await Promise.all([0, 1].map((via) => server.session({ via })));
		for (const session of [a, b]) await session.connect();
		await a.send('420["join","k"]', '421["join","watchers"]');
		await a.take(2);
		await b.send('420["join","k"]');
		await b.next();
		await a.send(`42["ask many","tag",${FOREVER},["k"],[]]`);
		const [, id] = /^42(\d+)\["question"\]$/.exec(await a.next());
		await b.next();
		await b.send(`43${id}["before"]`);
		await Promise.all([0, 1].map((n) => server.server.kill(n)));
		await Promise.all([0, 1].map((n) => server.server.startProcess(n)));
		await a.send(`43${id}["after"]`, { via: 1 });
		await a.assertNextIs('42["many","tag",false,["before","after"]]');
	});
});

describe('in namespaces that come with their clients', () => {
	const server = serve({ app: 'waits', settings });

	ours('acknowledgements of one and of many, timeouts and timers', async () => {
		for (const nsp of ['/room-1', '/room-22']) {
			const clients = await panel(server, nsp);
			const [one, many, late, rung] = [collect(clients[1], 'one'), event(clients[0], 'many'), event(clients[1], 'late'), event(clients[2], 'rung')];
			clients.forEach((client, i) => client.on('question', (ack) => ack(i)));
			clients[1].emit('ask', 'tag', FOREVER);
			await one.until(1);
			assert.deepEqual([...one], [['tag', 1, nsp]]);
			clients[1].emit('ask many', 7, FOREVER, 'panel');
			assert.deepEqual(await many, [7, false, 3]);
			clients[1].off('question');
			clients[1].emit('ask', 'again', 20);
			assert.deepEqual(await late, ['again']);
			clients[1].emit('after', 0.02);
			assert.deepEqual(await rung, [nsp]);
		}
	});
});

describe('what clients ask', () => {
	const server = serve({ app: 'waits', settings });
	const answers = [[], [null], [1, 'two', { three: [3, null, {}] }], [Buffer.from([1, 2, 3])], [{ deep: [Buffer.alloc(5, 7)] }, Buffer.alloc(0)], [[]], [false, 0, '']];
	const ask = (client, name, ...args) => new Promise((resolve) => { client.emit(name, ...args, (...answer) => resolve(answer)); });

	test('is answered with any arguments, at once', async () => {
		for (const transports of kinds) {
			const client = await server.client('/', { transports });
			for (const answer of answers) assert.deepEqual(await ask(client, 'echo', ...answer), answer);
		}
	});

	test('and from a later event', async () => {
		for (const transports of kinds) {
			const client = await server.client('/other', { transports });
			for (const answer of answers) {
				const waiting = ask(client, 'later');
				client.emit('now', ...answer);
				assert.deepEqual(await waiting, answer);
			}
		}
	});

	test('is asked again until it is answered, in order', async () => {
		for (const transports of kinds) {
			const client = await server.client('/', { transports, retries: 5, ackTimeout: 200 });
			const ids = [1, 2].map((n) => `${client.id} ${n}`);
			assert.deepEqual(await Promise.all(ids.map((id) => client.emitWithAck('stubborn', id))), ids);
		}
	});

	test('is given up after so many retries', async () => {
		const client = await server.client('/', { retries: 1, ackTimeout: 50 });
		await assert.rejects(client.emitWithAck('stubborn', `${client.id} in vain`), /timed out/);
	});
});
