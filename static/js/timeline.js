// What is known of a room, in order: messages as the server ordered them, and the notices between them.
// Not here: own messages that the server has not confirmed (outbox.js). Pure: no document, no clock, no socket.
//
// An item is { kind: "message", id, from, text, at }, { kind: "notice", id, what, nickname, at } or { kind: "gap", id }.
// Ids are unique: a message that comes twice, live and by history, is one item.

const MOST = 500;

export class Timeline {
	constructor() {
		this.items = [];
		this.known = new Map();
		this.counter = 0;
	}

	has(id) {
		return this.known.has(id);
	}

	// addLive takes a message as it arrives: after all others, unless it is known. True when it was new.
	addLive(message) {
		const old = this.known.get(message.id);
		if (old && !old.provisional)
			return false;
		if (old)
			this.#forget(old);
		this.#append({ ...message, kind: "message" });
		return true;
	}

	addNotice(what, nickname, at) {
		this.#append({ kind: "notice", id: this.#ownId(), what, nickname, at });
	}

	// addProvisional places a message that is known to be published but whose place is not: by its time.
	addProvisional(message) {
		if (this.known.has(message.id))
			return;
		const item = { ...message, kind: "message", provisional: true };
		const after = this.items.findLastIndex((one) => one.at <= item.at);
		this.items.splice(after + 1, 0, item);
		this.known.set(item.id, item);
	}

	// merge takes the newest `limit` messages of the server, oldest first. Both sequences keep their order;
	// what only we know comes before what is new. When none of a full history is known, something may be
	// missing in between, and a gap says so.
	merge(history, limit) {
		const fresh = history.map((message) => ({ ...message, kind: "message" }));
		const theirs = new Set(fresh.map((message) => message.id));
		const mine = this.items.filter((one) => !(one.provisional && theirs.has(one.id)));
		const merged = [];
		let next = 0;

		if (this.#isGap(mine, fresh, theirs, limit))
			merged.push(...mine.splice(0), { kind: "gap", id: this.#ownId(), at: fresh[0].at });
		for (const message of fresh) {
			if (merged.some((one) => one.id === message.id))
				continue;
			while (next < mine.length && !theirs.has(mine[next].id))
				merged.push(mine[next++]);
			if (next < mine.length && mine[next].id === message.id)
				next++;
			merged.push(message);
		}
		merged.push(...mine.slice(next).filter((one) => !theirs.has(one.id)));
		this.#replace(merged);
	}

	#isGap(mine, fresh, theirs, limit) {
		const heard = mine.filter((one) => one.kind === "message");
		return fresh.length >= limit && heard.length > 0 && !heard.some((one) => theirs.has(one.id));
	}

	#ownId() {
		return `#${++this.counter}`;
	}

	#append(item) {
		this.items.push(item);
		this.known.set(item.id, item);
		if (this.items.length > MOST)
			this.#forget(this.items[0]);
	}

	#forget(item) {
		this.items.splice(this.items.indexOf(item), 1);
		this.known.delete(item.id);
	}

	#replace(items) {
		this.items = items.slice(-MOST);
		this.known = new Map(this.items.map((one) => [one.id, one]));
	}
}
