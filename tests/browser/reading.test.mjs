// One that one would keep using: older messages, what is new, links, who is typing, the keyboard, the languages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, scribe, startBrowser } from "./people.mjs";
import { startServer } from "./server.mjs";

let server;
let browser;

before(async () => {
	server = await startServer();
	browser = await startBrowser();
});

after(async () => {
	await browser?.close();
	await server?.stop();
});

const arrive = (nickname, options) => Person.arrive(browser, server.url, nickname, options);

const fill = (room, texts) => scribe(server.url, room, texts);

// The first row that is seen, and how far from the top; the rows in the document.
const view = (person) => person.page.evaluate(() => {
	const { top } = document.getElementById("scroller").getBoundingClientRect();
	const rows = [...document.querySelectorAll("#messages .message")];
	const first = rows.find((row) => row.getBoundingClientRect().bottom > top);
	return { text: first.querySelector(".text").textContent, offset: first.getBoundingClientRect().top - top, rows: rows.length,
		texts: rows.map((row) => row.querySelector(".text").textContent) };
});

const offsetOf = (person, text) => person.page.evaluate((wanted) => {
	const row = [...document.querySelectorAll("#messages .message")].find((one) => one.querySelector(".text").textContent === wanted);
	return row && row.getBoundingClientRect().top - document.getElementById("scroller").getBoundingClientRect().top;
}, text);

const isAtNewest = (person, text) => person.page.waitForFunction((wanted) => {
	const { scrollHeight, scrollTop, clientHeight } = document.getElementById("scroller");
	return document.querySelector("#messages .message:last-child .text")?.textContent === wanted && scrollHeight - scrollTop - clientHeight < 2;
}, text);

test("scrolling up brings the older ones, what is read stays in its place, and the document stays small", async () => {
	const texts = Array.from({ length: 420 }, (_, i) => `number ${i}${i % 7 ? "" : ` ${"and more ".repeat(30)}`}`);
	await fill("long", texts);
	const ada = await arrive("Ada", { room: "long" });
	await ada.sees(texts.at(-1));
	await isAtNewest(ada, texts.at(-1));
	const seen = new Set();
	while (!await ada.page.getByText("This is where long begins.").isVisible()) {
		const was = await ada.page.evaluate(() => {
			const scroller = document.getElementById("scroller");
			scroller.scrollTop = Math.min(300, scroller.scrollTop);
			return document.querySelector("#messages .message").dataset.id;
		});
		const before = await view(ada);
		before.texts.forEach((text) => seen.add(text));
		await ada.page.waitForFunction((first) => document.getElementById("beginning").textContent.startsWith("This is where") ||
			document.querySelector("#messages .message").dataset.id !== first, was);
		const offset = await offsetOf(ada, before.text);
		if (offset !== undefined)
			assert.ok(Math.abs(offset - before.offset) < 2, `${before.text} moved from ${before.offset} to ${offset}`);
		assert.ok((await view(ada)).rows <= 200);
	}
	(await view(ada)).texts.forEach((text) => seen.add(text));
	assert.deepEqual([...seen].sort(), [...texts].sort());

	// New ones are counted, and move nothing.
	const before = await view(ada);
	await fill("long", ["something new"]); // the id is known: nothing is published
	const bob = await arrive("Bob", { room: "long" });
	await bob.say("really new");
	await ada.page.getByRole("button", { name: "1 new message" }).waitFor();
	assert.equal((await view(ada)).text, before.text);
	await ada.page.getByRole("button", { name: "1 new message" }).click();
	await isAtNewest(ada, "really new");
	await ada.leave();
	await bob.leave();
});

test("what is new is counted, in the title too, marked by a line, and known after a reload and in a new tab", async () => {
	const ada = await arrive("Ada", { room: "news" });
	const bob = await arrive("Bob", { room: "news" });
	await bob.say("old");
	await ada.sees("old");
	await ada.joins("quiet");
	await bob.say("one", "two");
	await ada.page.getByRole("button", { name: "news 2 unread" }).waitFor();
	assert.match(await ada.page.title(), /^\(2\) quiet/);
	await ada.page.reload();
	await ada.isConnected();
	await ada.page.getByRole("button", { name: "news 2 unread" }).waitFor();
	const second = await ada.secondTab(server.url, "quiet");
	await second.page.getByRole("button", { name: "news 2 unread" }).waitFor();
	await second.page.close();

	await ada.page.locator("#own-rooms [data-room=news]").click();
	await ada.sees("old", "one", "two");
	await ada.page.waitForFunction(() => document.querySelector(".new-line")?.parentElement.querySelector(".text").textContent === "one");
	assert.match(await ada.page.title(), /^news/);
	assert.equal(await ada.page.getByRole("button", { name: /unread/ }).count(), 0);
	await ada.say("read");
	await ada.page.waitForFunction(() => document.querySelector(".new-line") === null);
	await ada.leave();
	await bob.leave();
});

test("addresses become links, and nothing else does", async () => {
	const ada = await arrive("Ada", { room: "links" });
	const text = "See https://example.org/a?b=1&c=2, (http://example.net/x_(y)) and javascript:alert(1) <a href=https://example.org>x</a>";
	await ada.say(text);
	await ada.seesExactly([text]);
	const links = await ada.page.$$eval("#messages a", (all) => all.map((one) => [one.textContent, one.href, one.target, one.rel]));
	assert.deepEqual(links.map(([shown, href]) => [shown, href]), [
		["https://example.org/a?b=1&c=2", "https://example.org/a?b=1&c=2"],
		["http://example.net/x_(y)", "http://example.net/x_(y)"],
		["https://example.org", "https://example.org/"],
	]);
	assert.ok(links.every(([, , target, rel]) => target === "_blank" && /noopener/.test(rel)));
	await ada.leave();
});

test("who is typing: told once in a while, gone with the message or by itself, and kept nowhere", async () => {
	const ada = await arrive("Ada", { room: "typing" });
	const bob = await arrive("Bob", { room: "typing" });
	const typing = (text) => bob.page.waitForFunction((wanted) => document.getElementById("typing-text").textContent === wanted, text);
	await ada.page.addInitScript(() => {
		const { send } = WebSocket.prototype;
		window.sent = [];
		WebSocket.prototype.send = function (data) {
			window.sent.push(data);
			return send.call(this, data);
		};
	});
	await ada.page.reload();
	await Promise.all([ada, bob].map((one) => one.page.waitForFunction(() => document.getElementById("status-text").textContent.endsWith("WebSocket"))));
	await bob.page.evaluate(() => {
		window.typings = [];
		new MutationObserver(() => window.typings.push(document.getElementById("typing-text").textContent))
			.observe(document.getElementById("typing-text"), { childList: true });
	});
	await ada.page.evaluate(() => {
		const text = document.getElementById("text");
		for (let i = 1; i <= 20; i++) {
			text.value = "x".repeat(i);
			text.dispatchEvent(new InputEvent("input", { bubbles: true }));
		}
	});
	await typing("Ada is typing");
	await ada.say("done");
	await bob.sees("done");
	await typing("");
	assert.deepEqual(await bob.page.evaluate(() => window.typings), ["Ada is typing", ""]);
	const told = await ada.page.evaluate(() => window.sent.filter((data) => String(data).startsWith('42["typing"')).length);
	assert.ok(told >= 1 && told <= 2, `twenty characters were told ${told} times, and the message's own`);

	await ada.page.locator("#text").fill("a second thought");
	await typing("Ada is typing");
	await typing(""); // she thinks for long
	await bob.page.reload();
	await bob.isConnected();
	await bob.seesExactly(["done"]);
	await ada.leave();
	await bob.leave();
});

test("the keyboard: rooms, the newest, paging, a character goes where one writes; drafts stay with their rooms", async () => {
	await fill("keys 1", Array.from({ length: 45 }, (_, i) => `line ${i}`));
	const ada = await arrive("Ada", { room: "keys 1" });
	const text = ada.page.locator("#text");
	await ada.sees("line 44");
	await text.fill("a draft");
	await ada.joins("keys 2");
	assert.equal(await text.inputValue(), "");
	await ada.page.keyboard.press("Alt+ArrowUp");
	await ada.isIn("keys 1");
	await ada.page.waitForFunction(() => document.getElementById("text").value === "a draft");
	await ada.page.reload();
	await ada.isConnected();
	await ada.page.waitForFunction(() => document.getElementById("text").value === "a draft");
	await ada.sees("line 44");
	await text.focus();
	await ada.page.keyboard.press("PageUp");
	await ada.page.getByRole("button", { name: "Newest" }).waitFor();
	await ada.page.keyboard.press("Escape");
	await isAtNewest(ada, "line 44");
	await ada.page.locator("#scroller").focus();
	await ada.page.keyboard.press("!");
	await ada.page.waitForFunction(() => document.getElementById("text").value === "a draft!");
	await ada.leave();
});

test("Chinese where the browser says so, switched at once and remembered, with the dates of the language", async () => {
	const li = await arrive("小李", { room: "花园", locale: "zh-CN" });
	await li.page.getByText("已连接").waitFor();
	await li.say("你好");
	await li.seesExactly(["你好"]);
	assert.equal(await li.page.evaluate(() => document.documentElement.lang), "zh-Hans");
	assert.match(await li.page.locator("#messages time").last().getAttribute("title"), /年.*月.*日/);
	assert.equal(await li.page.locator("#messages .day").textContent(), "今天");
	await li.page.locator("#rooms-panel").getByRole("button", { name: "English" }).click();
	await li.page.getByText(/^Connected/).waitFor();
	assert.equal(await li.page.locator("#messages .day").textContent(), "Today");
	assert.equal(await li.page.getByRole("textbox", { name: "Message" }).getAttribute("placeholder"), "Write a message");
	await li.page.reload();
	await li.page.getByText(/^Connected/).waitFor();
	await li.page.locator("#rooms-panel").getByRole("button", { name: "中文" }).click();
	await li.page.getByText("已连接").waitFor();
	await li.leave();
});

test("right to left, emoji, long words, many lines", async () => {
	const ada = await arrive("Ada", { room: "scripts" });
	const texts = ["שלום עולם, מה שלומך?", "👩‍👩‍👧‍👦🏳️‍🌈", "W".repeat(500), Array.from({ length: 60 }, (_, i) => `line ${i}`).join("\n"), "中文字".repeat(300)];
	await ada.say(...texts);
	await ada.seesExactly(texts);
	assert.ok(await ada.page.evaluate(() => document.getElementById("scroller").scrollWidth <= document.getElementById("scroller").clientWidth));
	const direction = await ada.page.$$eval("#messages .text", (all) => all.map((one) => getComputedStyle(one).direction));
	assert.deepEqual(direction, ["rtl", "ltr", "ltr", "ltr", "ltr"]);
	await ada.leave();
});

test("a screen reader is told of what others say, one by one or together", async () => {
	const ada = await arrive("Ada", { room: "aloud" });
	const bob = await arrive("Bob", { room: "aloud" });
	await bob.say("hello");
	await ada.page.locator("#announcer").getByText("Bob: hello").waitFor();
	await fill("aloud", Array.from({ length: 30 }, (_, i) => `quick ${i}`));
	await ada.page.locator("#announcer").getByText("the last from Scribe").last().waitFor();
	assert.ok(await ada.page.locator("#announcer p").count() <= 10);
	await ada.say("mine");
	await bob.sees("mine");
	await bob.say("the end");
	await ada.page.locator("#announcer").getByText("Bob: the end").waitFor();
	assert.equal(await ada.page.locator("#announcer").getByText("mine").count(), 0);
	await ada.leave();
	await bob.leave();
});
