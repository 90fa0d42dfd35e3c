// Who is writing something: told to the others while one writes, and what they tell, in a line above the composer.

import { byId, setText } from "./dom.js";
import { strings } from "./strings.js";

const TELL_MS = 2500; // others forget it after twice that (room.js)

export class Typing {
	constructor(chat) {
		this.chat = chat;
		this.told = { room: null, at: 0 };
		byId("text").addEventListener("input", ({ target }) => this.#tell(target.value));
		chat.addEventListener("sent", () => { this.told.room = null; });
	}

	draw() {
		const names = [...this.chat.room?.typing.keys() ?? []];
		setText(byId("typing-text"), names.length > 0 ? strings.typing(names) : "");
		byId("typing").classList.toggle("busy", names.length > 0);
	}

	#tell(text) {
		const { current: room } = this.chat;
		const now = performance.now();
		if (text.trim() === "" || (room === this.told.room && now - this.told.at < TELL_MS))
			return;
		this.told = { room, at: now };
		this.chat.typing();
	}
}
