// Messages sent with `retries` over connections that break at random moments, while processes are killed and started again: each comes once, in
// order, to every other client. CUTS: how many times the sender's connection breaks (make soak: 500). SEED: of the moments.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect, isReference, serve, sleep } from './harness.mjs';
import { Line } from './lib/line.mjs';

const CUTS = Number(process.env.CUTS ?? 20);
const SEED = Number(process.env.SEED ?? Date.now() % 1e9);
const settings = { ping_interval: 2000, ping_timeout: 2000, connection_state_recovery: {} };

// mulberry32
let state = SEED;
function random() {
	state = (state + 0x6d2b79f5) | 0;
	let t = Math.imul(state ^ (state >>> 15), 1 | state);
	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
	return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

const connected = (socket) => socket.connected || new Promise((resolve) => socket.once('connect', resolve));

if (!isReference) describe('exactly once', () => {
	const server = serve({ app: 'recovery', settings });
	const lines = [];

	async function person(options) {
		const line = new Line(server.urls.any);
		lines.push(line);
		const socket = server.socket('/', { url: await line.start(), reconnectionDelay: 10, reconnectionDelayMax: 100, timeout: 2000, ...options });
		await connected(socket);
		return { socket, line };
	}

	// Who listens: what it heard, and whether it ever came back as somebody else.
	async function listener(transports) {
		const { socket, line } = await person({ transports });
		const heard = collect(socket, 'said');
		await socket.emitWithAck('join', 'all');
		const one = { socket, line, heard, lost: 0 };
		socket.on('connect', () => {
			if (!socket.recovered) one.lost++;
		});
		return one;
	}

	const cut = ({ line, socket }) => {
		if (socket.connected && !line.down) line.cut(socket, { halfOpen: random() < 0.3 });
	};

	// Now and then: one process, the sidecar, or all of them.
	async function disturb(n) {
		const { server: processes } = server;
		if (n % 3 === 0) await processes.restart(n % 2);
		else if (n % 3 === 1 && processes.sidecar) await processes.restartSidecar();
		else {
			await processes.killAll();
			await processes.startAll();
		}
	}

	it(`${CUTS} cuts`, { timeout: 20000 + CUTS * 2000 }, async (t) => {
		t.diagnostic(`SEED=${SEED}`);
		const listeners = await Promise.all([['polling'], ['websocket'], undefined].map(listener));
		const { socket, line } = await person({ retries: 1e6, ackTimeout: 1000 });
		let sent = 0, over = false;
		const sending = (async () => {
			while (!over) {
				socket.emit('once', 'all', `message ${sent}`, sent++);
				await sleep(5 + 20 * random());
			}
		})();
		for (let n = 0; n < CUTS; n++) {
			await sleep(100 * random());
			await connected(socket);
			await sleep(100 * random());
			cut({ socket, line });
			if (random() < 0.5) cut(listeners[Math.floor(random() * listeners.length)]);
			if (n % 7 === 6) await disturb((n - 6) / 7);
		}
		over = true;
		await sending;
		for (const { heard } of listeners) await heard.until(sent);
		const all = Array.from({ length: sent }, (_, i) => i);
		for (const { heard, lost } of listeners) {
			assert.deepEqual([...heard].map(([what]) => what), all);
			assert.equal(lost, 0, 'a listener came back as somebody else');
		}
		t.diagnostic(`${sent} messages`);
		await Promise.all(lines.map((each) => each.stop()));
	});
});
