// The documents' own client code, cut out of them and unchanged but for the host, on pages of the same site, of another, and from the disk.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root } from "../integration/lib/servers.mjs";
import { eventually } from "./examples.mjs";
import { blocksOf, blocksWith, blockWith, readSeed, scriptOf } from "./seeds.mjs";

const LINE = "举头望明月，低头思故乡,";
const CLIENT = '<script src="/socket.io/socket.io.js"></script>';
const script = (code) => `<script>${code}\n</script>`;
const page = (...parts) => `<!doctype html><meta charset="utf-8">${parts.join("\n")}`;

const says = (visitor, count) => eventually(`${count} lines on the console`, () => visitor.console.length >= count);

const documents = {
	greeting: ({ text, arrive, served, logged }) => {
		test("fire comes, and hello is in the log", async () => {
			const html = blockWith(text, "io.connect()");
			const library = await fetch(`${served.example.url}socket.io/socket.io.js`).then((answer) => answer.text());
			const visitor = await arrive();
			await visitor.page.route("**/socket.js", (route) => route.fulfill({ contentType: "text/javascript", body: library }));
			await visitor.opens(`${served.example.url}document`, page(html, "</script>"));   // which the document forgets
			await eventually("fire is on the console", () => visitor.console.some((line) => line.includes("fire: hole")));
			await logged('{"message":"socket.io"}');
		});
	},

	live: ({ text, visit, served, host }) => {
		const connected = (visitor) => visitor.page.waitForFunction("socket.connected");
		const elsewhere = (address) => address.replace("127.0.0.1", "localhost");
		const join = (visitor) => visitor.page.evaluate(() => new Promise((resolve) => {
			window.heard = [];
			socket.on("msg", (msg) => window.heard.push(msg.text));
			socket.emit("join", "hall", resolve);
		}));

		test("connects from its own site and from another", async () => {
			const own = await visit(page(CLIENT, script(blockWith(text, "const socket = io();"))));
			const html = blockWith(text, "io('http://localhost')").replace("http://localhost", `http://${host()}`);
			const other = await visit(page(html), { at: elsewhere(`${served.example.url}document`) });
			for (const visitor of [own, other]) {
				await connected(visitor);
				await join(visitor);
			}
			await own.page.waitForFunction(() => window.heard.join("|") === "You are in hall.|A guest is here.");
			await other.page.waitForFunction(() => window.heard.join("|") === "You are in hall.");
			assert.notEqual(await other.page.evaluate("location.origin"), new URL(served.example.url).origin);
		});

		test("the handlers and states of WebSocket are as it lists them", async () => {
			const states = [...text.matchAll(/([A-Z]+)\((\d)\)/g)].map(([, state, number]) => [state, Number(number)]);
			assert.equal(states.length, 4);
			const visitor = await visit(page());
			const seen = await visitor.page.evaluate((url) => new Promise((resolve) => {
				const socket = new WebSocket(url), order = [socket.readyState];
				socket.onopen = () => { order.push(socket.readyState); socket.close(); order.push(socket.readyState); };
				socket.onclose = () => { order.push(socket.readyState); resolve(order); };
			}), `ws://${host()}/rooms/hall`);
			assert.deepEqual(seen, states.map(([, number]) => number));
			for (const name of ["send", "close", "onopen", "onerror", "onclose", "onmessage"]) {
				assert.ok(text.includes(name));
				assert.equal(await visitor.page.evaluate((key) => key in WebSocket.prototype, name), true, name);
			}
			for (const [state, number] of states) assert.equal(await visitor.page.evaluate((key) => WebSocket[key], state), number);
		});
	},

	steps: ({ text, visit, arrive, logged, host }) => {
		test("the bare WebSocket, also from a file on the disk", async () => {
			const code = scriptOf(blockWith(text, "new WebSocket(")).replace("localhost:3000", host());
			const [, sent] = /ws\.send\('(.*?)'\)/.exec(code);
			const folder = mkdtempSync(join(tmpdir(), "pollux-page-"));
			writeFileSync(join(folder, "index.html"), page(script(code)));
			const visitors = [await visit(page(script(code))), await arrive(`file://${folder}/index.html`)];
			for (const visitor of visitors) {
				await says(visitor, 2);
				assert.equal(visitor.console.at(-1), sent + LINE);
			}
			await logged("a WebSocket has come in");
			await visitors[1].page.goto("about:blank");
			await logged("a WebSocket has gone");
			rmSync(folder, { recursive: true });
		});

		test("the chat's page, several times", async () => {
			const html = blocksWith(text, "<!DOCTYPE html>", "chat message")[0];
			const visitors = [await visit(html), await visit(html), await visit(html, { blockWebSocket: true })];
			const said = [];
			for (const [i, visitor] of visitors.entries()) {
				await visitor.page.locator("input").fill(`from ${i}`);
				await visitor.page.locator("form button").click();
				said.push(`from ${i}`);
				for (const one of visitors) await one.sees("ul li", ...said);
			}
			await visitors[0].isUpgraded();
			await visitors[0].page.goto("about:blank");
			for (const what of ["somebody has come in", "from 2", "somebody has gone"]) await logged(what);
		});
	},

	crowd: ({ text, visit, served, host }) => {
		const jquery = script(readFileSync(join(root, "node_modules/jquery/dist/jquery.min.js"), "utf8"));
		const form = '<p class="connState"></p><input id="nickName"><input id="mesBox"><div class="msgList"></div>';
		const people = () => {
			const blocks = blocksOf(text);
			const code = blocks.slice(blocks.findIndex((block) => block.includes("new WebSocket("))).join("\n").replaceAll("localhost:8080", host());
			return page(jquery, form, script(`function begin() {\n${code}\nObject.assign(window, { sendMessage, leave: () => socket.close() });\n}\nbegin();`));
		};
		const [, leaving] = /\]([^:'<]+)<\/p>/.exec(text);
		const state = (visitor) => visitor.page.textContent(".connState");
		const lines = async (visitor, ...wanted) => eventually(wanted.join(), async () =>
			(await visitor.texts(".msgList p")).map((line) => line.replace(/\[.*?\]/, "")).join("|") === wanted.join("|"));
		async function enter(nickname) {
			const visitor = await visit(people());
			await eventually("it is connected", async () => (await state(visitor)).includes(host()));
			await visitor.page.fill("#nickName", nickname);
			await visitor.page.evaluate(() => window.sendMessage("加入聊天"));
			return visitor;
		}

		test("state, joining, messages, leaving; a text that is no JSON, and a reload at once, harm nothing", async () => {
			const ann = await enter("Ann");
			await lines(ann, "Ann：加入聊天");
			const bob = await enter("Bob");
			await lines(bob, "Bob：加入聊天");
			await bob.page.fill("#mesBox", "hello");
			await bob.page.evaluate(() => window.sendMessage());
			await lines(ann, "Ann：加入聊天", "Bob：加入聊天", "Bob：hello");
			const before = await state(bob);
			await bob.page.evaluate(() => window.leave());
			await lines(ann, "Ann：加入聊天", "Bob：加入聊天", "Bob：hello", `Bob${leaving}`);
			await eventually("the state is shown", async () => await state(bob) !== before);
			const hasty = await visit(page(script(`const ws = new WebSocket('ws://${host()}'); ws.onopen = () => { ws.send('加入聊天'); location.reload(); };`)));
			await hasty.page.goto("about:blank");
			await ann.page.evaluate(() => window.sendMessage("still here"));
			await lines(ann, "Ann：加入聊天", "Bob：加入聊天", "Bob：hello", `Bob${leaving}`, "Ann：still here");
		});

		test("the end of the server is shown", async () => {
			const ann = await enter("Ann");
			const before = await state(ann);
			await served.example.restart();
			await eventually("the state is shown", async () => await state(ann) !== before);
		});
	},

	talk: ({ text, visit }) => {
		const form = '<input id="content"><button id="talk">talk</button><button id="clear">clear</button><ul id="talkspace"></ul>';
		const users = () => page(CLIENT, form, script(scriptOf(blockWith(text, "getElementById('talk')"))));
		const talk = async (visitor, words) => {
			await visitor.page.fill("#content", words);
			await visitor.page.click("#talk");
		};

		test("own and others' lines, with WebSocket and without; clear; nothing to say", async () => {
			const [ann, bob] = [await visit(users()), await visit(users(), { blockWebSocket: true })];
			await talk(ann, "hello");
			await ann.sees("#talkspace li", "->hello");
			await bob.sees("#talkspace li", "-->hello");
			await talk(bob, "well");
			await ann.sees("#talkspace li", "->hello", "-->well");
			await bob.sees("#talkspace li", "-->hello", "->well");
			assert.deepEqual(await ann.page.$$eval("#talkspace li", (all) => all.map((line) => line.style.color)), ["", "red"]);
			await ann.page.click("#clear");
			await ann.sees("#talkspace li");
			const warned = new Promise((resolve) => ann.page.once("dialog", (dialog) => dialog.dismiss().then(resolve)));
			await Promise.all([warned, talk(ann, "")]);
			await bob.sees("#talkspace li", "-->hello", "->well");
		});
	},
};

const NUMBERS = { greeting: "000", live: "001", steps: "002", crowd: "003", talk: "004" };

// Declares the tests of what is served as the example of that name, if a document is behind it; arrive as in examples.test.mjs.
export function driveDocument(name, served, arrive) {
	if (!documents[name]) return;
	// A page with this text, at an address of the example's site unless another is given.
	const visit = async (html, { at = `${served.example.url}document`, ...options } = {}) => {
		const visitor = await arrive(undefined, options);
		await visitor.opens(at, html);
		return visitor;
	};
	const logged = (what) => eventually(`${what} is in the log`, () => served.example.log().includes(what));
	const host = () => new URL(served.example.url).host;
	describe("the document's own code", () => documents[name]({ text: readSeed(NUMBERS[name]), visit, arrive, served, logged, host }));
}
