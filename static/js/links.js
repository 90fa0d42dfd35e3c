// Addresses in a text: http and https only. Pure: gives parts, not nodes.

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`。，、；：！？）】》」』]+/giu;
const TRAILING = /[.,;:!?*_~]$/u;
const CLOSING = { ")": "(", "]": "[", "}": "{" };

const count = (text, sign) => text.split(sign).length - 1;

// What ends a sentence, or closes a bracket that was opened before the address, isn't part of it.
function trimmed(address) {
	for (;;) {
		const last = address.at(-1);
		const strayBracket = CLOSING[last] && count(address, last) > count(address, CLOSING[last]);
		if (!TRAILING.test(address) && !strayBracket)
			return address;
		address = address.slice(0, -1);
	}
}

function parsed(address) {
	try {
		return new URL(address).href;
	} catch {
		return null;
	}
}

// split gives the text in parts, { text } or { text, href }, which together are the text.
export function split(text) {
	const parts = [];
	let from = 0;
	for (const { 0: found, index } of text.matchAll(ADDRESS)) {
		const address = trimmed(found);
		const href = parsed(address);
		if (href === null)
			continue;
		if (index > from)
			parts.push({ text: text.slice(from, index) });
		parts.push({ text: address, href });
		from = index + address.length;
	}
	if (from < text.length)
		parts.push({ text: text.slice(from) });
	return parts;
}
