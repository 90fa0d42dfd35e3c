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

test("at most 500 are kept, the newest", () => {
	const timeline = new Timeline();
	for (let i = 0; i < 600; i++)
		timeline.addLive({ ...message("a"), id: `m${i}` });
	assert.equal(timeline.items.length, 500);
	assert.equal(timeline.has("m99"), false);
	assert.equal(timeline.has("m599"), true);
});
