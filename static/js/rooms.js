// The list of rooms: our own with what is unread, the others with how many are there, and a form to make one.

import { byId, element, setText } from "./dom.js";
import { explain, language, strings } from "./strings.js";
import { checkRoom } from "./rules.js";

const REFRESH_MS = 30000;

export class RoomList {
	constructor(chat, panels) {
		this.chat = chat;
		this.panels = panels;
		this.drawn = "";
		this.name = byId("room-name");
		byId("room-form").addEventListener("submit", (event) => this.#submit(event));
		setInterval(() => this.#refresh(), REFRESH_MS);
		document.addEventListener("visibilitychange", () => this.#refresh());
	}

	draw() {
		const own = [...this.chat.rooms.values()];
		const others = this.chat.otherRooms.filter((room) => !this.chat.rooms.has(room.name));
		const state = JSON.stringify([language, own.map((room) => [room.name, room.unread]), others, this.chat.current]);

		setText(byId("me"), strings.youAre(this.chat.nickname));
		if (state === this.drawn)
			return; // focus stays where it is
		this.drawn = state;
		const focused = document.activeElement?.dataset.room;
		byId("own-rooms").replaceChildren(...own.map((room) => this.#ownRoom(room)));
		byId("other-rooms").replaceChildren(...others.map((room) => this.#otherRoom(room)));
		byId("other-rooms-part").hidden = others.length === 0;
		if (focused !== undefined)
			[...document.querySelectorAll("#rooms-panel [data-room]")].find((one) => one.dataset.room === focused)?.focus();
	}

	#ownRoom(room) {
		const show = element("button", { type: "button", className: "name", "data-room": room.name }, element("bdi", {}, room.name));
		show.addEventListener("click", () => this.#show(room.name));
		if (room.name === this.chat.current)
			show.setAttribute("aria-current", "true");
		if (room.unread > 0)
			show.append(" ", element("span", { className: "badge", "aria-hidden": "true" }, room.unread > 99 ? "99+" : String(room.unread)),
				element("span", { className: "unseen" }, strings.unread(room.unread)));
		const leave = element("button", { type: "button", className: "leave", title: strings.leave(room.name),
			"aria-label": strings.leave(room.name) }, "×");
		leave.addEventListener("click", () => this.#leave(room.name));
		return element("li", {}, show, leave);
	}

	#otherRoom({ name, here }) {
		const join = element("button", { type: "button", className: "name", "data-room": name }, element("bdi", {}, name),
			" ", element("span", { className: "count", "aria-hidden": "true", title: strings.hereCount(here) }, String(here)),
			element("span", { className: "unseen" }, strings.hereCount(here)));
		join.addEventListener("click", () => this.#show(name));
		return element("li", {}, join);
	}

	#show(name) {
		this.panels.close();
		this.chat.join(name);
	}

	#leave(name) {
		if (this.chat.sending.hasUnsent(name) && !window.confirm(strings.leaveUnsent(name)))
			return;
		this.chat.leave(name);
		this.draw();
		(byId("own-rooms").querySelector("[aria-current]") ?? this.name).focus(); // its own button is gone
	}

	#submit(event) {
		event.preventDefault();
		const name = this.name.value.trim();
		const wrong = checkRoom(name);
		setText(byId("room-error"), explain(wrong));
		if (wrong)
			return;
		this.name.value = "";
		this.#show(name);
	}

	#refresh() {
		if (!document.hidden && this.chat.connection.connected)
			this.chat.refreshRooms();
	}
}
