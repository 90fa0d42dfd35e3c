// People at the page: each has a browser context of their own (nothing shared but the server) and is driven by
// what they see: labels, roles, texts.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { io } from "socket.io-client";

const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync"];
export const PATIENCE_MS = 30000;

export const startBrowser = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGS });

// Says much in a room without a page, in this order. A text's id is its place: the same again is said once.
export async function scribe(url, room, texts) {
	const socket = io(url, { forceNew: true, reconnection: false, transports: process.env.POLLUX_TRANSPORT ? [process.env.POLLUX_TRANSPORT] : ["websocket"] });
	await socket.emitWithAck("join", room, "Scribe");
	await Promise.all(texts.map((text, i) => socket.emitWithAck("say", room, text, `${room} ${i}`)));
	socket.disconnect();
}

export class Person {
	// Somebody who has come to the page and entered.
	static async arrive(browser, url, nickname, { room = "lobby", ...options } = {}) {
		const person = await Person.in(await browser.newContext({ locale: "en-GB", ...options }), url, nickname);
		await person.enter(nickname, room);
		return person;
	}

	// Somebody who looks at the page, in a browser context.
	static async in(context, url, nickname) {
		const person = new Person();
		Object.assign(person, { nickname, context, page: await context.newPage() });
		person.page.setDefaultTimeout(PATIENCE_MS);
		person.#watch();
		await person.page.goto(url);
		await person.page.locator("#nickname").waitFor();
		return person;
	}

	async secondTab(url, room) {
		const person = await Person.in(this.context, url, this.nickname);
		await person.enter(this.nickname, room);
		return person;
	}

	// Whatever the page breaks is kept: violations of the policy, exceptions, markup that ran.
	#watch() {
		this.violations = [];
		this.failures = [];
		this.page.on("pageerror", (error) => this.failures.push(error.message));
		this.page.on("dialog", (dialog) => { this.failures.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
		this.page.on("console", (message) => {
			if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text()))
				this.violations.push(message.text());
		});
	}

	async enter(nickname, room) {
		await this.page.locator("#nickname").fill(nickname); // by id: people of all languages come here
		await this.page.locator("#first-room").fill(room);
		await this.page.locator("#entry-form [type=submit]").click();
		await this.isIn(room);
	}

	async say(...texts) {
		const box = this.page.locator("#text");
		for (const text of texts) {
			await box.fill(text);
			await box.press("Enter");
		}
	}

	// What the page shows, in its order.
	messages() {
		return this.page.$$eval("#messages .message", (rows) => rows.map((row) => ({
			from: row.querySelector(".from bdi").textContent,
			text: row.querySelector(".text").textContent,
			own: row.classList.contains("own"),
			unsent: row.matches(".waiting, .sending, .acked, .failed"),
			time: row.querySelector("time")?.textContent ?? "",
		})));
	}

	texts() {
		return this.page.$$eval("#messages .message .text", (rows) => rows.map((row) => row.textContent));
	}

	notices() {
		return this.page.$$eval("#messages .notice p:last-child", (rows) => rows.flatMap((row) => row.firstChild.textContent.trim().split(", ")));
	}

	here() {
		return this.page.$$eval("#here bdi", (names) => names.map((name) => name.textContent));
	}

	// Those are shown, in the place that the server gave them.
	async sees(...texts) {
		await this.page.waitForFunction((wanted) => {
			const rows = [...document.querySelectorAll("#messages .message:not(.waiting, .sending, .acked) .text")];
			const shown = rows.map((row) => row.textContent);
			return wanted.every((text) => shown.includes(text));
		}, texts);
	}

	// Everything said is shown once, and all of it has been sent.
	async seesExactly(texts) {
		await this.sees(...texts);
		const messages = await this.messages();
		assert.deepEqual(messages.map((message) => message.text).sort(), [...texts].sort(), `${this.nickname} sees each message once`);
		assert.ok(messages.every((message) => !message.unsent), "nothing is left to be sent");
	}

	async hasUnsent(...texts) {
		await this.page.waitForFunction((wanted) => {
			const shown = [...document.querySelectorAll("#messages :is(.waiting, .sending) .text")].map((row) => row.textContent);
			return wanted.length === shown.length && wanted.every((text, i) => text === shown[i]);
		}, texts);
	}

	// Joins another room from the list.
	async joins(room) {
		await this.page.getByLabel("Join or make a room").fill(room);
		await this.page.getByRole("button", { name: "Join", exact: true }).click();
		await this.isIn(room);
	}

	async isIn(room) {
		await this.page.waitForFunction((name) => document.getElementById("room-title").textContent === name &&
			document.getElementById("room-state").hidden && document.querySelector("#here li"), room);
	}

	async isHereWith(...names) {
		await this.page.waitForFunction((wanted) => {
			const shown = [...document.querySelectorAll("#here bdi")].map((name) => name.textContent);
			return shown.length === wanted.length && wanted.every((name) => shown.includes(name));
		}, names);
	}

	async isConnected() {
		await this.page.waitForFunction(() => document.getElementById("status").dataset.state === "connected" &&
			document.getElementById("room-state").hidden);
	}

	// As the browser tells it when the network is there again: the page need not wait.
	async comesBack() {
		await this.page.evaluate(() => { dispatchEvent(new Event("online")); });
		await this.isConnected();
	}

	async isCutOff() {
		await this.page.waitForFunction(() => document.getElementById("status").dataset.state === "reconnecting");
	}

	status() {
		return this.page.locator("#status").innerText();
	}

	// As behind a proxy that knows no Upgrade: no WebSocket comes about from now on. The page is loaded anew.
	async withoutWebSocket() {
		await this.page.routeWebSocket(/.*/, (socket) => socket.close({ code: 1011 }));
		await this.page.reload();
		await this.isConnected();
	}

	async leave() {
		await this.context.close();
		assert.deepEqual(this.violations, [], "the Content-Security-Policy held");
		assert.deepEqual(this.failures, [], "no exception, no dialog");
	}
}
