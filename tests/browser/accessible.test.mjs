// axe looks at the page in all its states: on a desktop and a phone, light and dark, in English and Chinese, each with each of the
// others. It shall find nothing.
// And what axe cannot see: the order of the focus, and where it goes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Person, startBrowser } from "./people.mjs";
import { startServer } from "./server.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESKTOP = { viewport: { width: 1100, height: 700 } };
const PHONE = { viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true };

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

async function find(page, state) {
	if (!await page.evaluate(() => "axe" in window))
		await page.evaluate(AXE);
	const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${state}: ${id} at ${node.target.join(" ")}: ${node.failureSummary}`));
}

// Engine.IO's long-polling, as a server speaks it that refuses the connection.
const OPEN = `0${JSON.stringify({ sid: "refusing", upgrades: [], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1e6 })}`;
const REFUSED = '44{"message":"not authorized"}';

async function refuse(page) {
	await page.route("**/socket.io/?*", (route) => {
		const posts = route.request().method() === "POST";
		return route.fulfill({ body: posts ? "ok" : route.request().url().includes("sid=") ? REFUSED : OPEN });
	});
	await page.reload();
	await page.locator("#status[data-state=refused]").waitFor();
}

async function lookAround(options, room) {
	const found = [];
	const context = await browser.newContext(options);
	const ada = await Person.in(context, server.url, "Ada");
	const { page } = ada;
	const look = async (state) => found.push(...await find(page, state));
	await look("entry");
	await page.locator("#nickname").fill("");
	await page.locator("#entry-form [type=submit]").click();
	await page.locator("#entry-error:not(:empty)").waitFor();
	await look("entry refused");

	const bob = await Person.arrive(browser, server.url, "Bob", { room });
	await ada.enter("Ada", room);
	await look("an empty room");
	await bob.say("Look: https://example.org", "שלום", "x".repeat(200));
	await ada.say("Hello");
	await ada.sees("שלום", "x".repeat(200), "Hello");
	await bob.page.locator("#text").fill("typing");
	await page.locator("#typing.busy").waitFor();
	await page.locator("#text").fill("x".repeat(4001));
	await page.locator("#composer-error:not(:empty)").waitFor();
	await look("messages");
	for (const panel of options.isMobile ? ["rooms", "here"] : []) {
		await page.locator(`#${panel}-toggle`).tap();
		await page.locator(`#${panel}-panel.open`).waitFor();
		await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished)));
		await look(`the panel ${panel}`);
		await page.keyboard.press("Escape");
	}

	await page.route("**/socket.io/?*", (route) => route.abort());
	await context.setOffline(true);
	await ada.isCutOff();
	await ada.say("Later");
	await ada.hasUnsent("Later");
	await look("offline");
	await context.setOffline(false);
	await page.unroute("**/socket.io/?*");
	await refuse(page);
	await look("refused");
	await bob.leave();
	await ada.leave();
	return found;
}

const WAYS = [["desktop", DESKTOP, "light", "en-GB"], ["desktop", DESKTOP, "dark", "zh-CN"],
	["phone", PHONE, "light", "zh-CN"], ["phone", PHONE, "dark", "en-GB"]];

for (const [device, size, colorScheme, locale] of WAYS) {
	test(`axe: ${device}, ${colorScheme}, ${locale}`, async () => {
		assert.deepEqual(await lookAround({ ...size, colorScheme, locale }, `axe ${device} ${colorScheme}`), []);
	});
}

test("axe: the page of an address that leads nowhere", async () => {
	const page = await browser.newPage();
	await page.goto(`${server.url}/nowhere`);
	assert.deepEqual(await find(page, "404"), []);
	await page.close();
});

test("axe finds what is wrong (the tests above can fail)", async () => {
	const page = await browser.newPage();
	await page.goto(server.url);
	await page.locator("#nickname").waitFor();
	await page.evaluate(() => document.querySelector("label[for=nickname]").remove());
	assert.match((await find(page, "entry")).join(), /label at #nickname/);
	await page.close();
});

const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.room || document.activeElement.className);

test("the focus: from the entry to the composer, through the page in its order, into a panel and back", async () => {
	const ada = await Person.arrive(browser, server.url, "Ada", { room: "focus", ...DESKTOP });
	assert.equal(await focused(ada.page), "text");
	await ada.say("x");
	assert.equal(await focused(ada.page), "text");
	const order = [];
	for (let i = 0; i < 3; i++) {
		await ada.page.keyboard.press("Shift+Tab");
		order.push(await focused(ada.page));
	}
	assert.deepEqual(order, ["scroller", "quiet", "rename"]);
	await ada.page.getByRole("button", { name: "Change name" }).click();
	await ada.page.waitForFunction(() => document.activeElement.id === "nickname");
	await ada.leave();

	const bob = await Person.arrive(browser, server.url, "Bob", { room: "focus", ...PHONE });
	await bob.page.locator("#rooms-toggle").tap();
	await bob.page.waitForFunction(() => document.activeElement.dataset.room === "focus");
	assert.equal(await bob.page.evaluate(() => document.getElementById("composer").inert), true);
	await bob.page.keyboard.press("Escape");
	assert.equal(await focused(bob.page), "rooms-toggle");
	assert.equal(await bob.page.evaluate(() => document.getElementById("composer").inert), false);
	await bob.leave();
});
