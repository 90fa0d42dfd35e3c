// Where one writes. Enter sends, Shift+Enter makes a new line; what is not sent yet stays with its room.

import { byId, setText } from "./dom.js";
import { tab } from "./storage.js";
import { strings } from "./strings.js";
import { lengthOf, MOST_TEXT } from "./rules.js";

const NEAR_LIMIT = 200;

export class Composer {
	constructor(chat) {
		this.chat = chat;
		this.text = byId("text");
		this.drafts = new Map(tab.read("drafts", []));
		this.room = null;
		byId("composer").addEventListener("submit", (event) => this.#submit(event));
		this.text.addEventListener("keydown", (event) => this.#onKey(event));
		this.text.addEventListener("input", () => this.#measure());
		window.addEventListener("resize", () => this.#fit());
		window.addEventListener("pagehide", () => this.#keepDraft());
	}

	draw() {
		const current = this.chat.current;
		byId("composer").hidden = this.chat.room === null;
		if (current === this.room)
			return;
		this.#keepDraft();
		this.room = current;
		this.text.value = this.drafts.get(current) ?? "";
		this.#measure();
		if (matchMedia("(pointer: fine)").matches)
			this.text.focus(); // elsewhere it would bring up the keyboard
	}

	#keepDraft() {
		if (this.room === null)
			return;
		this.drafts.set(this.room, this.text.value);
		tab.write("drafts", [...this.drafts].filter(([room, text]) => text !== "" && this.chat.rooms.has(room)));
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

	// As high as the text (and its border), up to what chat.css allows.
	#fit() {
		this.text.style.height = "auto";
		this.text.style.height = `${this.text.scrollHeight + 2}px`;
	}

	#measure() {
		this.#fit();
		const length = lengthOf(this.text.value.trim());
		setText(byId("composer-error"), length > MOST_TEXT - NEAR_LIMIT ? strings.tooLong(length, MOST_TEXT) : "");
		byId("composer").classList.toggle("too-long", length > MOST_TEXT);
		byId("send").disabled = length === 0 || length > MOST_TEXT;
	}
}
