// The first application of README.md, as it stands there, and served by the command that stands there.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { makeTree, serveByRun } from "../integration/lib/run.mjs";
import { root } from "../integration/lib/servers.mjs";
import { SERVER_ARGUMENTS, Visitor, eventually } from "./examples.mjs";
import { startBrowser } from "./people.mjs";

const readme = readFileSync(`${root}/README.md`, "utf8");
const block = (language) => new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(readme)[1];
const [, command] = /^ {4}\.\/run (--app hello\.lua .+)$/m.exec(readme);

let tree, served, browser;
before(async () => {
	tree = makeTree();
	mkdirSync(`${tree}/www`);
	for (const [name, language] of [["hello.lua", "lua"], ["www/index.html", "html"], ["www/page.js", "js"]]) writeFileSync(`${tree}/${name}`, block(language));
	served = await serveByRun(tree, [...command.split(" "), ...SERVER_ARGUMENTS]);
	browser = await startBrowser();
});
after(async () => {
	await browser?.close();
	await served?.run.stop();
	rmSync(tree, { recursive: true, force: true });
	const complaint = served?.run.complaint();
	if (complaint) throw new Error(complaint);
});

test("the first application of README.md", async () => {
	const context = await browser.newContext();
	const [ann, ben] = [await Visitor.arrive(context, served.url), await Visitor.arrive(context)];
	await eventually("Ann hears herself", () => ann.console.includes("hello"));
	await ben.page.goto(served.url);
	await eventually("Ann hears Ben, and he himself", () => ann.console.filter((text) => text === "hello").length === 2 && ben.console.includes("hello"));
	for (const visitor of [ann, ben]) {
		await visitor.isUpgraded();
		await visitor.leave();
	}
});
