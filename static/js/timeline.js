// What is known of a room, in order: messages as the server ordered them, and the notices between them.
// Not here: own messages that the server has not confirmed (outbox.js). Pure: no document, no clock, no socket.
//
// An item is { kind: "message", id, from, text, at, position }, { kind: "notice", id, people, at } or { kind: "gap", id, at }.
// Ids are unique: a message that comes twice, live and by history, is one item. A live message has no position.
// Who comes and goes with no word in between is one notice: people is [{ what, nickname, at }], what "joined" or "left".

const MOST = 10000;
const MOST_PEOPLE = 50;

export class Timeline {
	constructor() {
		this.items = [];
		this.known = new Map();
		this.counter = 0;
		this.complete = false; // nothing was said before the first item
	}

	has(id) {
		return this.known.has(id);
	}

	// The first message, if what was said before it can be asked for.
	get oldest() {
		const first = this.items.find((item) => item.kind === "message");
		return first?.position ? first : null;
	}

	get newest() {
		return this.items.findLast((item) => item.kind === "message") ?? null;
	}

	// since gives the messages after one; where that isn't known, those after the last gap.
	since(id) {
		const from = this.items.findLastIndex((item) => item.id === id || item.kind === "gap");
		return this.items.slice(from + 1).filter((item) => item.kind === "message");
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
		const last = this.items.at(-1);
		if (last?.kind !== "notice")
			this.#append({ kind: "notice", id: this.#ownId(), people: [{ what, nickname, at }], at });
		else if (last.people.length < MOST_PEOPLE)
			this.#replaceItem(last, { ...last, people: [...last.people, { what, nickname, at }] });
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
		const fresh = unique(history);
		const theirs = new Set(fresh.map((message) => message.id));
		const mine = this.items.filter((one) => !(one.provisional && theirs.has(one.id)));
		const merged = [];
		let next = 0;

		if (this.#isGap(mine, fresh, theirs, limit))
			merged.push(...mine.splice(0), { kind: "gap", id: this.#ownId(), at: fresh[0].at });
		else if (history.length < limit)
			this.complete = true;
		for (const message of fresh) {
			while (next < mine.length && !theirs.has(mine[next].id))
				merged.push(mine[next++]);
			if (next < mine.length && mine[next].id === message.id)
				next++;
			merged.push(message);
		}
		merged.push(...mine.slice(next).filter((one) => !theirs.has(one.id)));
		this.#replace(merged);
	}

	// addOlder takes the `limit` messages that came before the one with this id, oldest first: at the beginning,
	// or behind a gap, which closes once they reach what was known before it.
	addOlder(id, history, limit) {
		const before = this.items.findIndex((item) => item.id === id);
		if (before < 0)
			return;
		const gap = this.items.findLastIndex((item, i) => i < before && item.kind === "gap");
		const fresh = unique(history).filter((message) => !this.known.has(message.id) || this.known.get(message.id).provisional);
		const theirs = new Set(fresh.map((message) => message.id));
		const ended = history.length < limit;
		const closed = gap >= 0 && (ended || fresh.length < history.length);

		this.complete ||= gap < 0 && ended;
		const head = this.items.slice(0, before).filter((item, i) => !theirs.has(item.id) && !(closed && i === gap));
		this.#replace([...head, ...fresh, ...this.items.slice(before).filter((item) => !theirs.has(item.id))], Infinity);
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
		if (this.items.length > MOST) {
			this.#forget(this.items[0]);
			this.complete = false;
		}
	}

	#forget(item) {
		this.items.splice(this.items.indexOf(item), 1);
		this.known.delete(item.id);
	}

	#replaceItem(old, item) {
		this.items[this.items.lastIndexOf(old)] = item;
		this.known.set(item.id, item);
	}

	#replace(items, most = MOST) {
		if (items.length > most)
			this.complete = false;
		this.items = items.slice(-most);
		this.known = new Map(this.items.map((one) => [one.id, one]));
	}
}

// A history's messages as items, each once.
function unique(history) {
	return [...new Map(history.map((message) => [message.id, { ...message, kind: "message" }])).values()];
}
