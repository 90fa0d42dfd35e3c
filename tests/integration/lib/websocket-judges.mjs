// What WebSocket servers make of streams of bytes, as text: the lines of tests/unit/websocket_transcript.h.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { WebSocketServer } from 'ws';

const CLOSE_FRAME = 0x88;
const AT_ONCE = 50;

const escape = (bytes) => bytes.toString('latin1').replace(/[^ -[\]-~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
const line = (word, bytes) => (bytes.length ? `${word} ${escape(bytes)}\n` : `${word}\n`);

// By a verdict program (tests/unit/verdict.c): one run for all.
export function judgeByProgram(path, streams) {
	const input = Buffer.concat(streams.flatMap((stream) => {
		const length = Buffer.alloc(4);
		length.writeUInt32BE(stream.length);
		return [length, stream];
	}));
	const { status, error, stdout, stderr } = spawnSync(path, { input, maxBuffer: 1 << 28, encoding: 'latin1' });
	assert.equal(status, 0, `${path}: ${error ?? stderr}`);
	// a verdict ends in an empty line, and may be one
	const verdicts = stdout.split(/(?<=\n|^)\n/);
	assert.equal(verdicts.pop(), '');
	assert.equal(verdicts.length, streams.length);
	return verdicts;
}

function watch(socket, report) {
	let text = '', failed = false;
	socket.on('message', (data, binary) => { text += line(binary ? 'binary' : 'text', data); });
	socket.on('ping', (data) => { text += line('ping', data); });
	socket.on('pong', (data) => { text += line('pong', data); });
	socket.on('error', () => { failed = true; });
	socket.on('close', (code, reason) => {
		// 1006: the stream ended without a close frame
		if (!failed && code !== 1006) text += line(`close ${code}`, reason);
		report({ text, failed });
	});
}

// The code of the close frame among what the server sent: answers, all of them small.
function closeCode(bytes) {
	let at = bytes.indexOf('\r\n\r\n') + 4;
	while (bytes[at] !== CLOSE_FRAME) {
		assert.ok(at < bytes.length && bytes[at + 1] < 126, 'a server that refuses sends a close frame');
		at += 2 + bytes[at + 1];
	}
	return bytes.readUInt16BE(at + 2);
}

// The client says all it has to say and ends its half; the server's end is the verdict's.
async function judgeOne(port, id, stream, reported) {
	const socket = connect({ port, host: '127.0.0.1' });
	const got = [];
	socket.write(`GET /${id} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
		'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
	got.push((await once(socket, 'data'))[0]);
	socket.on('data', (data) => got.push(data));
	const closed = once(socket, 'close');
	socket.end(stream);
	const [{ text, failed }] = await Promise.all([reported, closed]);
	return failed ? `${text}error ${closeCode(Buffer.concat(got))}\n` : text;
}

// By npm ws as a server, a connection each.
export async function judgeByWs(streams, { maxPayload, maxFragments }) {
	const http = createServer(), reports = new Map(), verdicts = [];
	new WebSocketServer({ server: http, maxPayload, maxFragments }).on('connection', (socket, { url }) => watch(socket, reports.get(url)));
	http.listen(0, '127.0.0.1');
	await once(http, 'listening');
	for (let i = 0; i < streams.length; i += AT_ONCE) {
		verdicts.push(...await Promise.all(streams.slice(i, i + AT_ONCE).map((stream, k) => {
			const reported = new Promise((resolve) => { reports.set(`/${i + k}`, resolve); });
			return judgeOne(http.address().port, i + k, stream, reported);
		})));
	}
	http.close();
	return verdicts;
}
