// Own words on their way: each is said with an id of its own, again until the server has answered, and shown as sent once its
// place is known. Not here: how they are kept meanwhile (outbox.js).

import { Outbox } from "./outbox.js";
import { newId, rememberOwn } from "./own.js";

export class Sending {
	// chat: whose rooms and connection these are. It is told of changes by chat.changed().
	constructor(chat) {
		this.chat = chat;
		this.outbox = new Outbox();
	}

	say(room, text) {
		const id = newId();
		rememberOwn(this.chat.nickname, id);
		const entry = this.outbox.add({ id, room: room.name, text, at: Date.now() });
		if (room.state === "joined")
			this.#send(entry);
	}

	// What has not been confirmed, as items of the room.
	items(room) {
		return this.outbox.of(room.name).map((entry) => ({
			kind: "message", id: entry.id, from: this.chat.nickname, text: entry.text, at: entry.at,
			own: true, state: entry.state, error: entry.error,
		}));
	}

	hasUnsent(name) {
		return this.outbox.of(name).some((entry) => entry.state !== "acked");
	}

	// The user wants it tried again. Gives the room's name.
	prepareAgain(id) {
		const entry = this.outbox.find(id);
		this.outbox.mark(entry, "waiting");
		return entry.room;
	}

	// The message came from the server, or nobody wants it any more.
	drop(id) {
		this.outbox.remove([id]);
	}

	dropAll(name) {
		this.outbox.remove(this.outbox.of(name).map((entry) => entry.id));
	}

	interrupted() {
		this.outbox.interrupted();
	}

	// resume goes on in a room that has been joined (again): what its history shows is done; what was acked but is
	// older than the history was published all the same; the rest is said.
	resume(room) {
		for (const entry of this.outbox.of(room.name)) {
			if (entry.state === "acked")
				this.#place(room, entry);
			if (room.timeline.has(entry.id))
				this.outbox.remove([entry.id]);
		}
		this.outbox.of(room.name).filter((entry) => entry.state === "waiting").forEach((entry) => this.#send(entry));
	}

	async #send(entry) {
		const { chat } = this;
		const { era } = chat;
		this.outbox.mark(entry, "sending");
		const answer = await chat.connection.ask("say", entry.room, entry.text, entry.id).catch(() => null);
		if (era !== chat.era || !this.outbox.entries.includes(entry))
			return;
		if (answer)
			this.#answered(entry, answer);
		else if (chat.connection.connected)
			this.#send(entry);
		chat.changed();
	}

	#answered(entry, answer) {
		if (!answer.ok)
			this.outbox.mark(entry, "failed", answer.error);
		else if (answer.duplicate)
			this.#place(this.chat.rooms.get(entry.room), entry);
		else
			this.outbox.mark(entry, "acked");
	}

	#place(room, { id, text, at }) {
		room.timeline.addProvisional({ id, from: this.chat.nickname, text, at });
		this.outbox.remove([id]);
	}
}
