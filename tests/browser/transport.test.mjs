// What the page says of its transport, and that it chats on whichever there is.

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

const shows = (person, text) => person.page.waitForFunction((wanted) =>
	document.getElementById("status-text").textContent === wanted, text);

test("long-polling first, then WebSocket", async () => {
	const ada = await Person.arrive(browser, server.url, "Ada");
	// The WebSocket is held back until the page has said what it does without.
	let open;
	const opened = new Promise((resolve) => { open = resolve; });
	await ada.page.routeWebSocket(/.*/, async (socket) => {
		await opened;
		socket.connectToServer();
	});
	await ada.page.reload();
	await shows(ada, "Connected · long-polling");
	open();
	await shows(ada, "Connected · WebSocket");
	await ada.say("by WebSocket");
	await ada.seesExactly(["by WebSocket"]);
	await ada.leave();
});

test("where WebSocket is blocked it stays on long-polling and works", async () => {
	const bob = await Person.arrive(browser, server.url, "Bob", { room: "blocked" });
	await bob.withoutWebSocket();
	const eve = await Person.arrive(browser, server.url, "Eve", { room: "blocked" });
	await shows(eve, "Connected · WebSocket");
	await eve.say("can you hear me?");
	await bob.sees("can you hear me?");
	await bob.say("yes");
	await eve.seesExactly(["can you hear me?", "yes"]);
	assert.equal(await bob.status(), "Connected · long-polling");
	await bob.leave();
	await eve.leave();
});
