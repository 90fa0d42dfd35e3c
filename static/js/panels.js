// On a narrow screen the rooms and the people are panels that slide over the talk, one at a time; the talk behind is out of reach then.

import { byId } from "./dom.js";

const NAMES = ["rooms", "here"];

export class Panels {
	constructor() {
		this.open = null;
		for (const name of NAMES)
			byId(`${name}-toggle`).addEventListener("click", () => this.#toggle(name));
		byId("shade").addEventListener("click", () => this.giveBack());
		matchMedia("(max-width: 48rem)").addEventListener("change", () => this.close());
	}

	close() {
		this.#set(null);
	}

	// giveBack closes, and the focus goes back to where it came from.
	giveBack() {
		const toggle = byId(`${this.open}-toggle`);
		this.close();
		toggle.focus();
	}

	#toggle(name) {
		this.#set(this.open === name ? null : name);
		if (this.open)
			byId(`${name}-panel`).querySelector("button, input, [tabindex]")?.focus({ preventScroll: true }); // it is still beside the page
	}

	#set(open) {
		this.open = open;
		byId("shade").hidden = open === null;
		for (const part of byId("talk").children)
			part.inert = open !== null;
		for (const name of NAMES) {
			byId(`${name}-panel`).classList.toggle("open", name === open);
			byId(`${name}-toggle`).setAttribute("aria-expanded", String(name === open));
		}
	}
}
