// The order of a room's messages, without a browser (static/js/timeline.js is pure).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const source = await readFile(new URL("../../static/js/timeline.js", import.meta.url), "utf8");
const { Timeline } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const message = (id) => ({ id, from: "Ada", text: `text ${id}`, at: 1000 + id.charCodeAt(0) });
const messages = (ids) => [...ids].map(message);
const shown = (timeline) => timeline.items.map((one) => (one.kind === "message" ? one.id : one.kind)).join(" ");

function timelineOf(ids) {
	const timeline = new Timeline();
	for (const one of messages(ids))
		timeline.addLive(one);
	return timeline;
}

const MERGES = [
	["the first history", "", "abc", 50, "a b c"],
	["the same again", "abc", "abc", 50, "a b c"],
	["what was missed comes after", "ab", "bcd", 50, "a b c d"],
	["older ones come before", "cd", "abcd", 50, "a b c d"],
	["a hole is filled", "ad", "abcd", 50, "a b c d"],
	["nothing in common, a short history", "ab", "cd", 50, "a b c d"],
	["nothing in common, a full history", "ab", "cd", 2, "a b gap c d"],
	["a full history that is known", "abc", "bc", 2, "a b c"],
	["an empty history", "ab", "", 50, "a b"],
	["the server's order wins", "ba", "ab", 50, "a b"],
	["live ones that came before the answer stay last", "abz", "ab", 50, "a b z"],
	["a message twice in one history", "", "aab", 50, "a b"],
];

for (const [name, known, history, limit, expected] of MERGES) {
	test(`merge: ${name}`, () => {
		const timeline = timelineOf(known);
		timeline.merge(messages(history), limit);
		assert.equal(shown(timeline), expected);
		timeline.merge(messages(history), limit);
		assert.equal(shown(timeline), expected, "merging again changes nothing");
	});
}

test("notices stay where they were", () => {
	const timeline = timelineOf("ab");
	timeline.addNotice("left", "Bob", 5000);
	timeline.merge(messages("abc"), 50);
	assert.equal(shown(timeline), "a b notice c");
});

test("a message that comes again is one message", () => {
	const timeline = timelineOf("ab");
	assert.equal(timeline.addLive(message("a")), false);
	assert.equal(shown(timeline), "a b");
});

test("a published message of unknown place stands by its time until its place is known", () => {
	const timeline = timelineOf("ac");
	timeline.addProvisional(message("b"));
	assert.equal(shown(timeline), "a b c");
	timeline.addProvisional(message("b"));
	assert.equal(timeline.addLive(message("b")), true);
	assert.equal(shown(timeline), "a c b");
	const other = timelineOf("ac");
	other.addProvisional(message("b"));
	other.merge(messages("bac"), 50);
	assert.equal(shown(other), "b a c");
});

const OLDER = [
	["at the beginning", "cd", "ab", 2, "a b c d", false],
	["the last of it", "cd", "ab", 3, "a b c d", true],
	["nothing left", "cd", "", 2, "c d", true],
	["what is known already", "abcd", "ab", 2, "a b c d", false],
];

for (const [name, known, older, limit, expected, complete] of OLDER) {
	test(`older: ${name}`, () => {
		const timeline = timelineOf(known);
		timeline.addOlder("c", messages(older), limit);
		assert.equal(shown(timeline), expected);
		assert.equal(timeline.complete, complete);
	});
}

test("a gap closes page by page, and nothing older is thought to be missing", () => {
	const timeline = timelineOf("ab");
	timeline.complete = true;
	timeline.merge(messages("ijk"), 3);
	assert.equal(shown(timeline), "a b gap i j k");
	timeline.addOlder("i", messages("fgh"), 3);
	assert.equal(shown(timeline), "a b gap f g h i j k");
	timeline.addOlder("f", messages("cde"), 3);
	assert.equal(shown(timeline), "a b gap c d e f g h i j k");
	timeline.addOlder("c", messages("ab"), 3);
	assert.equal(shown(timeline), "a b c d e f g h i j k");
	assert.equal(timeline.complete, true);
});

test("a provisional one takes its place when that is fetched", () => {
	const timeline = timelineOf("ce");
	timeline.addProvisional({ ...message("b"), at: 9000 });
	assert.equal(shown(timeline), "c e b");
	timeline.addOlder("c", messages("ab"), 2);
	assert.equal(shown(timeline), "a b c e");
});

test("complete once a short history came; the first message's position leads further", () => {
	const timeline = new Timeline();
	assert.equal(timeline.oldest, null);
	timeline.merge(messages("cd").map((one) => ({ ...one, position: `at ${one.id}` })), 2);
	assert.equal(timeline.complete, false);
	assert.equal(timeline.oldest.position, "at c");
	timeline.merge(messages("abcd"), 50);
	assert.equal(timeline.complete, true);
	assert.equal(timeline.oldest, null, "it has no position");
});

test("what came since one was read: behind it, or behind the last gap", () => {
	const ids = (list) => list.map((one) => one.id).join("");
	const timeline = timelineOf("abcd");
	assert.equal(ids(timeline.since("b")), "cd");
	assert.equal(ids(timeline.since("d")), "");
	assert.equal(ids(timeline.since("unknown")), "abcd");
	timeline.merge(messages("xy"), 2);
	assert.equal(ids(timeline.since("b")), "xy");
	assert.equal(timeline.newest.id, "y");
});

test("who comes and goes with no word in between is one notice", () => {
	const timeline = timelineOf("a");
	for (const nickname of ["Ada", "Bob"])
		timeline.addNotice("joined", nickname, 2000);
	timeline.addLive(message("b"));
	timeline.addNotice("left", "Bob", 3000);
	assert.equal(shown(timeline), "a notice b notice");
	assert.deepEqual(timeline.items[1].people.map((one) => one.nickname), ["Ada", "Bob"]);
	for (let i = 0; i < 500; i++)
		timeline.addNotice("joined", `n${i}`, 4000);
	assert.ok(timeline.items[3].people.length <= 50);
});

test("at most 10,000 are kept, the newest", () => {
	const timeline = new Timeline();
	timeline.merge([], 50);
	for (let i = 0; i < 10100; i++)
		timeline.addLive({ ...message("a"), id: `m${i}` });
	assert.equal(timeline.items.length, 10000);
	assert.equal(timeline.has("m99"), false);
	assert.equal(timeline.has("m10099"), true);
	assert.equal(timeline.complete, false);
});
