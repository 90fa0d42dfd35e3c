// Plain HTTP requests for the tests: one connection each, nothing followed, nothing hidden.
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

function collect(response, resolve, reject) {
	const pieces = [];
	response.on('data', (piece) => pieces.push(piece));
	response.on('error', reject);
	response.on('aborted', () => reject(Object.assign(new Error('the answer was cut short'), { code: 'ECONNRESET' })));
	response.on('end', () => {
		const bytes = Buffer.concat(pieces);
		resolve({ status: response.statusCode, headers: response.headers, bytes, text: bytes.toString() });
	});
}

// Sends one request; body is a string or a Buffer. Resolves to { status, headers, bytes, text }.
export function request(url, { method = 'GET', headers = {}, body, signal, rejectUnauthorized } = {}) {
	const { request: start } = String(url).startsWith('https:') ? https : http;
	return new Promise((resolve, reject) => {
		const req = start(url, { method, headers, signal, agent: false, rejectUnauthorized }, (response) => collect(response, resolve, reject));
		req.on('error', reject);
		req.end(body);
	});
}

// A POST that stays half-sent until finish() is called; `answer` is its outcome.
export function halfPost(url, body) {
	const bytes = Buffer.from(body);
	let req;
	const answer = new Promise((resolve, reject) => {
		req = http.request(url, {
			method: 'POST', agent: false,
			headers: { 'Content-Type': 'text/plain;charset=UTF-8', 'Content-Length': bytes.length },
		}, (response) => collect(response, resolve, reject));
		req.on('error', reject);
	});
	answer.catch(() => {});
	const sent = new Promise((resolve) => req.write(bytes.subarray(0, 1), resolve));
	return { answer, sent, finish: () => req.end(bytes.subarray(1)) };
}

// Writes bytes to a TCP port as they are and resolves to all that comes back until the server closes.
export function rawExchange(url, text) {
	const { hostname, port } = new URL(url);
	return new Promise((resolve, reject) => {
		const pieces = [];
		const socket = net.connect(Number(port), hostname, () => socket.write(text, 'latin1'));
		socket.on('data', (piece) => pieces.push(piece));
		socket.on('error', reject);
		socket.on('close', () => resolve(Buffer.concat(pieces).toString('latin1')));
	});
}
