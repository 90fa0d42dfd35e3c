// Who is in the room that is shown.

import { byId, element, setText } from "./dom.js";
import { strings } from "./strings.js";

export class HereList {
	constructor(chat) {
		this.chat = chat;
	}

	draw() {
		const room = this.chat.room;
		const present = room && room.state === "joined";
		const names = present ? [...room.here].sort((a, b) => a.localeCompare(b)) : [];
		byId("here").replaceChildren(...names.map((name) => this.#person(name)));
		const count = `${names.length}${present && room.more ? "+" : ""}`;
		setText(byId("here-count"), present ? count : "–");
		byId("here-toggle").setAttribute("aria-label", `${strings.whoIsHere}: ${count}`);
	}

	#person(name) {
		const person = element("li", {}, element("bdi", {}, name));
		if (name === this.chat.nickname)
			person.append(element("span", { className: "count" }, strings.you));
		return person;
	}
}
