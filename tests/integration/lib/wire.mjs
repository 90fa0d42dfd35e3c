// A WebSocket spoken by hand: messages wait until they are asked for, pings of Engine.IO are answered unless the test wants them.
import WebSocket from 'ws';

export class Wire {
	constructor(url, options) {
		this.inbox = [];
		this.wake = () => {};
		this.socket = new WebSocket(url, options);
		this.opened = new Promise((resolve, reject) => {
			this.socket.once('open', resolve);
			this.socket.once('error', reject);
		});
		// { status, text } where the handshake was refused as plain HTTP.
		this.refused = new Promise((resolve) => this.socket.once('unexpected-response', (request, response) => {
			let text = '';
			response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
			response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
		}));
		this.closed = new Promise((resolve) => this.socket.once('close', (code) => {
			this.over = { code };
			resolve(code);
			this.wake();
		}));
		this.opened.catch(() => {});
		this.socket.on('error', () => {});
		this.socket.on('message', (data, binary) => this.take(binary ? data : String(data)));
	}

	take(message) {
		if (message === '2' && !this.keepPings) {
			this.socket.send('3');
			return;
		}
		this.inbox.push(message);
		this.wake();
	}

	send(...messages) {
		for (const message of messages) this.socket.send(message);
	}

	async next() {
		while (!this.inbox.length) {
			if (this.over) throw new Error(`closed with ${this.over.code}, nothing more comes`);
			await new Promise((resolve) => (this.wake = resolve));
		}
		return this.inbox.shift();
	}

	// Joins a namespace; resolves to the Socket.IO id.
	async connect(nsp = '/') {
		const prefix = nsp === '/' ? '40' : `40${nsp},`;
		this.send(prefix);
		const reply = await this.next();
		if (!String(reply).startsWith(prefix)) throw new Error(reply);
		return JSON.parse(reply.slice(prefix.length)).sid;
	}

	abandon() {
		this.socket.terminate();
	}
}
