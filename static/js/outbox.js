// Own messages from the moment they are written until the server's order is known: sent again, with the same
// id, until the server has answered; the id makes that harmless. Kept over a reload.
// Not here: the sending itself (sending.js).
//
// An entry is { id, room, text, at, state, error }; state is "waiting" (for a connection), "sending" (asked, no
// answer yet), "acked" (published; its place comes with the message itself) or "failed" (refused: the user decides).

import { tab } from "./storage.js";

export class Outbox {
	constructor() {
		this.entries = tab.read("outbox", []).map((entry) => ({ ...entry, state: "waiting" }));
	}

	add(entry) {
		this.entries.push({ ...entry, state: "waiting" });
		this.save();
		return this.entries.at(-1);
	}

	of(room) {
		return this.entries.filter((entry) => entry.room === room);
	}

	find(id) {
		return this.entries.find((entry) => entry.id === id);
	}

	// Every message that is heard comes by here, and mostly nothing goes.
	remove(ids) {
		const kept = this.entries.filter((entry) => !ids.includes(entry.id));
		if (kept.length === this.entries.length)
			return;
		this.entries = kept;
		this.save();
	}

	mark(entry, state, error = "") {
		entry.state = state;
		entry.error = error;
		this.save();
	}

	// interrupted is for a lost connection: what was under way may have arrived or not.
	interrupted() {
		for (const entry of this.entries) {
			if (entry.state === "sending")
				entry.state = "waiting";
		}
	}

	save() {
		tab.write("outbox", this.entries.filter((entry) => entry.state !== "acked")
			.map(({ id, room, text, at }) => ({ id, room, text, at })));
	}
}
