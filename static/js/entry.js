// The first page: nickname and room. It comes again to change the name.

import { byId, setText } from "./dom.js";
import { explain, strings } from "./strings.js";
import { checkNickname, checkRoom } from "./rules.js";
import { roomInAddress } from "./address.js";
import { browser } from "./storage.js";

export class Entry {
	constructor(chat) {
		this.chat = chat;
		this.wanted = chat.nickname === "" || chat.rooms.size === 0;
		this.opened = false; // and not drawn yet
		this.error = "";
		this.nickname = byId("nickname");
		this.room = byId("first-room");
		byId("entry-form").addEventListener("submit", (event) => this.#submit(event));
		byId("rename").addEventListener("click", () => this.open());
		byId("room-rename").addEventListener("click", () => this.open());
		chat.addEventListener("refused", ({ detail }) => this.#refused(detail));
		if (this.wanted)
			this.open();
	}

	open(error = "") {
		this.wanted = true;
		this.nickname.value = this.chat.nickname || browser.read("nickname", "");
		this.room.value = this.chat.current ?? (roomInAddress() || strings.firstRoom);
		this.#complain(error, this.nickname);
		this.opened = true;
		this.chat.changed();
	}

	// Called once the form is shown or hidden: before that nothing in it can have the focus.
	draw() {
		setText(byId("entry-error"), explain(this.error));
		if (this.opened)
			this.nickname.select();
		this.opened = false;
	}

	async #submit(event) {
		event.preventDefault();
		const nickname = this.nickname.value.trim();
		const room = this.room.value.trim();
		const wrongName = checkNickname(nickname);
		const wrong = wrongName || checkRoom(room);
		this.#complain(wrong, wrongName ? this.nickname : this.room);
		if (wrong)
			return;
		browser.write("nickname", nickname);
		this.wanted = false;
		await this.chat.enter(nickname);
		await this.chat.join(room);
	}

	// The only room, refused at the first try: back to the form, which is where the name was chosen.
	#refused(room) {
		if (this.chat.rooms.size !== 1)
			return;
		this.chat.rooms.delete(room.name);
		this.open(room.error);
		this.room.value = room.name;
	}

	#complain(error, field) {
		for (const one of [this.nickname, this.room])
			one.setAttribute("aria-invalid", String(error !== "" && one === field));
		this.error = error;
		setText(byId("entry-error"), explain(error));
		if (error !== "")
			field.focus();
	}
}
