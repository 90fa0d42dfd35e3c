// The same bytes to our WebSocket parser, to npm ws and to wslay: the same verdict, or a difference that is explained here (and in
// doc/protocol.md, "WebSocket frames").
import assert from 'node:assert/strict';
import path from 'node:path';
import { before, describe } from 'node:test';
import { isDefault, ours } from './harness.mjs';
import { build } from './lib/servers.mjs';
import { MAX_FRAGMENTS, MAX_MESSAGE, cases } from './lib/websocket-cases.mjs';
import { judgeByProgram, judgeByWs } from './lib/websocket-judges.mjs';

// frame: which frames they are about; mine, theirs: what each says behind what both say, in every such case that differs. All but one are us being
// stricter: we say `error` there, and nothing before it that they don't.
const differences = {
	ws: [
		{ why: 'RFC 6455 5.2: the minimal number of bytes must be used for a length; ws takes any',
			frame: /their length in/, mine: 'error 1002\n', theirs: /^(text|binary) |^error 100[27]\n$/ },
		{ why: 'RFC 6455 5.2: the most significant bit of a length must be 0; ws counts it, and finds the frame too big',
			frame: /a length over 63 bits/, mine: 'error 1002\n', theirs: /^error 1009\n$/ },
		{ why: 'text that no longer can be UTF-8 is refused at its first bad byte; ws looks when the message has come whole',
			frame: /./, mine: 'error 1007\n', theirs: /^(error 100[28]\n)?$/ },
	],
	wslay: [
		{ why: 'a frame is refused at the first byte that is wrong; wslay looks when the head has come whole, and at some things with the payload',
			frame: /^half a head|announced$/, mine: /^error 100[29]\n$/, theirs: /^$/ },
		{ why: 'RFC 6455 5.5.1: a close frame with a body has a code in it; wslay takes one byte for none',
			frame: /^close of 1 byte/, mine: 'error 1002\n', theirs: /^close 1005\n$/ },
		{ why: 'wslay has no limit on fragments',
			frame: /and so on/, mine: 'error 1008\n', theirs: /^text |^binary / },
		{ why: 'looser: 1012 to 1014 were registered after wslay was written',
			frame: /^close 101[234]$/, mine: /^close 101[234] why\n$/, theirs: /^error 1002\n$/ },
	],
};

// Lines up to where the two part.
function part(mine, theirs) {
	const a = mine.split(/(?<=\n)/), b = theirs.split(/(?<=\n)/);
	let same = 0;
	while (same < a.length && a[same] === b[same]) same++;
	return [a.slice(same).join(''), b.slice(same).join('')];
}
const fits = (pattern, text) => (typeof pattern === 'string' ? pattern === text : pattern.test(text));
const explains = (difference, name, [mine, theirs]) =>
	difference.frame.test(name) && fits(difference.mine, mine) && fits(difference.theirs, theirs);
// wslay closes without a code where a head is malformed: that is what 1002 is for.
const withCode = (verdict) => verdict.replace(/^error\n/m, 'error 1002\n');
const brief = (verdict) => verdict.replace(/a{20,}/g, 'a…');

if (isDefault) describe('WebSocket verdicts', () => {
	const streams = cases.map(({ stream }) => stream);
	const program = (name) => judgeByProgram(path.join(build, 'tests/unit', name), streams);
	let mine;
	before(() => { mine = program('verdict_pollux'); });

	// Each difference is explained, and each explanation still needed.
	function compare(theirs, known) {
		const needed = new Set(), open = [];
		cases.forEach(({ name, frame }, i) => {
			if (mine[i] === theirs[i]) return;
			const parted = part(mine[i], theirs[i]);
			const difference = known.find((one) => explains(one, frame, parted));
			if (difference) needed.add(difference);
			else open.push(`${name}: ours ${brief(mine[i])} theirs ${brief(theirs[i])}`);
		});
		assert.deepEqual(open, []);
		assert.deepEqual(known.filter((one) => !needed.has(one)), []);
	}

	ours('those of npm ws', async () => {
		compare(await judgeByWs(streams, { maxPayload: MAX_MESSAGE, maxFragments: MAX_FRAGMENTS }), differences.ws);
	});

	ours('those of wslay', () => {
		compare(program('verdict_wslay').map(withCode), differences.wslay);
	});
});
