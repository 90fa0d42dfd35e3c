// The few things the page does to the document. Text goes in as text nodes, never as markup.

import { strings } from "./strings.js";

export const byId = (id) => document.getElementById(id);

// element makes <tag> with properties (and aria-*, data-* attributes) and children, nodes or strings.
export function element(tag, properties = {}, ...children) {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (name.includes("-"))
			made.setAttribute(name, value);
		else
			made[name] = value;
	}
	made.append(...children);
	return made;
}

// fillStrings gives the document its words: data-text, data-label (aria-label) and data-hint (placeholder).
export function fillStrings() {
	for (const one of document.querySelectorAll("[data-text]"))
		one.textContent = strings[one.dataset.text];
	for (const one of document.querySelectorAll("[data-label]"))
		one.setAttribute("aria-label", strings[one.dataset.label]);
	for (const one of document.querySelectorAll("[data-hint]"))
		one.setAttribute("placeholder", strings[one.dataset.hint]);
}

// setText leaves the node alone when it says that already: a live region would be read out again.
export function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}
