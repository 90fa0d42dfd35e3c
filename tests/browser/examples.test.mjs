// The pages of examples/, used as their readers would.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, startExample, Visitor } from "./examples.mjs";
import { driveDocument } from "./examples-documents.mjs";
import { startBrowser } from "./people.mjs";
import { thereAreSeeds } from "./seeds.mjs";

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser?.close());

// tests(visit, served): visit opens the example's page, or a path below it.
function example(name, tests, ...args) {
	describe([name, ...args].join(" "), () => {
		const served = {};
		const visitors = [];
		let context;
		before(async () => {
			served.example = await startExample(name, ...args);
			context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB" });
		});
		after(async () => {
			await served.example?.stop();
			await Promise.all(visitors.map((visitor) => visitor.leave()));
			await context?.close();
		});
		const arrive = async (url, options) => {
			const visitor = await Visitor.arrive(context, url, options);
			visitors.push(visitor);
			return visitor;
		};
		tests((path = "", options = {}) => arrive(served.example.url + path, options), served);
		// Left out, not skipped, where nobody has them.
		if (thereAreSeeds && args.length === 0) driveDocument(name, served, arrive);
	});
}
if (!thereAreSeeds) console.log("the documents that the examples are after are not here: their code is not driven");

example("greeting", (visit, served) => {
	test("the page shows what the server says first; the server's log what the page says", async () => {
		const visitor = await visit();
		await visitor.sees("output", '{"fire":"hole"}', '{"message":"socket.io"}');
		assert.ok(visitor.console.some((line) => /fire: hole/.test(line)), visitor.console.join());
		await eventually("the object is in the log", () => served.example.log().includes('{"message":"socket.io"}'));
	});
});

example("talk", (visit) => {
	const talk = async (visitor, text) => {
		await visitor.label("Your words").fill(text);
		await visitor.press("Talk");
	};

	test("own and others' lines differ, also by long-polling where WebSocket is blocked; clear", async () => {
		const [ann, bob] = [await visit(), await visit("", { blockWebSocket: true })];
		await talk(ann, "hello");
		for (const one of [ann, bob]) await one.sees("li", "hello");
		await talk(bob, "hello");
		for (const one of [ann, bob]) await one.sees("li", "hello", "hello");
		await ann.page.waitForSelector("li.own:nth-child(1)");
		await bob.page.waitForSelector("li.own:nth-child(2)");
		assert.deepEqual([await ann.texts("li.own"), await bob.texts("li.own")], [["hello"], ["hello"]]);
		await ann.press("Clear");
		await ann.sees("li");
		await talk(bob, "<b>again</b>");
		await ann.sees("li", "<b>again</b>");
		await bob.sees("li", "hello", "hello", "<b>again</b>");
	});

	test("what is missing has a page of its own", async () => {
		const lost = await visit("nowhere/at/all");
		assert.equal(lost.response.status(), 404);
		await lost.sees("h1", "There is nobody to talk to here");
		await lost.page.getByRole("link").click();
		await lost.sees("h1", "Talk");
	});
});

example("steps", (visit, served) => {
	const logged = (what) => eventually(what, () => served.example.log().includes(what));

	test("a bare WebSocket gets its text with a line added; the server tells who comes and goes", async () => {
		const visitor = await visit("bare.html");
		await visitor.sees("li", "connected", "a poem, please: 举头望明月，低头思故乡,");
		await logged("a WebSocket has come in");
		await visitor.page.goto("about:blank");
		await logged("a WebSocket has gone");
	});

	test("the chat keeps several pages in step", async () => {
		const all = [await visit(), await visit(), await visit("", { blockWebSocket: true })];
		const said = [];
		for (const [i, visitor] of all.entries()) {
			await visitor.label("Message").fill(`from ${i}`);
			await visitor.press("Send");
			said.push(`from ${i}`);
			for (const one of all) await one.sees("li", ...said);
		}
		await logged("somebody has come in");
		await logged("from 2");
		await all[1].isUpgraded();
		await all[1].page.goto("about:blank");
		await logged("somebody has gone");
	});
});

example("crowd", (visit, served) => {
	const enter = async (nickname) => {
		const visitor = await visit();
		await visitor.label("Nickname").fill(nickname);
		await visitor.press("Enter");
		await visitor.page.getByText(/^connected to ws:/).waitFor();
		return visitor;
	};
	const untimed = (visitor) => visitor.texts("li").then((lines) => lines.map((line) => line.replace(/ \[.*?\]/, "")));
	const seen = (visitor, ...lines) => eventually(lines.at(-1), async () => (await untimed(visitor)).join("|") === lines.join("|"));

	test("joining, messages, leaving, and the connection's state", async () => {
		const ann = await enter("Ann");
		const bob = await enter("Bob");
		await seen(bob, "Bob: 加入聊天");
		await bob.label("Message").fill("hello");
		await bob.press("Send");
		await seen(ann, "Ann: 加入聊天", "Bob: 加入聊天", "Bob: hello");
		await bob.press("Leave");
		await bob.page.getByText("disconnected", { exact: true }).waitFor();
		await seen(ann, "Ann: 加入聊天", "Bob: 加入聊天", "Bob: hello", "Bob has left");
		await ann.page.goto("about:blank");
	});

	test("a reload right after connecting harms nothing; an end of the server is shown", async () => {
		const [ann, hasty] = [await enter("Ann"), await visit()];
		await hasty.page.evaluate((url) => new Promise((resolve) => { new WebSocket(url).onopen = resolve; }), served.example.url.replace("http", "ws"));
		await hasty.page.reload();
		await ann.label("Message").fill("still here");
		await ann.press("Send");
		await seen(ann, "Ann: 加入聊天", "Ann: still here");
		await served.example.restart();
		await ann.page.getByText(/^disconnected|^the connection failed/).waitFor();
		await ann.press("Enter");
		await seen(ann, "Ann: 加入聊天", "Ann: still here", "Ann: 加入聊天");
	});
});

const liveRooms = (scheme) => (visit, served) => {
	// Over HTTP/2, which https: brings along, lighttpd does not pass on the browser's close frame (conf/lighttpd.conf.in).
	const closed = scheme === "wss" ? 1006 : 1005;
	const panel = (visitor, title) => visitor.page.getByRole("region", { name: title, exact: true });
	async function enter(visitor, namespace, room) {
		await visitor.label("Namespace").selectOption(namespace);
		await visitor.label("Room").fill(room);
		await visitor.press("Enter");
		await panel(visitor, `${namespace} ${room}`).getByText(`You are in ${room}.`).waitFor();
	}
	async function say(visitor, title, text) {
		await panel(visitor, title).getByLabel("Message").fill(text);
		await visitor.press("Say", panel(visitor, title));
	}
	const lines = (visitor, title) => panel(visitor, title).locator("li").allTextContents();
	const shows = (visitor, title, ...wanted) => eventually(`${title}: ${wanted}`, async () => (await lines(visitor, title)).join("|") === wanted.join("|"));

	test("several rooms and namespaces at once, over one connection; to the others, to oneself, to all", async () => {
		const [ann, bob] = [await visit("?token=token-of-ann"), await visit("?token=token-of-bob")];
		for (const [namespace, room] of [["/", "one"], ["/", "two"], ["/sport", "one"]]) await enter(ann, namespace, room);
		await enter(bob, "/sport", "one");
		await shows(ann, "/sport one", "You are in one.", "Bob is here.");
		await shows(bob, "/sport one", "You are in one.");
		await say(bob, "/sport one", "goal!");
		await shows(ann, "/sport one", "You are in one.", "Bob is here.", "Bob: goal!");
		await shows(bob, "/sport one", "You are in one.", "Bob: goal!");
		await say(ann, "/ two", "and here?");
		await shows(ann, "/ two", "You are in two.", "Ann: and here?");
		await shows(ann, "/ one", "You are in one.");
		await eventually("one WebSocket", () => ann.sockets.length === 1);
		assert.ok(ann.sockets[0].startsWith(`${scheme}:`), ann.sockets[0]);
	});

	if (scheme === "ws") test("a token that nobody has is refused, without one one watches", async () => {
		const [forged, guest] = [await visit("?token=forged"), await visit()];
		await forged.label("Room").fill("one");
		await forged.press("Enter");
		await forged.page.getByText("unknown token").waitFor();
		await enter(guest, "/music", "quiet");
		await say(guest, "/music quiet", "la la");
		await shows(guest, "/music quiet", "You are in quiet.", "Who has no token watches.");
	});

	test("the browser's own WebSocket: send, close, the four handlers and the four states", async () => {
		const [ann, bob] = [await visit("bare.html"), await visit("?token=token-of-bob")];
		await ann.label("Token").fill("token-of-ann");
		await ann.press("Connect");
		await ann.sees("li", "new WebSocket (0 CONNECTING) ", "onopen (1 OPEN) ");
		await enter(bob, "/", "one");
		await ann.label("Message").fill("by hand");
		await ann.press("Send");
		await eventually("it comes", async () => (await lines(bob, "/ one")).at(-1) === "Ann: by hand");
		await eventually("it comes back", async () => (await ann.texts("li")).at(-1) === "onmessage (1 OPEN) Ann: by hand");
		await ann.press("Close");
		await ann.sees("li", "new WebSocket (0 CONNECTING) ", "onopen (1 OPEN) ", "send (1 OPEN) by hand", "onmessage (1 OPEN) Ann: by hand",
			"close (2 CLOSING) ", `onclose (3 CLOSED) ${closed}`);
		await ann.label("Token").fill("forged");
		await ann.press("Connect");
		await eventually("it is refused", async () => (await ann.texts("li")).slice(-3).join() ===
			"new WebSocket (0 CONNECTING) ,onerror (3 CLOSED) ,onclose (3 CLOSED) 1006");
		assert.ok(ann.sockets[0].startsWith(`${scheme}:`), ann.sockets[0]);
	});

	if (scheme === "ws") test("what was said is there after a restart, for who comes and for who comes back", async () => {
		const ann = await visit("?token=token-of-ann");
		await enter(ann, "/music", "kept");
		await say(ann, "/music kept", "remember");
		await shows(ann, "/music kept", "You are in kept.", "Ann: remember");
		await ann.isUpgraded('sockets.get("/music")');
		await served.example.restart();
		await shows(ann, "/music kept", "Ann: remember", "You are in kept.");
		const late = await visit();
		await enter(late, "/music", "kept");
		await shows(late, "/music kept", "Ann: remember", "You are in kept.");
	});
};

example("live", liveRooms("ws"));
example("live", liveRooms("wss"), "--tls");

example("chat", (visit, served) => {
	async function enter(nickname, options) {
		const visitor = await visit("", options);
		await visitor.label("Nickname").fill(nickname);
		await visitor.press("Enter");
		await visitor.page.locator("#online", { hasText: nickname }).waitFor();
		return visitor;
	}
	async function say(visitor, text, to = "") {
		await visitor.label("To").selectOption(to);
		await visitor.label("Message").fill(text);
		await visitor.press("Send");
	}
	const MESSAGES = "#messages li:not(.notice)";

	test("who comes and goes, who is here, who types, messages to all and to one", async () => {
		const ann = await enter("Ann");
		const bob = await enter("Bob", { blockWebSocket: true });
		const eve = await enter("Eve");
		for (const one of [ann, bob, eve]) await one.sees("#online li", "Ann", "Bob", "Eve");
		await ann.sees(".notice", "Bob has connected", "Eve has connected");
		await ann.isUpgraded();
		await bob.label("Message").pressSequentially("h");
		await ann.page.getByText("Bob typing …").waitFor();
		await say(bob, "hello");
		for (const one of [ann, bob, eve]) await one.sees(MESSAGES, "Bob: hello");
		await ann.page.getByText("Bob typing …").waitFor({ state: "detached" });
		await say(ann, "psst", "Bob");
		for (const one of [ann, bob]) await one.sees(MESSAGES, "Bob: hello", "Ann to Bob alone: psst");
		await say(ann, "to all");
		await eve.sees(MESSAGES, "Bob: hello", "Ann: to all");
		await ann.sees(MESSAGES, "Bob: hello", "Ann to Bob alone: psst", "Ann: to all");
		assert.deepEqual([await ann.texts("#messages .own"), await bob.texts("#messages .own")], [["Ann to Bob alone: psst", "Ann: to all"], ["Bob: hello"]]);
		await eve.isUpgraded();
		await eve.page.goto("about:blank");
		await bob.press("Disconnect");
		for (const name of ["Eve", "Bob"]) await ann.page.getByText(`${name} has left`).waitFor();
		await ann.sees("#online li", "Ann");
	});

	test("what was missed comes at the next connection; what was written meanwhile goes out once; all survives a restart", async () => {
		const [fay, gus] = [await enter("Fay"), await enter("Gus")];
		const earlier = await fay.texts(MESSAGES);
		await fay.press("Disconnect");
		await say(gus, "while you were away");
		await say(fay, "written offline");
		await fay.press("Connect");
		for (const one of [fay, gus]) await one.sees(MESSAGES, ...earlier, "Gus: while you were away", "Fay: written offline");
		for (const one of [fay, gus]) await one.isUpgraded();
		await served.example.restart();
		await say(gus, "after the restart");
		const late = await enter("Hal");
		for (const one of [fay, gus, late]) await one.sees(MESSAGES, ...earlier, "Gus: while you were away", "Fay: written offline", "Gus: after the restart");
	});
});
