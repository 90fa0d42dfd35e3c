// People chat in Chromium: what each sees of the other, of the room, of the connection.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, startBrowser } from "./people.mjs";
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

test("two pages chat: own and others' messages, times, who is here, who comes and goes", async () => {
	const ada = await arrive("Ada", { room: "talk" });
	const bob = await arrive("Bob", { room: "talk" });
	await ada.isHereWith("Ada", "Bob");
	await ada.say("Hello Bob");
	await bob.sees("Hello Bob");
	await bob.say("Hello Ada");
	await ada.seesExactly(["Hello Bob", "Hello Ada"]);

	const [first, second] = await ada.messages();
	assert.deepEqual([first.from, first.own], ["Ada", true]);
	assert.deepEqual([second.from, second.own], ["Bob", false]);
	assert.match(first.time, /^\d\d:\d\d$/);
	assert.deepEqual((await bob.messages()).map((one) => one.own), [false, true]);
	assert.match(await ada.status(), /^Connected · (long-polling|WebSocket)$/);

	await bob.leave();
	await ada.isHereWith("Ada");
	assert.deepEqual(await ada.notices(), ["Bob joined", "Bob left"]);
	await ada.leave();
});

test("a reload keeps the nickname and the room, and brings the history back", async () => {
	const ada = await arrive("Ada", { room: "kept" });
	const bob = await arrive("Bob", { room: "kept" });
	await ada.say("before", "the reload");
	await bob.sees("the reload");
	await bob.page.reload();
	await bob.isConnected();
	await bob.seesExactly(["before", "the reload"]);
	await bob.say("still Bob");
	await ada.sees("still Bob");
	assert.deepEqual((await ada.messages()).map((one) => one.from), ["Ada", "Ada", "Bob"]);
	await ada.page.reload();
	await ada.isConnected();
	await ada.seesExactly(["before", "the reload", "still Bob"]);
	assert.deepEqual((await ada.messages()).map((one) => one.own), [true, true, false]);
	await ada.leave();
	await bob.leave();
});

test("markup stays text everywhere it can be put, under a strict policy", async () => {
	const markup = "<img src=x onerror=alert(1)><b>bold</b><script>alert(2)</script>";
	const nickname = "<i onclick=alert(3)>Eve</i>";
	const room = "<u>room</u> & \"more\"";
	const response = await fetch(server.url);
	assert.match(response.headers.get("content-security-policy") ?? "", /default-src '(self|none)'/);
	assert.doesNotMatch(response.headers.get("content-security-policy"), /unsafe/);

	const eve = await arrive(nickname, { room });
	const ada = await arrive("Ada", { room });
	await eve.say(markup);
	await ada.seesExactly([markup]);
	assert.equal((await ada.messages())[0].from, nickname);
	assert.deepEqual(await ada.here(), [nickname, "Ada"].sort((a, b) => a.localeCompare(b)));
	assert.equal(await ada.page.$$eval("#messages img, #messages b, #messages script, bdi i, u", (found) => found.length), 0);
	await eve.leave();
	await ada.leave();
});

test("a policy that is broken is noticed (the tests above can fail)", async () => {
	const ada = await arrive("Ada", { room: "policy" });
	await Promise.all([ada.page.waitForEvent("console"), ada.page.evaluate(() => {
		const style = document.createElement("style");
		style.textContent = "p { color: red }";
		document.head.append(style);
	})]);
	assert.ok(ada.violations.length > 0);
	await ada.context.close();
});

test("a nickname that is taken is refused, in the form", async () => {
	const ada = await arrive("Ada", { room: "names" });
	const other = await arrive("Other", { room: "elsewhere" });
	await other.page.getByRole("button", { name: "Change name" }).click();
	await other.page.getByLabel("Nickname").fill("Ada");
	await other.page.getByLabel("Room", { exact: true }).fill("names");
	await other.page.getByRole("button", { name: "Enter" }).click();
	await other.page.getByText("Could not join: this nickname is taken").waitFor();
	await other.leave();

	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(`${server.url}/#names`);
	assert.equal(await page.getByLabel("Room", { exact: true }).inputValue(), "names");
	await page.getByLabel("Nickname").fill("Ada");
	await page.getByRole("button", { name: "Enter" }).click();
	await page.getByText("this nickname is taken").waitFor();
	await page.getByLabel("Nickname").fill("Ada 2");
	await page.getByRole("button", { name: "Enter" }).click();
	await ada.isHereWith("Ada", "Ada 2");
	await context.close();
	await ada.leave();
});

test("two tabs of one browser under one name are one person", async () => {
	const ada = await arrive("Ada", { room: "tabs" });
	const bob = await arrive("Bob", { room: "tabs" });
	const second = await ada.secondTab(server.url, "tabs");
	await second.isHereWith("Ada", "Bob");
	await ada.say("from the first");
	await second.say("from the second");
	await bob.sees("from the first", "from the second");
	for (const tab of [ada, second]) {
		await tab.seesExactly(["from the first", "from the second"]);
		await tab.page.waitForFunction(() => document.querySelectorAll("#messages .message.own").length === 2);
	}
	await second.page.close();
	await ada.say("the first is still here");
	await bob.sees("the first is still here");
	await bob.isHereWith("Ada", "Bob");
	assert.deepEqual(await bob.notices(), [], "nobody came or left");
	await ada.leave();
	await bob.isHereWith("Bob");
	assert.deepEqual(await bob.notices(), ["Ada left"]);
	await bob.leave();
});

test("several rooms: made, listed, counted while unread, left", async () => {
	const ada = await arrive("Ada", { room: "first" });
	const bob = await arrive("Bob", { room: "first" });
	await ada.joins("second");
	await bob.say("are you there?");
	await ada.page.getByRole("button", { name: "first 1 unread" }).waitFor();
	assert.deepEqual(await ada.texts(), []);
	await ada.page.locator("#own-rooms").getByRole("button", { name: "first", exact: false }).first().click();
	await ada.seesExactly(["are you there?"]);

	await bob.page.reload(); // the list of other rooms is fetched on arrival
	await bob.page.locator("#other-rooms").getByRole("button", { name: /^second/ }).click();
	await bob.isHereWith("Ada", "Bob");
	await ada.page.getByRole("button", { name: "Leave second" }).click();
	await bob.isHereWith("Bob");
	await ada.leave();
	await bob.leave();
});

test("Enter sends, Shift+Enter does not, an input method's Enter does not, blank text does not", async () => {
	const ada = await arrive("Ada", { room: "keys" });
	const text = ada.page.getByRole("textbox", { name: "Message" });
	await text.fill("line one");
	await text.press("Shift+Enter");
	await text.pressSequentially("line two");
	await text.evaluate((area) => area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true })));
	assert.deepEqual(await ada.texts(), []);
	await text.press("Enter");
	await ada.say("   ");
	await ada.seesExactly(["line one\nline two"]);
	await ada.leave();
});

test("text of 4000 characters goes, a longer one stays", async () => {
	const ada = await arrive("Ada", { room: "long" });
	await ada.say("𝒳".repeat(4000));
	await ada.seesExactly(["𝒳".repeat(4000)]);
	await ada.say("x".repeat(4001));
	await ada.page.getByText("4001 of 4000 characters").waitFor();
	assert.equal((await ada.texts()).length, 1);
	await ada.leave();
});

test("a phone: nothing wider than the screen, panels open and close", async () => {
	const ada = await arrive("Ada", { room: "phone", viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
	await ada.say("a short one", "x".repeat(300), "and a longer text that has to wrap somewhere on so narrow a screen");
	assert.ok(await ada.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	const send = await ada.page.getByRole("button", { name: "Send" }).boundingBox();
	assert.ok(send.x + send.width <= 360 && send.y + send.height <= 640, "the send button is on the screen");
	assert.equal(await ada.page.getByRole("button", { name: "Leave phone" }).isVisible(), false);
	await ada.page.getByRole("button", { name: "Rooms" }).tap();
	await ada.page.getByRole("button", { name: "Leave phone" }).waitFor();
	await ada.page.keyboard.press("Escape");
	await ada.page.getByRole("button", { name: "Leave phone" }).waitFor({ state: "hidden" });
	await ada.page.getByRole("button", { name: /^Here now/ }).tap();
	await ada.page.locator("#here").getByText("Ada").waitFor();
	await ada.page.waitForFunction(() => {
		const { left, right } = document.getElementById("here-panel").getBoundingClientRect();
		return left > 0 && right === innerWidth && document.querySelector(".bar").getBoundingClientRect().left === 0;
	});
	await ada.leave();
});

test("an address that leads nowhere", async () => {
	const response = await fetch(`${server.url}/nothing-here`);
	assert.equal(response.status, 404);
	assert.match(await response.text(), /Nothing here/);
});
