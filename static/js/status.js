// The state of the connection and its transport, and that of the room where it isn't simply joined.

import { byId, setText } from "./dom.js";
import { explain, strings } from "./strings.js";

export class Status {
	constructor(connection, chat) {
		this.connection = connection;
		this.chat = chat;
		byId("connect").addEventListener("click", () => connection.connectAgain());
		byId("room-retry").addEventListener("click", () => chat.join(chat.current));
	}

	draw() {
		const { state, reason, transport } = this.connection;
		const words = strings.state[state];
		const text = typeof words === "function" ? words(explain(reason)) : words;
		setText(byId("status-text"), transport ? `${text} · ${strings.transport[transport] ?? transport}` : text);
		byId("status").dataset.state = state;
		byId("connect").hidden = state !== "refused" && state !== "closed";
		this.#drawRoom(this.chat.room);
	}

	#drawRoom(room) {
		const state = room?.state ?? "joined";
		byId("room-state").hidden = state === "joined" || state === "joining";
		byId("room-retry").hidden = state !== "refused";
		byId("room-rename").hidden = state !== "refused" && state !== "waiting";
		const words = strings.roomState[state];
		if (state === "waiting")
			setText(byId("room-state-text"), words(this.chat.nickname));
		else if (state === "refused")
			setText(byId("room-state-text"), words(explain(room.error)));
		else
			setText(byId("room-state-text"), words ?? "");
	}
}
