// Acknowledgements that the server asks for (PROTOCOL.md 31): by the stock client, and by hand where the process matters that gets them.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, ours, serve, test } from './harness.mjs';

const settings = { ping_interval: 25000, ping_timeout: 20000, connect_timeout: 45000 };

describe('acknowledgements by the client', () => {
	const server = serve({ app: 'asks', settings });

	test('the answer goes on where the question was asked', async () => {
		const socket = await server.client();
		const thanks = collect(socket, 'thanks');
		socket.on('question', (question, ack) => ack(`yes, ${question}`));
		socket.emit('ask me', { n: 1 }, 'really');
		await thanks.until(1);
		assert.deepEqual([...thanks], [[{ n: 1 }, 'yes, really']]);
	});

	test('several questions, answered in another order', async () => {
		const socket = await server.client();
		const thanks = collect(socket, 'thanks');
		const waiting = [];
		socket.on('question', (i, ack) => {
			waiting.push(() => ack(i * 10));
			if (waiting.length === 5) for (const answer of waiting.reverse()) answer();
		});
		for (let i = 0; i < 5; i++) socket.emit('ask me', `tag ${i}`, i);
		await thanks.until(5);
		assert.deepEqual([...thanks], [4, 3, 2, 1, 0].map((i) => [`tag ${i}`, i * 10]));
	});

	test('any values, none at all, bytes', async () => {
		const socket = await server.client('/other');
		const thanks = collect(socket, 'thanks');
		const answers = [[], [null], [1, 'two', { three: [3, null, {}] }], [Buffer.from([1, 2, 3])], [{ deep: [Buffer.alloc(5, 7)] }, Buffer.alloc(0)]];
		socket.on('question', (i, ack) => ack(...answers[i]));
		answers.forEach((_, i) => socket.emit('ask me', { i }, i));
		await thanks.until(answers.length);
		// What came with one argument stands there without an array around it.
		assert.deepEqual([...thanks].flat(1), answers.flatMap((answer, i) => [{ i }, ...answer]));
	});

	test('bytes in the question', async () => {
		const socket = await server.client();
		const thanks = collect(socket, 'thanks');
		socket.on('question', (bytes, ack) => ack(bytes.length));
		socket.emit('ask me', 'size', Buffer.alloc(1000));
		await thanks.until(1);
		assert.deepEqual([...thanks], [['size', 1000]]);
	});

	test('each of a room answers for itself', async () => {
		const sockets = await Promise.all([['polling'], ['websocket'], ['polling', 'websocket']].map((transports) => server.client('/', { transports })));
		const heard = collect(sockets[0], 'answer');
		for (const socket of sockets) {
			socket.on('question', (question, ack) => ack(`${question} ${socket.id}`));
			await socket.emitWithAck('join', 'panel');
		}
		sockets[1].emit('ask each', 'panel', 'who?');
		await heard.until(3);
		assert.deepEqual([...heard].sort(), sockets.map(({ id }) => [id, `who? ${id}`]).sort());
	});

	// Spoken by hand: the id of the question, and answers that no client would give.
	async function asked(session) {
		await session.send('42["ask me","tag","q"]');
		const [, id] = /^42(\d+)\["question","q"\]$/.exec(await session.next());
		return id;
	}

	test('the first answer counts', async () => {
		const session = await server.session();
		await session.connect();
		const id = await asked(session);
		await session.send(`43${id}["first"]`, `43${id}["second"]`);
		await session.send(`43${id}["third"]`);
		const another = await asked({ send: (packet) => session.send(packet), next: async () => {
			assert.equal(await session.next(), '42["thanks","tag","first"]');
			return session.next();
		} });
		assert.notEqual(another, id);
	});

	test('an answer to nothing is ignored', async () => {
		const [session, other] = [await server.session(), await server.session()];
		for (const one of [session, other]) await one.connect();
		const id = await asked(session);
		await other.send(`43${Number(id) + 1000}["nothing"]`, '42["ask me","tag","q"]');
		assert.match(await other.next(), /^42\d+\["question","q"\]$/);
		await session.send(`43${id}["mine"]`);
		await session.assertNextIs('42["thanks","tag","mine"]');
	});

	ours('another socket\'s answer is ignored', async () => {
		const [session, other] = [await server.session(), await server.session()];
		for (const one of [session, other]) await one.connect();
		const id = await asked(session);
		await other.send(`43${id}["not mine"]`);
		await session.send(`43${id}["mine"]`);
		await session.assertNextIs('42["thanks","tag","mine"]');
	});

	ours('whichever process gets the answer, and its parts', async () => {
		for (const via of [0, 1]) {
			const session = await server.session({ via });
			await session.connect();
			const id = await asked(session);
			await session.send(`43${id}["there"]`, { via: 1 - via });
			await session.send(`43${id}["here"]`, { via });
			await session.assertNextIs('42["thanks","tag","there"]');
			const next = await asked(session);
			await session.send(`461-${next}[{"_placeholder":true,"num":0}]`, { via });
			await session.send('bAQID', { via: 1 - via });
			assert.deepEqual(await session.take(2), ['451-["thanks","tag",{"_placeholder":true,"num":0}]', 'bAQID']);
		}
	});
});

describe('acknowledgements across a restart', () => {
	const server = serve({ app: 'asks', settings });

	ours('all processes are killed between question and answer', async () => {
		const session = await server.session();
		await session.connect();
		await session.send('42["ask me",{"n":7},"q"]');
		const [, id] = /^42(\d+)\[/.exec(await session.next());
		await Promise.all([0, 1].map((n) => server.server.kill(n)));
		await Promise.all([0, 1].map((n) => server.server.startProcess(n)));
		await session.send(`43${id}["still"]`, { via: 1 });
		await session.assertNextIs('42["thanks",{"n":7},"still"]');
	});

	ours('killed before the question was fetched', async () => {
		const session = await server.session();
		await session.connect();
		await session.send('42["ask me","tag","q"]', { via: 0 });
		await server.server.restart(0);
		const [, id] = /^42(\d+)\[/.exec(await session.next());
		await session.send(`43${id}["still"]`, { via: 0 });
		await session.assertNextIs('42["thanks","tag","still"]');
	});
});
