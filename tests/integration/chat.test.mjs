// The default application, app/chat.lua: rooms, nicknames, who is here, history, and every message exactly once.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, eventually, isReference, ours, serve, sleep } from './harness.mjs';

if (!isReference) describe('the chat', () => {
	const server = serve({ app: 'app/chat.lua', settings: { ping_interval: 1000, ping_timeout: 1000 } });
	let ids = 0;
	const say = (socket, room, text, id = `id-${ids++}`) => socket.emitWithAck('say', room, text, id);
	async function joined(room, nickname, options) {
		const socket = await server.client('/', options);
		const answer = await socket.emitWithAck('join', room, nickname);
		assert.equal(answer.ok, true, answer.error);
		return Object.assign(socket, { answer });
	}

	ours('joining tells who is here and what was said', async () => {
		const ann = await joined('lobby', 'Ann', { via: 0 });
		assert.deepEqual([ann.answer.room, ann.answer.nickname, ann.answer.history], ['lobby', 'Ann', []]);
		assert.deepEqual(ann.answer.here, ['Ann']);
		const notice = event(ann, 'joined');
		await say(ann, 'lobby', 'first', 'm1');
		const bob = await joined('lobby', 'Bob', { via: 1 });
		assert.deepEqual(await notice, [{ room: 'lobby', nickname: 'Bob' }]);
		assert.deepEqual(bob.answer.here.sort(), ['Ann', 'Bob']);
		assert.equal(bob.answer.history.length, 1);
		const [entry] = bob.answer.history;
		assert.deepEqual([entry.id, entry.from, entry.text, typeof entry.position], ['m1', 'Ann', 'first', 'string']);
		assert.ok(Math.abs(entry.at - Date.now()) < 60000);
	});

	ours('a message reaches everybody in the room, its sender included', async () => {
		const [a, b, c] = [await joined('r1', 'A'), await joined('r1', 'B'), await joined('r2', 'C')];
		const heard = [a, b, c].map((socket) => collect(socket, 'message'));
		const answer = await say(a, 'r1', 'hello', 'h1');
		assert.deepEqual([answer.ok, answer.duplicate, typeof answer.position], [true, false, 'string']);
		await Promise.all([heard[0].until(1), heard[1].until(1)]);
		assert.deepEqual(heard[1].map(({ room, id, from, text }) => [room, id, from, text]), [['r1', 'h1', 'A', 'hello']]);
		await c.emitWithAck('rooms');
		assert.equal(heard[2].length, 0);
	});

	ours('said twice with one id is said once', async () => {
		const [a, b] = [await joined('dup', 'A', { via: 0 }), await joined('dup', 'B', { via: 1 })];
		const heard = collect(b, 'message');
		const first = await say(a, 'dup', 'x', 'same');
		const again = await say(a, 'dup', 'x', 'same');
		assert.deepEqual([again.ok, again.duplicate, again.position], [true, true, first.position]);
		await say(a, 'dup', 'y', 'other');
		await heard.until(2);
		assert.deepEqual(heard.map(({ id }) => id), ['same', 'other']);
	});

	ours('a nickname is one person\'s while that person is here', async () => {
		const first = await joined('names', 'Zoe');
		const second = await server.client();
		assert.deepEqual(await second.emitWithAck('join', 'names', 'Zoe'), { ok: false, error: 'nickname taken' });
		assert.equal((await second.emitWithAck('join', 'elsewhere', 'Zoe')).ok, true);
		first.disconnect();
		await eventually('Zoe is free again', async () => (await second.emitWithAck('join', 'names', 'Zoe')).ok);
	});

	ours('joining twice is harmless', async () => {
		const a = await joined('again', 'A');
		const answer = await a.emitWithAck('join', 'again', 'A');
		assert.deepEqual([answer.ok, answer.here], [true, ['A']]);
	});

	ours('leaving and disconnecting are told', async () => {
		const [a, b, c] = [await joined('bye', 'A'), await joined('bye', 'B'), await joined('bye', 'C')];
		const left = collect(a, 'left');
		assert.deepEqual(await b.emitWithAck('leave', 'bye'), { ok: true });
		c.disconnect();
		await left.until(2);
		assert.deepEqual(left.map(({ room, nickname }) => [room, nickname]), [['bye', 'B'], ['bye', 'C']]);
		assert.equal((await say(b, 'bye', 'from outside')).ok, false);
		assert.equal((await say(a, 'bye', 'alone')).ok, true);
	});

	ours('what is no name, no text or no id is refused', async () => {
		const a = await joined('strict', 'A');
		for (const [room, nickname] of [['', 'x'], ['r', ''], ['   ', 'x'], ['r', '   '], ['x'.repeat(65), 'x'], ['r', 'x'.repeat(33)], ['r\n', 'a\u0000b'],
			[1, 2], [null, null], [{}, []], [undefined, undefined]]) {
			const answer = await a.emitWithAck('join', room, nickname);
			assert.equal(answer.ok, false, JSON.stringify([room, nickname]));
			assert.equal(typeof answer.error, 'string');
		}
		for (const [text, id] of [['', 'i1'], ['x'.repeat(4001), 'i2'], [1, 'i3'], [null, 'i4'], [{}, 'i5'], ['x', ''], ['x', 'i'.repeat(65)], ['x', 7], ['x', null]])
			assert.equal((await a.emitWithAck('say', 'strict', text, id)).ok, false, JSON.stringify([text, id]).slice(0, 40));
		assert.equal((await say(a, 'strict', 'x'.repeat(4000))).ok, true);
		assert.equal((await say(a, 'not joined', 'x')).ok, false);
	});

	ours('names are trimmed, and of any language', async () => {
		const a = await server.client();
		const answer = await a.emitWithAck('join', '  caf\u00e9 \u{1f600} ', '  J\u00f6rg  ');
		assert.deepEqual([answer.ok, answer.room, answer.nickname], [true, 'caf\u00e9 \u{1f600}', 'J\u00f6rg']);
	});

	ours('calls without an acknowledgement, with too little or of the wrong kind harm nobody', async () => {
		const a = await server.client();
		for (const name of ['join', 'leave', 'say', 'history', 'typing', 'rooms']) for (const args of [[], [null], [1, 2, 3, 4], [{}, []], ['r', 'n']]) a.emit(name, ...args);
		assert.equal((await a.emitWithAck('rooms')).ok, true);
	});

	ours('rooms are listed with how many are there', async () => {
		await joined('counted', 'A');
		const b = await joined('counted', 'B');
		const { ok, rooms } = await b.emitWithAck('rooms');
		assert.equal(ok, true);
		assert.equal(rooms.find(({ name }) => name === 'counted').here, 2);
		assert.ok(rooms.every(({ name }) => name !== b.id));
	});

	ours('history is the last fifty', async () => {
		const a = await joined('long', 'A');
		for (let i = 0; i < 60; i++) await say(a, 'long', `t${i}`);
		const b = await joined('long', 'B');
		assert.deepEqual(b.answer.history.map(({ text }) => text), Array.from({ length: 50 }, (_, i) => `t${i + 10}`));
	});

	ours('older messages are fetched page by page, from any process', async () => {
		const a = await joined('pages', 'A', { via: 0 });
		for (let i = 0; i < 120; i++) await say(a, 'pages', `t${i}`);
		const b = await joined('pages', 'B', { via: 1 });
		const all = [...b.answer.history];
		for (let page; page?.length !== 0; all.unshift(...page)) {
			const answer = await b.emitWithAck('history', 'pages', all[0].position);
			assert.equal(answer.ok, true, answer.error);
			page = answer.history;
		}
		assert.deepEqual(all.map(({ text }) => text), Array.from({ length: 120 }, (_, i) => `t${i}`));
		const outside = await server.client();
		assert.deepEqual(await outside.emitWithAck('history', 'pages', all[0].position), { ok: false, error: 'not in this room' });
		for (const position of [7, {}, 'nonsense', '']) assert.equal((await b.emitWithAck('history', 'pages', position)).ok, false, position);
		assert.equal((await b.emitWithAck('rooms')).ok, true);
	});

	ours('who is typing is told to those in the room, and kept nowhere', async () => {
		const options = (via) => ({ via, transports: ['websocket'] });
		const [a, b, c] = [await joined('desk', 'A', options(0)), await joined('desk', 'B', options(1)), await joined('other', 'C', options(1))];
		const [own, heard, elsewhere] = [a, b, c].map((socket) => collect(socket, 'typing'));
		a.emit('typing', 'desk');
		c.emit('typing', 'desk');
		await heard.until(1);
		await say(a, 'desk', 'done');
		assert.deepEqual(heard, Object.assign([{ room: 'desk', nickname: 'A' }], { until: heard.until }));
		assert.deepEqual([own.length, elsewhere.length], [0, 0]);
		assert.deepEqual((await joined('desk', 'D')).answer.history.map(({ text }) => text), ['done']);
	});

	ours('all processes are killed in mid-conversation: the client comes back, and nothing is lost or doubled', async () => {
		const socket = server.socket();
		const seen = new Map(), order = [];
		const see = ({ id, text }) => {
			if (!seen.has(id)) order.push(text);
			seen.set(id, text);
		};
		socket.on('message', see);
		// A lost connection's nickname is free again once the old socket is given up.
		const enter = async () => {
			for (const { id } = socket; socket.connected && socket.id === id; await sleep(50)) {
				const answer = await socket.timeout(2000).emitWithAck('join', 'phoenix', 'Ann').catch(() => ({ ok: false }));
				answer.history?.forEach(see);
				if (answer.ok) return;
			}
		};
		await event(socket, 'connect');
		await enter();
		socket.on('connect', enter);
		async function insist(text) {
			for (const end = Date.now() + 10000; Date.now() < end;) {
				const answer = await socket.timeout(1000).emitWithAck('say', 'phoenix', text, text).catch(() => undefined);
				if (answer?.ok) return;
				await sleep(50);
			}
			assert.fail(`nobody takes ${text}`);
		}
		for (let i = 0; i < 30; i++) {
			if (i % 10 === 5) {
				await Promise.all([0, 1].map((n) => server.server.kill(n)));
				await Promise.all([0, 1].map((n) => server.server.startProcess(n)));
			}
			await insist(`m${i}`);
		}
		await eventually('the last is seen', () => seen.has('m29'));
		assert.deepEqual(order, Array.from({ length: 30 }, (_, i) => `m${i}`));
	});
});
