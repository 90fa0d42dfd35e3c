// How others' messages are noticed without looking: read out by screen readers, counted in the title.
// A busy room isn't read out word for word: what comes within a moment is told together.

import { byId, element, setText } from "./dom.js";
import { strings } from "./strings.js";

const KEPT = 10;
const GATHER_MS = 1000;
const WORD_FOR_WORD = 3;
const MOST_READ = 200; // characters of a message

export class Attention {
	constructor(chat) {
		this.chat = chat;
		this.announcer = byId("announcer");
		this.heard = [];
		chat.addEventListener("heard", ({ detail }) => this.#gather(detail));
		document.addEventListener("visibilitychange", () => chat.onVisibility());
	}

	draw() {
		let all = 0;
		let elsewhere = 0;
		for (const room of this.chat.rooms.values()) {
			all += room.unread;
			elsewhere += room === this.chat.room ? 0 : room.unread;
		}
		const name = this.chat.room ? `${this.chat.room.name} · ${strings.title}` : strings.title;
		document.title = all > 0 ? `(${all}) ${name}` : name;
		setText(byId("unread-elsewhere"), elsewhere > 99 ? "99+" : String(elsewhere));
		byId("unread-elsewhere").hidden = elsewhere === 0;
		byId("rooms-toggle").setAttribute("aria-label", elsewhere > 0 ? `${strings.rooms}, ${strings.unread(elsewhere)}` : strings.rooms);
	}

	#gather({ room, from, text }) {
		if (room !== this.chat.room)
			return;
		if (this.heard.length === 0)
			setTimeout(() => this.#announce(), GATHER_MS);
		this.heard.push({ from, text: text.length > MOST_READ ? `${text.slice(0, MOST_READ)}…` : text });
	}

	#announce() {
		const heard = this.heard.splice(0);
		if (heard.length <= WORD_FOR_WORD)
			heard.forEach(({ from, text }) => this.#say(strings.announced(from, text)));
		else
			this.#say(strings.announcedMany(heard.length, heard.at(-1).from, heard.at(-1).text));
	}

	#say(words) {
		this.announcer.append(element("p", {}, words));
		while (this.announcer.children.length > KEPT)
			this.announcer.firstChild.remove();
	}
}
