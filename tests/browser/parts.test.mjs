// The page's pure parts, without a browser: links in texts, the stretch of items that is shown, the languages' words.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

async function load(name) {
	const source = await readFile(new URL(`../../static/js/${name}`, import.meta.url), "utf8");
	return import(`data:text/javascript,${encodeURIComponent(source)}`);
}

const { split } = await load("links.js");
const { Extent } = await load("extent.js");
const { en } = await load("en.js");
const { zh } = await load("zh.js");

// Addresses stand in brackets here: what is shown, then where it leads if that is spelled otherwise.
const LINKS = [
	["no address at all", "no address at all"],
	["see https://example.org/a?b=c#d now", "see [https://example.org/a?b=c#d] now"],
	["http://example.org", "[http://example.org=http://example.org/]"],
	["Is it https://example.org/x? (https://example.org/y). https://example.org/z!",
		"Is it [https://example.org/x]? ([https://example.org/y]). [https://example.org/z]!"],
	["https://example.org/a_(b) and (https://example.org/a_(b))", "[https://example.org/a_(b)] and ([https://example.org/a_(b)])"],
	["看https://example.org/路径。好", "看[https://example.org/路径=https://example.org/%E8%B7%AF%E5%BE%84]。好"],
	["javascript:alert(1) data:text/html,x ftp://example.org file:///etc/passwd", "javascript:alert(1) data:text/html,x ftp://example.org file:///etc/passwd"],
	["http:// and https://. and http://[", "http:// and https://. and http://["],
	['<a href="https://example.org/q">x</a>', '<a href="[https://example.org/q]">x</a>'],
	["HTTPS://EXAMPLE.ORG/A", "[HTTPS://EXAMPLE.ORG/A=https://example.org/A]"],
	["https://a.example/1\nhttps://b.example/2", "[https://a.example/1]\n[https://b.example/2]"],
];

for (const [text, expected] of LINKS) {
	test(`links: ${text.slice(0, 40)}`, () => {
		const parts = split(text);
		assert.equal(parts.map((part) => part.text).join(""), text, "nothing is lost");
		const shown = parts.map((part) => (!part.href ? part.text : `[${part.text}${part.href === part.text ? "" : `=${part.href}`}]`));
		assert.equal(shown.join(""), expected);
		assert.ok(parts.every((part) => !part.href || /^https?:\/\//.test(part.href)));
	});
}

test("links: a text that is made to be slow is not", () => {
	const began = process.cpuUsage().user;
	split("https://x/".repeat(400) + ")".repeat(4000));
	split(`https://x/${"(".repeat(2000)}${")".repeat(2000)}`);
	assert.ok(process.cpuUsage().user - began < 2e6);
});

const items = (n) => Array.from({ length: n }, (_, i) => ({ id: `m${i}` }));
const ids = (all, { start, end }) => [all[start].id, all[end - 1].id];

test("extent: follows the newest", () => {
	const extent = new Extent();
	assert.deepEqual(extent.of([], true), { start: 0, end: 0 });
	assert.deepEqual(extent.of(items(30), true), { start: 0, end: 30 });
	assert.deepEqual(extent.of(items(1000), true), { start: 900, end: 1000 });
	assert.equal(extent.open, true);
});

test("extent: stays where the reader is, whatever comes above and below", () => {
	const extent = new Extent();
	const all = items(300);
	extent.of(all, true);
	assert.equal(extent.up(all), true);
	const where = ids(all, extent.of(all, false));
	assert.deepEqual(where, ["m150", "m299"]);
	const more = [...items(80).map(({ id }) => ({ id: `older ${id}` })), ...all, { id: "new" }];
	assert.deepEqual(ids(more, extent.of(more, false)), ["m150", "new"]);
	const many = [...more, ...items(500).map(({ id }) => ({ id: `newer ${id}` }))];
	const { start, end } = extent.of(many, false);
	assert.equal(many[start].id, "m150");
	assert.equal(end - start, 200);
	assert.equal(extent.open, false);
});

test("extent: goes up to the first and down to the last, never more than 200 at once", () => {
	const extent = new Extent();
	const all = items(1000);
	extent.of(all, true);
	let steps = 0;
	for (; extent.up(all); steps++)
		assert.ok(extent.of(all, false).end - extent.of(all, false).start <= 200);
	assert.equal(steps, 18);
	assert.deepEqual(ids(all, extent.of(all, false)), ["m0", "m199"]);
	while (extent.down(all))
		assert.ok(extent.of(all, false).end - extent.of(all, false).start <= 200);
	assert.deepEqual(ids(all, extent.of(all, false)), ["m800", "m999"]);
	assert.equal(extent.open, true);
});

test("extent: an end that is gone is no end of the page", () => {
	const extent = new Extent();
	extent.of(items(500), true);
	extent.up(items(500));
	const others = items(500).map(({ id }) => ({ id: `x${id}` }));
	const { start, end } = extent.of(others, false);
	assert.ok(start >= 0 && end <= 500 && end > start);
});

const shape = (words) => Object.entries(words).map(([name, value]) =>
	`${name} ${typeof value === "object" && name !== "errors" ? `{ ${shape(value)} }` : typeof value}`).sort().join(", ");

test("both languages have the same words", () => {
	assert.equal(shape(zh), shape(en));
	assert.deepEqual(Object.keys(en.errors).filter((error) => !zh.errors[error]), []);
});

test("who is typing, who came and went", () => {
	assert.equal(en.typing(["Ada"]), "Ada is typing");
	assert.equal(en.typing(["Ada", "Bob"]), "Ada and Bob are typing");
	assert.equal(en.typing(["a", "b", "c", "d"]), "Several people are typing");
	assert.equal(zh.typing(["小李"]), "小李正在输入");
	const people = (n) => Array.from({ length: n }, (_, i) => ({ what: i % 2 ? "left" : "joined", nickname: `n${i}` }));
	assert.equal(en.notice(people(2)), "n0 joined, n1 left");
	assert.match(en.notice(people(9)), /^9 times/);
});
