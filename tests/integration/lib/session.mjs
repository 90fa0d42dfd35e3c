// An Engine.IO session by long-polling, spoken by hand: every request is visible, each may choose its process.
import assert from 'node:assert/strict';
import { request } from './http.mjs';

export const SEPARATOR = '\x1e';

// The error answers of PROTOCOL.md 1.
export const errors = {
	TRANSPORT: { code: 0, message: 'Transport unknown' },
	SESSION: { code: 1, message: 'Session ID unknown' },
	METHOD: { code: 2, message: 'Bad handshake method' },
	REQUEST: { code: 3, message: 'Bad request' },
	VERSION: { code: 5, message: 'Unsupported protocol version' },
};

export function assertError(answer, error) {
	assert.equal(answer.status, 400);
	assert.match(answer.headers['content-type'], /^application\/json\b/);
	assert.deepEqual(JSON.parse(answer.text), error);
}

let stamps = 0;
// What the stock client does: a value that was never used before.
export const freshStamp = () => `${process.pid.toString(36)}-${(stamps++).toString(36)}`;

export class Session {
	// urls: { any, each: [process 0, process 1] }
	constructor(urls, path) {
		this.urls = urls;
		this.path = path;
		this.inbox = [];
		this.aborts = new AbortController();
	}

	static async open(urls, { path = '/socket.io/', via, headers, query } = {}) {
		const session = new Session(urls, path);
		session.via = via;
		const answer = await session.get({ query, headers });
		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.text[0], '0');
		session.openAnswer = answer;
		session.handshake = JSON.parse(answer.text.slice(1));
		session.sid = session.handshake.sid;
		return session;
	}

	// via: the number of the process that shall get the request; undefined leaves it to the web server.
	url({ via = this.via, query = {}, stamp = freshStamp() } = {}) {
		const url = new URL(this.path, via === undefined ? this.urls.any : this.urls.each[via]);
		const all = { EIO: '4', transport: 'polling', t: stamp, ...(this.sid ? { sid: this.sid } : {}), ...query };
		for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
		return url;
	}

	get(options = {}) {
		const answer = request(this.url(options), { headers: options.headers, signal: options.signal ?? this.aborts.signal });
		// A poll that is left parked when its test ends must not become an unhandled rejection.
		answer.catch(() => {});
		return answer;
	}

	post(body, options = {}) {
		const answer = request(this.url(options), {
			method: 'POST', body, signal: this.aborts.signal,
			headers: { 'Content-Type': 'text/plain;charset=UTF-8', ...options.headers },
		});
		answer.catch(() => {});
		return answer;
	}

	async send(...packets) {
		const options = typeof packets.at(-1) === 'object' ? packets.pop() : {};
		const answer = await this.post(packets.join(SEPARATOR), options);
		assert.equal(answer.status, 200, answer.text);
		assert.equal(answer.text, 'ok');
	}

	// A POST the server must not like. Resolves to its status, or to 'reset' where the connection was cut.
	async offend(body) {
		try {
			return (await this.post(body)).status;
		} catch (error) {
			assert.ok(['ECONNRESET', 'EPIPE'].includes(error.code), error);
			return 'reset';
		}
	}

	// One GET's packets.
	async poll(options) {
		const answer = await this.get(options);
		assert.equal(answer.status, 200, answer.text);
		assert.notEqual(answer.text, '', 'an empty 200 is a parse error to the client');
		return answer.text.split(SEPARATOR);
	}

	// The next packet that is neither noop nor ping; pings are answered.
	async next() {
		for (;;) {
			while (this.inbox.length) {
				const packet = this.inbox.shift();
				if (packet === '2') await this.send('3');
				else if (packet !== '6') return packet;
			}
			this.inbox.push(...await this.poll());
		}
	}

	async take(count) {
		const packets = [];
		while (packets.length < count) packets.push(await this.next());
		return packets;
	}

	// Connects to a namespace; resolves to the Socket.IO id.
	async connect(nsp = '/', auth) {
		const prefix = nsp === '/' ? '40' : `40${nsp},`;
		await this.send(prefix + (auth ? JSON.stringify(auth) : ''));
		const reply = await this.next();
		assert.ok(reply.startsWith(prefix), reply);
		return JSON.parse(reply.slice(prefix.length)).sid;
	}

	// The session has ended: perhaps a last answer with "1", then nobody knows it.
	async assertClosed() {
		for (let last = 0; last < 4; last++) {
			const answer = await this.get();
			if (answer.status !== 200) {
				assertError(answer, errors.SESSION);
				return;
			}
			assert.ok(answer.text !== '', 'an empty 200');
		}
		assert.fail('the session is still open');
	}

	// Nothing but noops and pings arrives before `marker` does, which the caller has provoked.
	async assertNextIs(packet) {
		assert.equal(await this.next(), packet);
	}

	abandon() {
		this.aborts.abort();
	}
}
