// The examples as their readers run them: the command of README.md by ./run, and visitors of their pages.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { makeTree, serveByRun } from "../integration/lib/run.mjs";
import { kind, root } from "../integration/lib/servers.mjs";
import { PATIENCE_MS } from "./people.mjs";

// ./run's arguments for each POLLUX_SERVER.
const SERVERS = { lighttpd: [], standalone: ["--server", "none"], apache: ["--server", "apache"], nginx: ["--server", "nginx"] };
export const SERVER_ARGUMENTS = SERVERS[kind];

function commandOf(name) {
	const [, args] = /^ {4}\.\/run (.+)$/m.exec(readFileSync(`${root}/examples/${name}/README.md`, "utf8"));
	return args.split(" ");
}

// { url, log(), restart(), stop() }: restart() ends everything and starts it again, same port and data.
class Example {
	constructor(name, args) {
		this.args = [...commandOf(name), ...args, ...(args.length ? [] : SERVER_ARGUMENTS)];
		this.tree = makeTree();
		this.past = "";
	}

	async start() {
		Object.assign(this, await serveByRun(this.tree, this.args, this.port));
		this.url = this.url.replace("localhost", "127.0.0.1");
		return this;
	}

	log() {
		return this.past + this.run.stderr();
	}

	async restart() {
		this.past = this.log();
		await this.run.stop();
		await this.start();
	}

	async stop() {
		await this.run.stop();
		rmSync(this.tree, { recursive: true, force: true });
		const complaint = this.run.complaint();
		if (complaint) throw new Error(complaint);
	}
}

export const startExample = (name, ...args) => new Example(name, args).start();

// A page's visitor: these pages keep nothing, so visitors may share a browser's context. What the page breaks is kept, as is what it says on the
// console and which WebSockets it opens.
export class Visitor {
	static async arrive(context, url, { blockWebSocket = false } = {}) {
		const visitor = new Visitor();
		visitor.page = await context.newPage();
		visitor.page.setDefaultTimeout(PATIENCE_MS);
		Object.assign(visitor, { console: [], broken: [], sockets: [] });
		visitor.#watch();
		if (blockWebSocket) await visitor.page.routeWebSocket(/.*/, (socket) => socket.close({ code: 1011 }));
		if (url) visitor.response = await visitor.page.goto(url);
		return visitor;
	}

	#watch() {
		this.page.on("pageerror", (error) => this.broken.push(error.message));
		this.page.on("websocket", (socket) => this.sockets.push(socket.url()));
		this.page.on("console", (message) => {
			this.console.push(message.text());
			if (/Content Security Policy|TrustedHTML/.test(message.text())) this.broken.push(message.text());
		});
	}

	// A page as if the server had it at this address. The browser cannot know that it comes from this computer, and would let it reach nothing here.
	async opens(url, html) {
		await this.page.context().grantPermissions(["local-network-access"]);
		await this.page.route(url, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body: html }));
		await this.page.goto(url);
	}

	label(name) {
		return this.page.getByLabel(name, { exact: true });
	}

	press(name, within = this.page) {
		return within.getByRole("button", { name, exact: true }).click();
	}

	texts(selector) {
		return this.page.$$eval(selector, (all) => all.map((one) => one.textContent));
	}

	// Waits until exactly these texts stand there.
	async sees(selector, ...texts) {
		await this.page.waitForFunction(([where, wanted]) => {
			const shown = [...document.querySelectorAll(where)].map((one) => one.textContent);
			return shown.length === wanted.length && wanted.every((text, i) => shown[i] === text);
		}, [selector, texts]).catch(async (error) => {
			assert.deepEqual(await this.texts(selector), texts);
			throw error;
		});
	}

	// To be awaited before a page or its server goes: who leaves while it polls is missed at a ping's timeout alone, and the stock client itself
	// waits for that when its server ends between a probe and the upgrade.
	isUpgraded(expression = "socket") {
		return this.page.waitForFunction(`${expression}.io.engine.transport.name === "websocket"`);
	}

	async leave() {
		await this.page.close();
		assert.deepEqual(this.broken, []);
	}
}

// Asks until it is so; only for what no page can wait for.
export async function eventually(what, ask) {
	const deadline = Date.now() + PATIENCE_MS;
	while (!await ask()) {
		assert.ok(Date.now() < deadline, `still not so: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
