// What every test file starts from: a server for a describe block, stock clients, sessions spoken by hand.
//
//	describe('rooms', () => {
//		const server = serve({ app: 'rooms', settings: { ping_interval: 300 } });
//		test('…', async () => { const socket = await server.client(); … });
//		ours('…', …);   // what npm socket.io can't do
//	});
import { after, afterEach, before, it } from 'node:test';
import { io } from 'socket.io-client';
import { Session } from './lib/session.mjs';
import { isReference, kind, makeServer } from './lib/servers.mjs';
import { Wire } from './lib/wire.mjs';

export { isReference, kind } from './lib/servers.mjs';
export { Session, SEPARATOR, assertError, errors, freshStamp } from './lib/session.mjs';
export { halfPost, rawExchange, request } from './lib/http.mjs';

const TIMEOUT_MS = 15000;
// What stock clients use unless a test says it: the client's own default, polling and then an upgrade, or, to see the whole list with
// one transport, POLLUX_TRANSPORT.
const transports = process.env.POLLUX_TRANSPORT ? [process.env.POLLUX_TRANSPORT] : undefined;

export const test = (name, fn) => it(name, { timeout: TIMEOUT_MS }, fn);
// Tests of one side are left out on the other, not skipped: a skipped test counts as a failure.
export const ours = isReference ? () => {} : test;
// What a web server in front of our processes does.
export const behind = isReference || kind === 'standalone' ? () => {} : test;
export const theirs = isReference ? test : () => {};

// Files whose servers are always the same ask them once, whatever POLLUX_SERVER says.
export const isDefault = kind === 'lighttpd';
// describe(name, together, …): tests that mostly wait, all at once. Their server is serve({ …, together }): clients stay until the block's end.
export const together = { concurrency: 64 };

const closeQuietly = (socket) => {
	socket.io.reconnection(false);
	socket.disconnect();
};

class Served {
	constructor(options) {
		this.server = makeServer(options);
		this.options = options;
		this.open = [];
	}

	get urls() {
		return this.server.urls;
	}

	get path() {
		return `${(this.options.settings?.path ?? '/socket.io').replace(/\/$/, '')}/`;
	}

	// A stock client that has not connected yet. via: the number of the process that gets all its requests; url: another way to the server.
	socket(nsp = '/', { via, url, ...options } = {}) {
		const base = url ?? (via === undefined ? this.urls.any : this.urls.each[via]);
		const socket = io(base + nsp, {
			path: this.path, transports, forceNew: true,
			reconnectionDelay: 20, reconnectionDelayMax: 200, randomizationFactor: 0.2, ...options,
		});
		this.open.push(() => closeQuietly(socket));
		return socket;
	}

	// A connected one.
	async client(nsp, options) {
		const socket = this.socket(nsp, options);
		await event(socket, 'connect');
		return socket;
	}

	// A connected client that hears "left" from the application rooms.
	async watcher(nsp) {
		const socket = await this.client(nsp);
		await socket.emitWithAck('join', 'watchers');
		return socket;
	}

	async session(options = {}) {
		const session = await Session.open(this.urls, { path: this.path, ...options });
		this.open.push(() => session.abandon());
		return session;
	}

	// Not yet opened, to make odd requests with.
	bare(path = this.path) {
		const session = new Session(this.urls, path);
		this.open.push(() => session.abandon());
		return session;
	}

	// A WebSocket by hand, at once. sid: that of the session to upgrade; path: somewhere else (a room), without Engine.IO's query.
	wire({ sid, path, via, query = {}, headers, ...options } = {}) {
		const base = via === undefined ? this.urls.any : this.urls.each[via];
		const url = new URL(path ?? this.path, base.replace(/^http/, 'ws'));
		const all = path ? query : { EIO: '4', transport: 'websocket', ...(sid ? { sid } : {}), ...query };
		for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
		const wire = new Wire(url, { headers, ...options });
		this.open.push(() => wire.abandon());
		return wire;
	}

	// A direct session: its open packet has come.
	async direct(options) {
		const wire = this.wire(options);
		await wire.opened;
		wire.handshake = JSON.parse((await wire.next()).slice(1));
		return wire;
	}

	closeClients() {
		for (const close of this.open.splice(0)) close();
	}
}

// A server for the surrounding describe block: started before its tests, gone after them. A process that ended by itself
// fails the block and shows what it had to say.
export function serve(options) {
	const served = new Served(options);
	before(() => served.server.start(), { timeout: TIMEOUT_MS });
	if (!options.together) afterEach(() => served.closeClients());
	after(async () => {
		served.closeClients();
		if (process.env.POLLUX_LOG) console.log(served.server.log?.());
		const complaints = (await served.server.stop()).filter(Boolean);
		if (complaints.length) throw new Error(complaints.join('\n'));
	}, { timeout: TIMEOUT_MS });
	return served;
}

// The next time `emitter` emits `name`: its arguments. connect_error in the meantime is a failure unless it is asked for.
export function event(emitter, name) {
	return new Promise((resolve, reject) => {
		const refuse = (error) => reject(error);
		if (name === 'connect') emitter.once('connect_error', refuse);
		emitter.once(name, (...args) => {
			emitter.off?.('connect_error', refuse);
			resolve(args);
		});
	});
}

// Collects what a socket gets under one name; until(n) resolves once there are n.
export function collect(socket, name) {
	const all = [];
	const waiting = new Set();
	socket.on(name, (...args) => {
		all.push(args.length === 1 ? args[0] : args);
		for (const wake of waiting) wake();
	});
	all.until = (count) => new Promise((resolve) => {
		const check = () => {
			if (all.length < count) return;
			waiting.delete(check);
			resolve(all);
		};
		waiting.add(check);
		check();
	});
	return all;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Asks until the answer satisfies; for what the other process or the peer's departure makes true in its own time.
export async function eventually(what, ask, patience_ms = 5000) {
	const deadline = Date.now() + patience_ms;
	for (;;) {
		const answer = await ask();
		if (answer) return answer;
		if (Date.now() > deadline) throw new Error(`still not so after ${patience_ms} ms: ${what}`);
		await sleep(20);
	}
}

