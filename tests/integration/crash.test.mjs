// Processes are killed and started again in the middle of things, the web server staying: what was acknowledged is there,
// once; sessions nobody was holding a request for go on.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { assertError, behind, errors, event, eventually, isReference, ours, request, serve, sleep } from './harness.mjs';

async function history(socket, room) {
	const all = [];
	for (let before; ;) {
		const rows = await socket.emitWithAck('history', room, { limit: 100, before });
		if (!rows.length) return all;
		all.unshift(...rows.map(({ args }) => args[0]));
		before = rows[0].position;
	}
}

// Says it until somebody acknowledged it, under one key, as a careful client does.
async function publish(socket, room, what) {
	for (;;) {
		try {
			return await socket.timeout(1500).emitWithAck('publish once', room, what, `${room} ${what}`);
		} catch {
			if (!socket.connected) await connected(socket);
		}
	}
}

// In the room whenever connected; keeps every entry it was told, first by the history, then as it comes.
function listen(socket, room) {
	const heard = [];
	const enter = async () => {
		try {
			for (const { args } of await socket.timeout(2000).emitWithAck('enter', room)) heard.push(args[0]);
		} catch {
			// Lost again; the next connection enters.
		}
	};
	socket.on('entry', (what) => heard.push(what));
	socket.on('connect', enter);
	return heard;
}

// A web server that found a process gone may not look again at once; clients go on trying, and so do we.
const serves = (server) => eventually('it serves', () => server.session().catch(() => undefined));
const connected = (socket) => new Promise((resolve) => socket.once('connect', resolve));

if (!isReference) describe('killing', () => {
	const server = serve({ app: 'log', settings: { ping_interval: 2000, ping_timeout: 2000 } });
	const { server: processes } = server;

	ours('a session between two requests survives the end of both processes', async () => {
		const session = await server.session();
		const id = await session.connect();
		await session.send('421["enter","survivors"]');
		await session.assertNextIs('431[[]]');
		await session.send('42["publish","survivors","kept"]');
		for (const i of [0, 1]) await processes.kill(i);
		for (const i of [0, 1]) await processes.startProcess(i);
		assert.equal(await session.next(), '42["entry","kept"]');
		await session.send('422["state"]');
		assert.deepEqual(JSON.parse((await session.next()).slice(3))[0].rooms, ['survivors']);
		await session.send('423["here","survivors"]');
		await session.assertNextIs(`433[["${id}"]]`);
	});

	ours('one process is enough while the other is gone', async () => {
		const session = await server.session();
		await session.connect();
		await processes.kill(0);
		for (let i = 0; i < 10; i++) {
			await session.send(`42${i}["count"]`);
			await session.assertNextIs(`43${i}[${i + 1}]`);
		}
		const socket = await server.client();
		assert.equal(await socket.emitWithAck('count'), 1);
		await processes.startProcess(0);
	});

	ours('a client whose poll died comes back by itself', async () => {
		const socket = await server.client('/', { via: 0, transports: ['polling'] });
		const { id } = socket;
		await sleep(50);
		const lost = event(socket, 'disconnect');
		await processes.kill(0);
		assert.equal((await lost)[0], 'transport error');
		const back = connected(socket);
		await processes.startProcess(0);
		await back;
		assert.notEqual(socket.id, id);
		assert.equal(await socket.emitWithAck('count'), 1);
	});

	ours('sockets whose poll died with its process leave their rooms', async () => {
		const watcher = await server.client('/', { via: 1 });
		const lost = await server.session({ via: 0 });
		const id = await lost.connect();
		await lost.send('421["enter","orphans"]');
		await lost.assertNextIs('431[[]]');
		assert.deepEqual(await watcher.emitWithAck('here', 'orphans'), [id]);
		lost.get({ via: 0 });
		await sleep(100);
		await processes.restart(0);
		await eventually('the orphan is gone', async () => (await watcher.emitWithAck('here', 'orphans')).length === 0, 8000);
	});

	behind('both processes gone: the web server says so, and nothing else breaks', async () => {
		for (const i of [0, 1]) await processes.kill(i);
		const answer = await request(`${server.urls.any}/socket.io/?EIO=4&transport=polling`);
		assert.ok([500, 502, 503].includes(answer.status), String(answer.status));
		for (const i of [0, 1]) await processes.startProcess(i);
		await (await serves(server)).connect();
	});

	ours('the log outlives everything', async () => {
		const before = await server.client();
		const positions = [];
		for (let i = 0; i < 20; i++) positions.push((await before.emitWithAck('publish', 'memory', `entry ${i}`)).position);
		for (const i of [0, 1]) await processes.kill(i);
		for (const i of [0, 1]) await processes.startProcess(i);
		await serves(server);
		const after = await server.client();
		const rows = await after.emitWithAck('history', 'memory', { limit: 100 });
		assert.deepEqual(rows.map(({ args }) => args[0]), Array.from({ length: 20 }, (_, i) => `entry ${i}`));
		assert.deepEqual(rows.map(({ position }) => position), positions);
	});

	ours('in the middle of a conversation of ten clients: nothing acknowledged is lost, nothing is there twice', async () => {
		const sockets = await Promise.all(Array.from({ length: 10 }, () => server.client()));
		const heard = sockets.map((socket) => listen(socket, 'battle'));
		for (const socket of sockets) await socket.emitWithAck('enter', 'battle');
		let over = false;
		const acknowledged = [];
		const speaking = Promise.all(sockets.map(async (socket, n) => {
			for (let i = 0; !over || i < 10; i++) {
				await publish(socket, 'battle', `${n}.${i}`);
				acknowledged.push(`${n}.${i}`);
				await sleep(10);
			}
		}));
		for (let round = 0; round < 6; round++) {
			await sleep(150);
			if (round === 4) {
				await Promise.all([processes.kill(0), processes.kill(1)]);
				await Promise.all([processes.startProcess(0), processes.startProcess(1)]);
			} else {
				await processes.restart(round % 2);
			}
			if (round === 2 && processes.sidecar) await processes.restartSidecar();
		}
		over = true;
		await speaking;
		await serves(server);
		const witness = await server.client();
		const log = await history(witness, 'battle');
		assert.equal(new Set(log).size, log.length, 'something is in the log twice');
		for (const what of acknowledged) assert.ok(log.includes(what), `${what} was acknowledged and is lost`);
		for (let n = 0; n < 10; n++) {
			const own = log.filter((what) => what.startsWith(`${n}.`));
			assert.deepEqual(own, own.map((_, i) => `${n}.${i}`), 'out of order');
		}
		// Live entries and the history on joining (50 rows) leave no hole at the end.
		const last = log.slice(-20);
		for (const all of heard) await eventually('everybody has the end', () => last.every((what) => all.includes(what)));
	});
});

if (!isReference) describe('ending gently', () => {
	const server = serve({ app: 'log', settings: { ping_interval: 25000, ping_timeout: 20000 } });
	const { server: processes } = server;

	ours('SIGTERM answers parked polls with a noop, and the session goes on elsewhere', async () => {
		const sessions = await Promise.all(Array.from({ length: 5 }, () => server.session({ via: 0 })));
		for (const session of sessions) await session.connect();
		const parked = sessions.map((session) => session.get({ via: 0 }));
		await sleep(100);
		assert.equal(await processes.kill(0, 'SIGTERM'), 0);
		for (const answer of await Promise.all(parked)) {
			assert.equal(answer.status, 200);
			assert.equal(answer.text, '6');
		}
		for (const session of sessions) {
			session.via = 1;
			await session.send('421["count"]');
			await session.assertNextIs('431[1]');
		}
		await processes.startProcess(0);
		for (const session of sessions) {
			session.via = 0;
			await session.send('422["count"]');
			await session.assertNextIs('432[2]');
		}
	});

	ours('stock clients that poll do not notice that the processes are replaced one after the other', async () => {
		const sockets = await Promise.all(Array.from({ length: 8 }, () => server.client('/', { transports: ['polling'] })));
		let lost = 0;
		for (const socket of sockets) socket.on('disconnect', () => lost++);
		await sleep(100);
		for (const i of [0, 1]) {
			assert.equal(await processes.kill(i, 'SIGTERM'), 0);
			await processes.startProcess(i);
			// A web server looks again for a process it missed after a second or two (disable-time, retry).
			await sleep(3000);
		}
		for (const socket of sockets) assert.equal(await socket.emitWithAck('count'), 1);
		assert.equal(lost, 0);
	});

	ours('SIGINT does as well', async () => {
		assert.equal(await processes.kill(1, 'SIGINT'), 0);
		await processes.startProcess(1);
	});

	ours('a process that is stopped does not stop the other', async () => {
		const session = await server.session({ via: 1 });
		await session.connect();
		process.kill(processes.pid(0), 'SIGSTOP');
		try {
			for (let i = 0; i < 5; i++) {
				await session.send(`42${i}["count"]`);
				await session.assertNextIs(`43${i}[${i + 1}]`);
			}
		} finally {
			process.kill(processes.pid(0), 'SIGCONT');
		}
		assertError(await (await server.session({ via: 0 })).get({ query: { sid: 'nonsense' } }), errors.SESSION);
	});
});
