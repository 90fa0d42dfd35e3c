// Shortcuts: Escape closes a panel, else goes to the newest message; Alt with up and down goes through the rooms; Page up and
// down scroll while one writes; and what is typed with nothing else focused goes where one writes.

import { byId } from "./dom.js";

export class Keys {
	constructor(chat, messages, panels) {
		Object.assign(this, { chat, messages, panels });
		this.text = byId("text");
		document.addEventListener("keydown", (event) => this.#onKey(event));
	}

	#onKey(event) {
		if (event.isComposing || byId("chat").hidden)
			return;
		if (event.key === "Escape")
			this.#escape();
		else if (event.altKey && !event.ctrlKey && !event.metaKey && (event.key === "ArrowUp" || event.key === "ArrowDown"))
			this.#take(event, () => this.chat.showNext(event.key === "ArrowUp" ? -1 : 1));
		else if (event.target === this.text && (event.key === "PageUp" || event.key === "PageDown"))
			this.#take(event, () => this.messages.page(event.key === "PageUp" ? -1 : 1));
		else if (this.#isStray(event))
			this.text.focus(); // the character follows the focus
	}

	#take(event, act) {
		event.preventDefault();
		act();
	}

	#escape() {
		if (this.panels.open) {
			this.panels.giveBack();
			return;
		}
		if (this.chat.room) {
			this.messages.toNewest();
			this.text.focus();
		}
	}

	#isStray({ key, ctrlKey, metaKey, altKey, target }) {
		const elsewhere = target === document.body || target === byId("scroller");
		return elsewhere && key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey && this.panels.open === null;
	}
}
