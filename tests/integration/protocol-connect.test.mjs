// Socket.IO's CONNECT and DISCONNECT, spoken by hand (PROTOCOL.md 25 to 28, 32).
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { event, serve, sleep, test } from './harness.mjs';

const settings = { ping_interval: 25000, ping_timeout: 20000, connect_timeout: 45000 };

describe('connecting', () => {
	const server = serve({ app: 'suite', settings });

	const cases = [
		['the main namespace', '40', /^40\{"sid":"[^"]+"\}$/, '42["auth",{}]'],
		['the main namespace with a payload', '40{"token":"123"}', /^40\{"sid":"[^"]+"\}$/, '42["auth",{"token":"123"}]'],
		['the main namespace by its name', '40/,', /^40\{"sid":"[^"]+"\}$/, '42["auth",{}]'],
		['a namespace', '40/custom,', /^40\/custom,\{"sid":"[^"]+"\}$/, '42/custom,["auth",{}]'],
		['a namespace without the comma', '40/custom', /^40\/custom,\{"sid":"[^"]+"\}$/, '42/custom,["auth",{}]'],
		['a namespace with a payload', '40/custom,{"token":"abc"}', /^40\/custom,\{"sid":"[^"]+"\}$/, '42/custom,["auth",{"token":"abc"}]'],
	];
	for (const [name, packet, reply, auth] of cases)
		test(`to ${name}`, async () => {
			const session = await server.session();
			await session.send(packet);
			assert.match(await session.next(), reply);
			await session.assertNextIs(auth);
		});

	test('the reply comes before what the connection handler emits, in one payload or two', async () => {
		const session = await server.session();
		const parked = session.get();
		await sleep(50);
		await session.send('40');
		session.inbox.push(...(await parked).text.split('\x1e'));
		const [reply, auth] = await session.take(2);
		assert.ok(reply.startsWith('40{'));
		assert.equal(auth, '42["auth",{}]');
	});

	for (const nsp of ['/random', '/custom/', '/custo', '/customs', '/a b', '/\u00e4', `/${'x'.repeat(100)}`])
		test(`to an unknown namespace: ${nsp.slice(0, 20)}`, async () => {
			const session = await server.session();
			await session.send(`40${nsp},`);
			await session.assertNextIs(`44${nsp},{"message":"Invalid namespace"}`);
			// The connection is still good.
			await session.connect();
		});

	test('to an unknown namespace without the comma', async () => {
		const session = await server.session();
		await session.send('40/random');
		await session.assertNextIs('44/random,{"message":"Invalid namespace"}');
	});

	test('two namespaces at once, one of them unknown', async () => {
		const session = await server.session();
		await session.send('40', '40/random,', '40/custom,');
		const packets = await session.take(5);
		assert.equal(packets.filter((packet) => packet.startsWith('40{')).length, 1);
		assert.equal(packets.filter((packet) => packet.startsWith('40/custom,{')).length, 1);
		assert.ok(packets.includes('44/random,{"message":"Invalid namespace"}'));
	});

	const offences = {
		'an invalid handshake': ['4abc'],
		'an EVENT before CONNECT': ['42["message","x"]'],
		'an ACK before CONNECT': ['431["x"]'],
		'a DISCONNECT before CONNECT': ['41'],
		'a payload that is an array': ['40[]'],
		'a payload that is a text': ['40"token"'],
		'a payload that is no JSON': ['40{"token"'],
		'an empty message': ['4'],
		'a binary message': ['bAQID'],
	};
	for (const [name, packets] of Object.entries(offences))
		test(`${name} closes`, async () => {
			const session = await server.session();
			await session.offend(packets.join('\x1e'));
			await session.assertClosed();
		});

	const laterOffences = {
		'a second CONNECT': '40',
		'a CONNECT_ERROR from the client': '44{"message":"no"}',
		'an EVENT for a namespace that is not connected': '42/custom,["message","x"]',
		'an EVENT for a namespace that is unknown': '42/random,["message","x"]',
		'a DISCONNECT for a namespace that is not connected': '41/custom,',
		'a DISCONNECT with a payload': '41{}',
	};
	for (const [name, packet] of Object.entries(laterOffences))
		test(`${name} closes`, async () => {
			const session = await server.session();
			await session.connect();
			await session.assertNextIs('42["auth",{}]');
			await session.offend(packet);
			await session.assertClosed();
		});

	test('an offence in one namespace ends all of the connection', async () => {
		const session = await server.session();
		await session.connect();
		await session.assertNextIs('42["auth",{}]');
		await session.connect('/custom');
		await session.offend('40/custom,');
		await session.assertClosed();
	});
});

describe('disconnecting', () => {
	const server = serve({ app: 'rooms', settings });

	test('41 leaves the connection open, and CONNECT may come again', async () => {
		const session = await server.session();
		const first = await session.connect();
		await session.send('41');
		const second = await session.connect();
		assert.notEqual(first, second);
		await session.send('421["echo",true]');
		await session.assertNextIs('431[true]');
	});

	test('from one of two namespaces, with and without the comma', async () => {
		for (const packet of ['41/other,', '41/other']) {
			const session = await server.session();
			await session.connect();
			await session.connect('/other');
			await session.send(packet, '427["echo","main"]');
			await session.assertNextIs('437["main"]');
			await session.offend('42/other,["echo","x"]');
			await session.assertClosed();
		}
	});

	test('the others learn the reason', async () => {
		const watcher = await server.watcher('/other');
		const session = await server.session();
		const id = await session.connect('/other');
		const left = event(watcher, 'left');
		await session.send('41/other,');
		assert.deepEqual(await left, [id, 'client namespace disconnect']);
	});

	test('by 1: transport close', async () => {
		const watcher = await server.watcher();
		const session = await server.session();
		const id = await session.connect();
		const left = event(watcher, 'left');
		await session.send('1');
		assert.deepEqual(await left, [id, 'transport close']);
	});

	test('by the server, from the namespace: DISCONNECT after what was emitted, and the connection lives', async () => {
		const session = await server.session();
		await session.connect();
		await session.send('42["bye",false]');
		assert.deepEqual(await session.take(2), ['42["last words"]', '41']);
		await session.connect();
	});

	test('by the server, altogether: DISCONNECT, then the close', async () => {
		const watcher = await server.watcher();
		const session = await server.session();
		const id = await session.connect();
		await session.connect('/other');
		const left = event(watcher, 'left');
		await session.send('42["bye",true]');
		const packets = await session.take(3);
		assert.equal(packets[0], '42["last words"]');
		assert.deepEqual(packets.slice(1).sort(), ['41', '41/other,']);
		// Not in one payload with the close: the stock client would see the close first, and reconnect.
		assert.deepEqual(session.inbox, []);
		assert.equal(await session.next(), '1');
		await session.assertClosed();
		assert.equal((await left)[0], id);
	});
});
