// What a client may send a WebSocket server, right and wrong: each frame in each state of a connection, and what comes after it.
// As tests/unit/verdict.h has them.
export const MAX_MESSAGE = 70000;
export const MAX_FRAGMENTS = 4;

const FIN = 0x80, RSV1 = 0x40, RSV2 = 0x20, RSV3 = 0x10;
const CONT = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;
const MASK = Buffer.from('37fa213d', 'hex');

// A client's frame. form: the size of its length field; announced: what that says.
const frame = (first, payload = '', { announced, form, mask = MASK } = {}) => {
	const body = Buffer.from(payload, 'latin1');
	const length = BigInt(announced ?? body.length);
	const size = form ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
	const field = Buffer.from(length.toString(16).padStart(16, '0'), 'hex').subarray(8 - size);
	const small = size === 0 ? Number(length) : size === 2 ? 126 : 127;
	const head = Buffer.from([first, (mask ? 0x80 : 0) | small]);
	return Buffer.concat([head, size ? field : Buffer.alloc(0), mask ?? Buffer.alloc(0), body.map((byte, i) => byte ^ (mask ? mask[i % 4] : 0))]);
};
const close = (code, reason = '') => frame(FIN | CLOSE, String.fromCharCode(code >> 8, code & 255) + reason);

// Where a connection may stand when the frame comes.
const states = {
	'at first': [],
	'after a text': [frame(FIN | TEXT, 'before')],
	'in a text': [frame(TEXT, 'ab')],
	'in a text, inside a character': [frame(TEXT, 'a\xe2\x82')],
	'in a binary message': [frame(BINARY, '\xff'), frame(CONT, '')],
	'after a close': [close(1000, 'done')],
};

const frames = {};
for (let opcode = 0; opcode < 16; opcode++) {
	frames[`opcode ${opcode}`] = frame(FIN | opcode);
	frames[`opcode ${opcode} without FIN`] = frame(opcode);
}
for (const [name, first] of Object.entries({ text: TEXT, binary: BINARY, continuation: CONT, ping: PING, pong: PONG, close: CLOSE })) {
	for (const rsv of [RSV1, RSV2, RSV3, RSV1 | RSV2 | RSV3]) frames[`${name} with reserved bits ${rsv >> 4}`] = frame(FIN | rsv | first, '');
	frames[`${name} without mask`] = frame(FIN | first, 'xy', { mask: null });
	frames[`${name} of 125 bytes`] = frame(FIN | first, '\x0f\xa0'.padEnd(125, 'a'));
	frames[`${name} of 126 bytes`] = frame(FIN | first, '\x0f\xa0'.padEnd(126, 'a'));
	frames[`${name} of 2 bytes, their length in 2`] = frame(FIN | first, '\x0f\xa0', { form: 2 });
	frames[`${name} of 2 bytes, their length in 8`] = frame(FIN | first, '\x0f\xa0', { form: 8 });
	frames[`${name}, a length over 63 bits`] = frame(FIN | first, '', { announced: 1n << 63n });
}
for (const [name, first] of Object.entries({ text: TEXT, binary: BINARY, continuation: CONT })) {
	for (const size of [127, 65535, 65536, 69997, 69998, 69999, 70000, 70001]) frames[`${name} of ${size} bytes`] = frame(FIN | first, 'a'.repeat(size));
	frames[`${name} of 126 bytes, their length in 8`] = frame(FIN | first, 'a'.repeat(126), { form: 8 });
	frames[`${name} of 65535 bytes, their length in 8`] = frame(FIN | first, 'a'.repeat(65535), { form: 8 });
	frames[`${name}, a large length announced`] = frame(FIN | first, '', { announced: (1n << 63n) - 1n });
	for (const [what, bytes] of Object.entries({
		'a whole character': '\xf0\x9f\x98\x80', 'the end of a character': '\xac', 'an overlong form': '\xc0\xaf', 'a surrogate': '\xed\xa0\x80',
		'what is over U+10FFFF': '\xf4\x90\x80\x80', 'half a character': '\xe2\x82', 'a stray byte': 'x\xffx', 'a NUL': '\0',
	})) {
		frames[`${name} of ${what}`] = frame(FIN | first, bytes);
		frames[`${name} of ${what}, not the last`] = frame(first, bytes);
	}
	frames[`${name}, a bad byte in half a frame`] = frame(FIN | first, 'a\xff', { announced: 9 });
}
frames['half a head'] = frame(FIN | TEXT, 'a').subarray(0, 4);
frames['half a ping'] = frame(FIN | PING, 'abcd').subarray(0, 8);
frames['a ping in pieces'] = Buffer.concat([frame(PING, 'a'), frame(FIN | CONT, 'b')]);
frames['close of 1 byte'] = frame(FIN | CLOSE, '\x03');
for (const code of [0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999, 3000,
	3999, 4000, 4999, 5000, 65535]) frames[`close ${code}`] = close(code, 'why');
frames['close with a reason of 123 bytes'] = close(1000, 'a'.repeat(123));
frames['close with a reason that is no UTF-8'] = close(1000, '\xff');
frames['close with half a character'] = close(1000, '\xe2\x82');
frames['close with a character'] = close(1000, '\xe2\x82\xac');
for (const [name, first] of Object.entries({ text: TEXT, continuation: CONT })) {
	for (const count of [MAX_FRAGMENTS - 3, MAX_FRAGMENTS - 1, MAX_FRAGMENTS, MAX_FRAGMENTS + 1]) {
		const parts = Array.from({ length: count }, (_, i) => frame((i === count - 1 ? FIN : 0) | (i ? CONT : first), i % 2 ? '' : 'f'));
		frames[`${name} and so on, ${count} frames`] = Buffer.concat(parts);
	}
}

// What tells how the frame left the connection. Frames that are cut off have nothing behind them.
const tails = { '': [], ', then the end of a message': [frame(FIN | CONT, 'z')], ', then a text': [frame(FIN | TEXT, 'tail')] };
const cut = (name) => /^half|half a frame$|announced$/.test(name);

export const cases = Object.entries(states).flatMap(([state, earlier]) => Object.entries(frames).flatMap(([name, bytes]) =>
	Object.entries(cut(name) ? { '': [] } : tails).map(([tail, later]) => ({
		name: `${name} ${state}${tail}`, frame: name, stream: Buffer.concat([...earlier, bytes, ...later]),
	}))));
