// The applications of examples/, spoken to by stock clients: by polling at either process and by WebSocket, and by npm's socket.io and ws likewise.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { describe } from 'node:test';
import { collect, event, eventually, isReference, ours, serve, test } from './harness.mjs';

const LINE = '举头望明月，低头思故乡,';
const PLACES = [{ via: 0, transports: ['polling'] }, { via: 1, transports: ['polling'] }, { transports: ['websocket'] }];

const serveExample = (name, settings) => serve({ app: `examples/${name}/app.lua`, settings });
const everywhere = (server, nsp) => Promise.all(PLACES.map((place) => server.client(nsp, place)));
const logged = (server, what) => eventually(`${what} is in the log`, () => server.server.log().includes(what));
const count = (server, what) => server.server.log().split(what).length - 1;
const parsed = async (wire) => JSON.parse(await wire.next());

// The head of the answer to a handshake by hand.
function upgrade(url, headers) {
	return new Promise((resolve, reject) => {
		const request = http.request(url, { agent: false, headers: { Connection: 'Upgrade', Upgrade: 'websocket', ...headers } });
		request.on('upgrade', (response, socket) => {
			socket.destroy();
			resolve(response);
		});
		request.on('response', (response) => resolve(response.resume()));
		request.on('error', reject);
		request.end();
	});
}

async function bare(server, options) {
	const wire = server.wire({ path: '/', ...options });
	await wire.opened;
	return wire;
}

describe('greeting', () => {
	const server = serveExample('greeting');

	test('the server speaks first, and logs what the page says', async () => {
		for (const [i, place] of PLACES.entries()) {
			const socket = server.socket('/', place);
			assert.deepEqual(await event(socket, 'fire'), [{ fire: 'hole' }]);
			socket.emit('hello', { message: `socket.io ${i}` });
			await logged(server, `{"message":"socket.io ${i}"}`);
		}
	});
});

describe('talk', () => {
	const server = serveExample('talk');

	test('a response to everybody, a tail to the one who talked', async () => {
		const all = await everywhere(server);
		const heard = all.map((socket) => ({ response: collect(socket, 'response'), tail: collect(socket, 'tail') }));
		for (const [i, socket] of all.entries()) {
			socket.emit('talk', `from ${i}`);
			await Promise.all(heard.map(({ response }) => response.until(i + 1)));
		}
		await Promise.all(heard.map(({ tail }) => tail.until(1)));
		for (const [i, { response, tail }] of heard.entries()) {
			assert.deepEqual([...response], ['from 0', 'from 1', 'from 2']);
			assert.deepEqual([...tail], [`from ${i}`]);
		}
		assert.ok(server.server.log().includes('a client has connected') && server.server.log().includes('from 2'));
	});
});

describe('steps', () => {
	const server = serveExample('steps', { rooms_path: '/' });

	test('the handshake: 101, both headers of the upgrade, and the key answered', async () => {
		const key = randomBytes(16).toString('base64');
		const { statusCode, headers } = await upgrade(server.urls.any, { 'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '13' });
		assert.equal(statusCode, 101);
		assert.match(headers.upgrade, /^websocket$/i);
		assert.match(headers.connection, /^upgrade$/i);
		assert.equal(headers['sec-websocket-accept'], createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64'));
		const refused = await upgrade(server.urls.any, { 'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '12' });
		assert.ok([400, 426].includes(refused.statusCode), `version 12 is answered ${refused.statusCode}`);
	});

	test('a bare WebSocket: each text comes back with a line added', async () => {
		const wire = server.wire({ path: '/' });
		await wire.opened;
		wire.send('春眠不觉晓', '');
		assert.equal(await wire.next(), `春眠不觉晓${LINE}`);
		assert.equal(await wire.next(), LINE);
	});

	test('coming and going is logged', async () => {
		const [came, went] = ['a WebSocket has come in', 'a WebSocket has gone'].map((what) => ({ what, before: count(server, what) }));
		const wire = await bare(server);
		await eventually('it is told', () => count(server, came.what) > came.before);
		wire.socket.close();
		await eventually('it is told', () => count(server, went.what) > went.before);
	});

	test('the chat: everybody gets it, the sender too, and bare WebSockets do not', async () => {
		const [wire, ...all] = [await bare(server), ...await everywhere(server)];
		const heard = all.map((socket) => collect(socket, 'chat message'));
		all[0].emit('chat message', 'one');
		await Promise.all(heard.map((texts) => texts.until(1)));
		all[2].emit('chat message', 'two');
		await Promise.all(heard.map((texts) => texts.until(2)));
		for (const texts of heard) assert.deepEqual([...texts], ['one', 'two']);
		wire.send('still here');
		assert.equal(await wire.next(), `still here${LINE}`);
		all[1].disconnect();
		await logged(server, 'somebody has come in');
		await logged(server, 'somebody has gone');
	});

	ours('what it says is text: of bytes that are none the client hears nothing, and goes on', async () => {
		const wire = await bare(server);
		wire.send(Buffer.from([255]), 'next');
		assert.equal(await wire.next(), `next${LINE}`);
	});
});

describe('crowd', () => {
	const server = serveExample('crowd', { rooms_path: '/' });
	const say = (wire, nickname, message) => wire.send(JSON.stringify({ nickname, message, time: '12:00' }));

	test('what one says everybody gets with status 1; what a leaver said last once more with status 0', async () => {
		const [a, b, c] = [await bare(server), await bare(server), await bare(server)];
		say(a, 'Ann', '加入聊天');
		for (const wire of [a, b, c]) assert.deepEqual(await parsed(wire), { nickname: 'Ann', message: '加入聊天', time: '12:00', status: 1 });
		say(a, 'Ann', 'bye');
		for (const wire of [a, b, c]) assert.equal((await parsed(wire)).message, 'bye');
		a.socket.close();
		for (const wire of [b, c]) assert.deepEqual(await parsed(wire), { nickname: 'Ann', message: 'bye', time: '12:00', status: 0 });
	});

	test('who comes and goes without a word, or says what is no JSON object, harms nothing', async () => {
		const b = await bare(server);
		for (const texts of [[], ['加入聊天'], ['[1]', '1', 'null', '"x"', '{', '']]) {
			const hasty = await bare(server);
			hasty.send(...texts);
			hasty.socket.close();
			await hasty.closed;
		}
		say(b, 'Bob', 'alone');
		assert.equal((await parsed(b)).message, 'alone');
		await logged(server, 'this is no JSON object: {');
	});
});

describe('live', () => {
	const server = serveExample('live');
	const viewer = (nsp, token, place) => server.client(nsp, { query: token ? { token } : {}, ...place });
	const textsOf = (messages) => messages.map(({ room, from, text }) => `${room} ${from ?? '-'} ${text}`);

	test('to the others in the room, to oneself, and to everybody in it', async () => {
		const [ann, bob, guest] = [await viewer('/', 'token-of-ann', PLACES[0]), await viewer('/', 'token-of-bob', PLACES[1]), await viewer('/', undefined, PLACES[2])];
		const heard = [ann, bob, guest].map((socket) => collect(socket, 'msg'));
		for (const socket of [ann, bob, guest]) assert.deepEqual(await socket.emitWithAck('join', 'r'), []);
		await heard[0].until(3);
		ann.emit('msg', 'r', 'hello');
		await Promise.all([heard[0].until(4), heard[1].until(3), heard[2].until(2)]);
		assert.deepEqual(textsOf(heard[0]), ['r - You are in r.', 'r - Bob is here.', 'r - A guest is here.', 'r Ann hello']);
		assert.deepEqual(textsOf(heard[1]), ['r - You are in r.', 'r - A guest is here.', 'r Ann hello']);
		assert.deepEqual(textsOf(heard[2]), ['r - You are in r.', 'r Ann hello']);
		guest.emit('msg', 'r', 'may I?');
		await heard[2].until(3);
		assert.equal(heard[2][2].text, 'Who has no token watches.');
		assert.deepEqual(textsOf(await bob.emitWithAck('join', 'r')), ['r Ann hello']);
	});

	test('rooms of one name in several namespaces, and several rooms in one, are apart', async () => {
		const at = {};
		for (const nsp of ['/', '/sport', '/music']) {
			at[nsp] = await viewer(nsp, 'token-of-bob');
			for (const room of ['a', 'b']) await at[nsp].emitWithAck('join', room);
			at[nsp].heard = collect(at[nsp], 'msg');
		}
		for (const nsp of ['/', '/sport', '/music']) for (const room of ['a', 'b']) at[nsp].emit('msg', room, `${nsp}${room}`);
		for (const nsp of ['/', '/sport', '/music']) {
			await at[nsp].heard.until(2);
			assert.deepEqual(at[nsp].heard.map(({ room, text }) => [room, text]), [['a', `${nsp}a`], ['b', `${nsp}b`]]);
		}
		at['/sport'].emit('leave', 'a');
		await at['/sport'].emitWithAck('join', 'b');
		at['/sport'].emit('msg', 'a', 'outside');
		assert.equal((await at['/sport'].emitWithAck('join', 'a')).at(-1).text, 'outside');
		assert.ok(at['/sport'].heard.every(({ text }) => text !== 'outside'));
	});

	test('a wrong token is refused in each namespace', async () => {
		for (const nsp of ['/', '/music']) {
			const [error] = await event(server.socket(nsp, { query: { token: 'forged' } }), 'connect_error');
			assert.equal(error.message, 'unknown token');
		}
	});

	ours('bare WebSockets are in the rooms too, with the same tokens', async () => {
		const enter = (token) => server.wire({ path: '/rooms/mixed', query: { token } });
		assert.equal((await enter('forged').refused).status, 403);
		const [ann, guest, bob] = [enter('token-of-ann'), enter(undefined), await viewer('/', 'token-of-bob')];
		await Promise.all([ann.opened, guest.opened]);
		await bob.emitWithAck('join', 'mixed');
		const heard = collect(bob, 'msg');
		guest.send('unheard');
		ann.send('by WebSocket');
		await heard.until(1);
		bob.emit('msg', 'mixed', 'by Socket.IO');
		for (const wire of [ann, guest]) assert.deepEqual([await wire.next(), await wire.next()], ['Ann: by WebSocket', 'Bob: by Socket.IO']);
		assert.deepEqual(textsOf(heard.slice(0, 1)), ['mixed Ann by WebSocket']);
	});

	ours('what was said is kept when every process was killed', async () => {
		const before = await viewer('/music', 'token-of-ann');
		await before.emitWithAck('join', 'kept');
		const heard = collect(before, 'msg');
		before.emit('msg', 'kept', 'remember me');
		await heard.until(1);
		before.disconnect();
		for (const i of [0, 1]) await server.server.restart(i);
		if (server.server.sidecar) await server.server.restartSidecar();
		const later = await viewer('/music', undefined);
		assert.deepEqual(textsOf(await later.emitWithAck('join', 'kept')), ['kept Ann remember me']);
	});
});

if (!isReference) describe('chat', () => {
	const server = serveExample('chat', { ping_interval: 1000, ping_timeout: 1000 });
	let ids = 0;
	const person = (nickname, { after, ...options } = {}) => server.socket('/', { auth: { nickname, after }, ...options });
	async function enter(nickname, options) {
		const socket = person(nickname, options);
		socket.heard = collect(socket, 'chat message');
		await event(socket, 'connect');
		await socket.emitWithAck('online');
		return socket;
	}
	// Without their positions.
	const firsts = (heard) => heard.map(([first]) => first);
	const textsOf = (socket) => firsts(socket.heard).map(({ text }) => text);

	ours('coming, going and who is here; of several pages of one person the first and the last count', async () => {
		const ann = await enter('Ann', PLACES[0]);
		const [connected, left] = [collect(ann, 'connected'), collect(ann, 'left')];
		const pages = [await enter('Bob', PLACES[1]), await enter('Bob', PLACES[2])];
		assert.deepEqual((await ann.emitWithAck('online')).sort(), ['Ann', 'Bob']);
		for (const page of pages) page.disconnect();
		await left.until(1);
		await enter('Cid');
		await connected.until(2);
		assert.deepEqual([firsts(connected), firsts(left)], [['Bob', 'Cid'], ['Bob']]);
		const [error] = await event(person(' '), 'connect_error');
		assert.match(error.message, /a nickname has/);
	});

	ours('a message sent again is published once; what was missed comes with the next connection', async () => {
		const [ann, bob] = [await enter('Ann', PLACES[1]), await enter('Bob', PLACES[2])];
		for (const text of ['one', 'one', 'two']) assert.deepEqual(await ann.emitWithAck('chat message', `id of ${text}`, text), { ok: true });
		await bob.heard.until(2);
		assert.deepEqual(textsOf(bob), ['one', 'two']);
		const again = await enter('Bob');
		assert.deepEqual(textsOf(again).slice(-2), ['one', 'two']);
		const [, position] = again.heard.at(-2);
		const missed = await enter('Bob', { after: position });
		assert.deepEqual(textsOf(missed), ['two']);
		for (const after of ['nonsense', 'another1.5', 7, {}]) assert.deepEqual(textsOf(await enter('Bob', { after })).slice(-2), ['one', 'two']);
		assert.equal((await ann.emitWithAck('chat message', 'x', '')).ok, false);
	});

	ours('private messages reach one person, at all pages, and who wrote them', async () => {
		const [ann, bob, bob2, eve] = [await enter('Ann', PLACES[0]), await enter('Bob', PLACES[1]), await enter('Bob', PLACES[2]), await enter('Eve')];
		const heard = [ann, bob, bob2, eve].map((socket) => collect(socket, 'private message'));
		assert.deepEqual(await ann.emitWithAck('private message', `p${ids++}`, 'psst', 'Bob'), { ok: true });
		await Promise.all(heard.slice(0, 3).map((texts) => texts.until(1)));
		for (const texts of heard.slice(0, 3)) assert.deepEqual(firsts(texts).map(({ from, to, text }) => [from, to, text]), [['Ann', 'Bob', 'psst']]);
		await eve.emitWithAck('online');
		assert.equal(heard[3].length, 0);
		assert.deepEqual(await ann.emitWithAck('private message', `p${ids++}`, 'psst', 'Nobody'), { ok: false, error: 'nobody of that name is here' });
	});

	ours('a page whose connection broke gets what it missed, private messages too, each once; nobody else is told anew', async () => {
		const [ann, bob, other] = [await enter('Ann'), await enter('Bob'), await enter('Bob')];
		const whispers = collect(bob, 'private message'), came = collect(ann, 'connected');
		const before = bob.heard.length;
		const { id } = bob;
		bob.io.reconnectionDelay(300);
		const gone = event(bob, 'disconnect');
		bob.io.engine.close();
		await gone;
		const back = event(bob, 'connect');
		await ann.emitWithAck('chat message', `m${ids++}`, 'missed');
		await ann.emitWithAck('private message', `p${ids++}`, 'whispered', 'Bob');
		await back;
		await ann.emitWithAck('chat message', `m${ids++}`, 'heard');
		await bob.heard.until(before + 2);
		assert.deepEqual([bob.recovered, bob.id], [true, id]);
		assert.deepEqual(textsOf(bob).slice(before), ['missed', 'heard']);
		assert.deepEqual(firsts(whispers).map(({ text }) => text), ['whispered']);
		await ann.emitWithAck('online');
		assert.deepEqual([came.length, other.connected], [0, true]);
	});

	ours('who types is told to the others, now or never', async () => {
		const [ann, bob] = [await enter('Ann'), await enter('Bob', PLACES[2])];
		const [typing, own] = [event(bob, 'typing'), collect(ann, 'typing')];
		ann.volatile.emit('typing');
		assert.equal((await typing)[0], 'Ann');
		await ann.emitWithAck('online');
		assert.equal(own.length, 0);
	});

	ours('a client with retries: each message once and in order, while processes are killed', async () => {
		const bob = await enter('Bob', { retries: 50, ackTimeout: 300 });
		const sent = Array.from({ length: 12 }, (_, i) => `m${i}`);
		const answers = sent.map((text) => new Promise((resolve) => bob.emit('chat message', `retry ${text}`, text, (error, answer) => resolve(error ?? answer))));
		for (const i of [0, 1]) await server.server.restart(i);
		if (server.server.sidecar) await server.server.restartSidecar();
		for (const answer of await Promise.all(answers)) assert.deepEqual(answer, { ok: true });
		const late = await enter('Late');
		assert.deepEqual(textsOf(late).filter((text) => /^m\d/.test(text)), sent);
	});
});
