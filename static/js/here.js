// Who is in the room that is shown, and who of them is typing.

import { byId, element, setText } from "./dom.js";
import { colourOf } from "./row.js";
import { language, strings } from "./strings.js";

const MOST = 200;

export class HereList {
	constructor(chat) {
		this.chat = chat;
		this.drawn = "";
		this.order = new Intl.Collator();
	}

	draw() {
		const { room, nickname } = this.chat;
		const here = room?.state === "joined" ? room.here : [];
		const state = JSON.stringify([language, nickname, here, room?.more, room?.state]);
		if (state === this.drawn)
			return;
		this.drawn = state;
		this.#draw(room?.state === "joined" ? `${here.length}${room.more ? "+" : ""}` : "–", here, room?.more);
	}

	#draw(count, here, more) {
		const names = [...here].sort(this.order.compare);
		const people = names.slice(0, MOST).map((name) => this.#person(name));
		if (more || names.length > MOST)
			people.push(element("li", { className: "more" }, strings.moreHere));
		byId("here").replaceChildren(...people);
		setText(byId("here-count"), count);
		setText(byId("here-title-count"), count);
		byId("here-toggle").setAttribute("aria-label", `${strings.whoIsHere}: ${count}`);
	}

	#person(name) {
		const person = element("li", { className: colourOf(name) }, element("bdi", {}, name));
		if (name === this.chat.nickname)
			person.append(element("span", { className: "count" }, strings.you));
		return person;
	}
}
