// Where one writes. Enter sends, Shift+Enter makes a new line; what is not sent yet stays with its room.

import { byId, setText } from "./dom.js";
import { strings } from "./strings.js";
import { lengthOf, MOST_TEXT } from "./rules.js";

const NEAR_LIMIT = 200;

export class Composer {
	constructor(chat) {
		this.chat = chat;
		this.text = byId("text");
		this.drafts = new Map();
		this.room = null;
		byId("composer").addEventListener("submit", (event) => this.#submit(event));
		this.text.addEventListener("keydown", (event) => this.#onKey(event));
		this.text.addEventListener("input", () => this.#measure());
	}

	draw() {
		const current = this.chat.current;
		byId("composer").hidden = this.chat.room === null;
		if (current === this.room)
			return;
		this.drafts.set(this.room, this.text.value);
		this.room = current;
		this.text.value = this.drafts.get(current) ?? "";
		this.#measure();
		if (matchMedia("(pointer: fine)").matches)
			this.text.focus(); // elsewhere it would bring up the keyboard
	}

	// While an input method composes, Enter chooses a word (229 is what some browsers say then).
	#onKey(event) {
		if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229)
			return;
		this.#submit(event);
	}

	#submit(event) {
		event.preventDefault();
		const text = this.text.value.trim();
		if (text === "" || lengthOf(text) > MOST_TEXT)
			return;
		this.chat.say(text);
		this.text.value = "";
		this.#measure();
		this.text.focus();
	}

	#measure() {
		this.text.style.height = "auto";
		this.text.style.height = `${this.text.scrollHeight + 2}px`;
		const length = lengthOf(this.text.value.trim());
		setText(byId("composer-error"), length > MOST_TEXT - NEAR_LIMIT ? strings.tooLong(length, MOST_TEXT) : "");
		byId("composer").classList.toggle("too-long", length > MOST_TEXT);
		byId("send").disabled = length === 0 || length > MOST_TEXT;
	}
}
