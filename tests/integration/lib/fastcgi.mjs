// A FastCGI client, for what no web server would send: one request a connection, on a Unix socket.
import net from 'node:net';

const BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6;
const KEEP_CONN = 1;

export function record(type, content = Buffer.alloc(0), id = 1) {
	const head = Buffer.alloc(8);
	head.writeUInt8(1, 0);
	head.writeUInt8(type, 1);
	head.writeUInt16BE(id, 2);
	head.writeUInt16BE(content.length, 4);
	return Buffer.concat([head, content]);
}

function length(n) {
	if (n < 128) return Buffer.from([n]);
	const long = Buffer.alloc(4);
	long.writeUInt32BE((n | 0x80000000) >>> 0);
	return long;
}

const pairs = (params) => Buffer.concat(Object.entries(params).flatMap(([name, value]) => {
	const [n, v] = [Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1')];
	return [length(n.length), length(v.length), n, v];
}));

export const begin = (keep = false) => record(BEGIN, Buffer.from([0, 1, keep ? KEEP_CONN : 0, 0, 0, 0, 0, 0]));

function stream(type, bytes) {
	const records = [];
	for (let at = 0; at < bytes.length; at += 65000) records.push(record(type, bytes.subarray(at, at + 65000)));
	return Buffer.concat([...records, record(type)]);
}

export const params = (all) => stream(PARAMS, pairs(all));
export const stdin = (body = '') => stream(STDIN, Buffer.from(body));

function parseAnswer(bytes) {
	const text = bytes.toString();
	const end = text.indexOf('\r\n\r\n');
	const headers = Object.fromEntries(text.slice(0, end).split('\r\n').map((line) => {
		const colon = line.indexOf(':');
		return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
	}));
	return { status: Number.parseInt(headers.status ?? '200', 10), headers, text: text.slice(end + 4) };
}

// A connection: write() sends bytes, answer() resolves at END_REQUEST, closed when the server closes it.
export class FastCgi {
	constructor(path) {
		this.socket = net.connect(path);
		this.left = Buffer.alloc(0);
		this.out = [];
		this.answers = [];
		this.waiting = [];
		this.closed = new Promise((resolve) => this.socket.once('close', resolve));
		this.socket.on('error', () => {});
		this.socket.on('data', (piece) => this.take(piece));
		this.socket.on('close', () => this.waiting.splice(0).forEach(({ reject }) => reject(new Error('the connection was closed'))));
	}

	take(piece) {
		this.left = Buffer.concat([this.left, piece]);
		for (;;) {
			if (this.left.length < 8) return;
			const size = 8 + this.left.readUInt16BE(4) + this.left.readUInt8(6);
			if (this.left.length < size) return;
			const type = this.left.readUInt8(1);
			const content = this.left.subarray(8, 8 + this.left.readUInt16BE(4));
			this.left = this.left.subarray(size);
			if (type === STDOUT) this.out.push(content);
			if (type === END) this.finish();
		}
	}

	finish() {
		const answer = parseAnswer(Buffer.concat(this.out.splice(0)));
		const waiter = this.waiting.shift();
		if (waiter) waiter.resolve(answer);
		else this.answers.push(answer);
	}

	write(...pieces) {
		this.socket.write(Buffer.concat(pieces));
	}

	answer() {
		if (this.answers.length) return Promise.resolve(this.answers.shift());
		const promise = new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
		promise.catch(() => {});
		return promise;
	}

	close() {
		this.socket.destroy();
	}
}

export const requestParams = (query, more = {}) => ({
	REQUEST_METHOD: 'GET', QUERY_STRING: query, REQUEST_URI: `/socket.io/?${query}`, SCRIPT_NAME: '/socket.io/', PATH_INFO: '',
	REMOTE_ADDR: '192.0.2.7', SERVER_PROTOCOL: 'HTTP/1.1', ...more,
});

export async function ask(path, all, body = '') {
	const connection = new FastCgi(path);
	connection.write(begin(), params(body === '' ? all : { CONTENT_LENGTH: String(Buffer.byteLength(body)), ...all }), stdin(body));
	try {
		return await connection.answer();
	} finally {
		connection.close();
	}
}
