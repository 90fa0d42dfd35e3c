// How others' messages are noticed without looking: read out by screen readers, counted in the title.

import { byId, element, setText } from "./dom.js";
import { strings } from "./strings.js";

const KEPT = 10;

export class Attention {
	constructor(chat) {
		this.chat = chat;
		this.announcer = byId("announcer");
		chat.addEventListener("heard", ({ detail }) => this.#announce(detail));
		document.addEventListener("visibilitychange", () => chat.markRead());
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
		setText(byId("unread-elsewhere"), String(elsewhere));
		byId("unread-elsewhere").hidden = elsewhere === 0;
	}

	#announce({ room, from, text }) {
		if (room !== this.chat.room)
			return;
		this.announcer.append(element("p", {}, strings.announced(from, text)));
		while (this.announcer.children.length > KEPT)
			this.announcer.firstChild.remove();
	}
}
