// The documents that the examples are after, where they lie beside the checkout (../shared/seeds, or POLLUX_SEEDS). Tests cut the clients' code
// out of them; nothing of it is in this tree.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../integration/lib/servers.mjs";

const folder = [process.env.POLLUX_SEEDS, join(root, "../shared/seeds")].find((path) => path && existsSync(path));

export const thereAreSeeds = Boolean(folder);

export function readSeed(number) {
	const name = readdirSync(folder).find((file) => file.startsWith(`${number}_`));
	return readFileSync(join(folder, name), "utf8");
}

// What stands between fences of back-ticks, in the document's order.
export const blocksOf = (text) => [...text.matchAll(/^(`{3,})[^\n]*\n([^]*?)^\1\s*$/gm)].map(([, , code]) => code);

// The one block, or the blocks, in which all of these words stand.
export const blocksWith = (text, ...words) => blocksOf(text).filter((block) => words.every((word) => block.includes(word)));
export function blockWith(text, ...words) {
	const found = blocksWith(text, ...words);
	assert.equal(found.length, 1, `one block has ${words}`);
	return found[0];
}

// The text of the last script element, which a document may have left open.
export function scriptOf(html) {
	const from = html.indexOf(">", html.lastIndexOf("<script")) + 1;
	const to = html.indexOf("</script>", from);
	return to < 0 ? html.slice(from) : html.slice(from, to);
}
