// Events, acknowledgements and attachments, spoken by hand (PROTOCOL.md 29, 30).
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { ours, SEPARATOR, serve, sleep, test } from './harness.mjs';

const settings = { ping_interval: 25000, ping_timeout: 20000, connect_timeout: 45000 };
const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;
const placeholders = (count) => Array.from({ length: count }, (_, num) => placeholder(num)).join(',');

describe('events', () => {
	const server = serve({ app: 'suite', settings });

	async function connected(nsp = '/') {
		const session = await server.session();
		await session.connect(nsp);
		await session.assertNextIs(`42${nsp === '/' ? '' : `${nsp},`}["auth",{}]`);
		return session;
	}

	test('a plain event', async () => {
		const session = await connected();
		await session.send('42["message",1,"2",{"3":[true]}]');
		await session.assertNextIs('42["message-back",1,"2",{"3":[true]}]');
	});

	test('an event with an acknowledgement', async () => {
		const session = await connected();
		await session.send('42456["message-with-ack",1,"2",{"3":[false]}]');
		await session.assertNextIs('43456[1,"2",{"3":[false]}]');
	});

	test('an empty acknowledgement', async () => {
		const session = await connected();
		await session.send('420["message-with-ack"]');
		await session.assertNextIs('430[]');
	});

	test('acknowledgement ids as large as they get', async () => {
		const session = await connected();
		for (const id of [0, 10, 2147483648, 9007199254740991]) {
			await session.send(`42${id}["message-with-ack",1]`);
			await session.assertNextIs(`43${id}[1]`);
		}
	});

	test('attachments', async () => {
		const session = await connected();
		await session.send(`452-["message",${placeholders(2)}]`, 'bAQID', 'bBAUG');
		assert.deepEqual(await session.take(3), [`452-["message-back",${placeholders(2)}]`, 'bAQID', 'bBAUG']);
	});

	test('attachments and an acknowledgement', async () => {
		const session = await connected();
		await session.send(`452-789["message-with-ack",${placeholders(2)}]`, 'bAQID', 'bBAUG');
		assert.deepEqual(await session.take(3), [`462-789[${placeholders(2)}]`, 'bAQID', 'bBAUG']);
	});

	test('attachments deep in an object', async () => {
		const session = await connected();
		await session.send(`452-["message",{"a":[${placeholder(0)},{"b":${placeholder(1)}}],"c":null}]`, 'bAQID', 'bBAUG');
		assert.deepEqual(await session.take(3),
			[`452-["message-back",{"a":[${placeholder(0)},{"b":${placeholder(1)}}],"c":null}]`, 'bAQID', 'bBAUG']);
	});

	test('ten attachments', async () => {
		const session = await connected();
		const pieces = Array.from({ length: 10 }, (_, i) => `b${Buffer.alloc(i, i).toString('base64')}`);
		await session.send(`4510-["message",${placeholders(10)}]`, ...pieces);
		assert.deepEqual(await session.take(11), [`4510-["message-back",${placeholders(10)}]`, ...pieces]);
	});

	test('a header and its attachments in a POST each, to whichever process', async () => {
		const session = await connected();
		await session.send(`452-["message",${placeholders(2)}]`, { via: 0 });
		await session.send('bAQID', { via: 1 });
		await session.send('bBAUG', { via: 0 });
		assert.deepEqual(await session.take(3), [`452-["message-back",${placeholders(2)}]`, 'bAQID', 'bBAUG']);
	});

	test('an attachment and the next event share a POST', async () => {
		const session = await connected();
		await session.send('42["message",0]', `451-["message",${placeholder(0)}]`);
		await session.send('bAQID', '42["message",2]', `451-["message",${placeholder(0)}]`);
		await session.send('bBAUG');
		assert.deepEqual(await session.take(6), ['42["message-back",0]', `451-["message-back",${placeholder(0)}]`, 'bAQID',
			'42["message-back",2]', `451-["message-back",${placeholder(0)}]`, 'bBAUG']);
	});

	test('a pong between a header and its attachment is no text', async () => {
		const session = await connected();
		await session.send(`451-["message",${placeholder(0)}]`, '3');
		await session.send('bAQID');
		assert.deepEqual(await session.take(2), [`451-["message-back",${placeholder(0)}]`, 'bAQID']);
	});

	test('an event nobody handles is ignored', async () => {
		const session = await connected();
		await session.send('42["unheard of",1]', '42["message",2]');
		await session.assertNextIs('42["message-back",2]');
	});

	test('an event name may be a number, or empty', async () => {
		const session = await connected();
		await session.send('42[1,"x"]', '42[-1.5]', '42["",2]', '42["message",3]');
		await session.assertNextIs('42["message-back",3]');
	});

	test('a namespace has its own events', async () => {
		const session = await connected('/custom');
		await session.connect();
		await session.assertNextIs('42["auth",{}]');
		await session.send('42/custom,["message","nobody listens there"]', '42["message","here"]');
		await session.assertNextIs('42["message-back","here"]');
	});

	test('acknowledgements nobody asked for are ignored', async () => {
		const session = await connected();
		await session.send('431["x"]', '43999999[]', `461-7[${placeholder(0)}]`, 'bAQID', '42["message",1]');
		await session.assertNextIs('42["message-back",1]');
	});

	test('blanks in the payload', async () => {
		const session = await connected();
		await session.send('42[ "message" ,\t1,\n{ "a" : [ ] } ]');
		assert.deepEqual(JSON.parse((await session.next()).slice(2)), ['message-back', 1, { a: [] }]);
	});

	test('an escaped event name', async () => {
		const session = await connected();
		await session.send('42["m\\u0065ss\\u0061ge",1]');
		assert.deepEqual(JSON.parse((await session.next()).slice(2)), ['message-back', 1]);
	});

	test('{} and [], null and texts survive', async () => {
		const session = await connected();
		const args = [{}, [], null, '', [[]], [{}], { a: null, b: [], c: {} }, true, false, 0, -0.5, 1e21, '\u0000\u001f\u007f', '\\', '/'];
		await session.send(`42${JSON.stringify(['message', ...args])}`);
		assert.deepEqual(JSON.parse((await session.next()).slice(2)), ['message-back', ...args]);
	});

	ours('arguments are sent on byte for byte', async () => {
		const session = await connected();
		const args = '1.0,1e3,"\\u0041",{"b":1,"a":2,"b":3},12345678901234567890,-0,[ 1 , 2 ]';
		await session.send(`42["message",${args}]`);
		const packet = await session.next();
		assert.equal(packet.replace(/ /g, ''), `42["message-back",${args}]`.replace(/ /g, ''));
	});

	const offences = {
		'an unknown packet type': ['4abc'],
		'a packet type beyond the last': ['47["message"]'],
		'a payload that is an object': ['42{}'],
		'a payload that is a text': ['42"message"'],
		'a payload that is empty': ['42[]'],
		'a payload that is no JSON': ['42["message"'],
		'a payload with a comma too many': ['42["message",]'],
		'a payload with something behind it': ['42["message"]x'],
		'an event name that is null': ['42[null]'],
		'an event name that is an object': ['42[{"a":1}]'],
		'an event name that is a boolean': ['42[true,1]'],
		'an acknowledgement id that is no number': ['42abc["message-with-ack",1,"2",{"3":[false]}]'],
		'an ACK whose payload is an object': ['431{}'],
		'a binary event without a count': ['45["message"]'],
		'a binary event without the dash': ['451["message"]'],
		'a binary event with a negative count': ['45-1-["message"]'],
		'a binary event with a broken count': ['451.5-["message"]'],
		'eleven attachments': [`4511-["message",${placeholders(11)}]`],
		'text between a header and its attachment': [`451-["message",${placeholder(0)}]`, '42["message",1]'],
		'text between two attachments': [`452-["message",${placeholders(2)}]`, 'bAQID', '42["message",1]'],
		'an attachment without a header': ['bAQID'],
		'an attachment too many': [`451-["message",${placeholder(0)}]`, 'bAQID', 'bBAUG'],
		'a placeholder without its attachment': [`451-["message",${placeholder(1)}]`, 'bAQID'],
		'a placeholder of a negative number': [`451-["message",${placeholder(-1)}]`, 'bAQID'],
		'a placeholder that is no number': ['451-["message",{"_placeholder":true,"num":"0"}]', 'bAQID'],
	};
	for (const name of ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'])
		offences[`the reserved name ${name}`] = [`42["${name}","x"]`];
	for (const [name, packets] of Object.entries(offences))
		test(`${name} closes`, async () => {
			const session = await connected();
			await session.offend(packets.join(SEPARATOR));
			await session.assertClosed();
		});

	ours('a reserved name in disguise closes too', async () => {
		const session = await connected();
		await session.offend('42["\\u0064isconnect"]');
		await session.assertClosed();
	});

	test('an offence tells a parked GET the end', async () => {
		const session = await connected();
		const parked = session.get();
		await sleep(50);
		await session.offend('42{}');
		assert.ok((await parked).text.split(SEPARATOR).includes('1'));
		await session.assertClosed();
	});

	// The reference dies of it.
	ours('nesting without end harms nobody', async () => {
		for (const depth of [100, 1000, 100000]) {
			const session = await connected();
			await session.offend(`42["message",${'['.repeat(depth)}${']'.repeat(depth)}]`);
			await session.offend(`42["message",${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}]`).catch(() => {});
		}
		await connected();
	});

	test('many packets in one payload', async () => {
		const session = await connected();
		const packets = Array.from({ length: 2000 }, (_, i) => `42["message",${i}]`);
		await session.send(...packets);
		assert.deepEqual(await session.take(2000), packets.map((packet) => packet.replace('message', 'message-back')));
	});
});
