// The chat as this tab knows it: a nickname, rooms, what was said, what is still to be sent.
// Not here: the document. Views listen to "change" and read; they call enter, join, leave, show, say.
//
// After every connect each room is joined again and its history merged by id, then what is unsent is sent:
// so it does not matter whether the server knew us still.

import { Outbox } from "./outbox.js";
import { Timeline } from "./timeline.js";
import { forgetOldOwn, isOwn, newId, onOwnElsewhere, rememberOwn } from "./own.js";
import { tab } from "./storage.js";

const HISTORY = 50;
const RETRY_MS = [300, 700, 1500, 3000];
const TAKEN = "nickname taken";

class Room {
	constructor(name, returning) {
		this.name = name;
		this.state = "away"; // away, joining, joined, waiting (for our own name), refused
		this.error = "";
		this.here = [];
		this.more = false; // the server named some of those who are here, not all
		this.unread = 0;
		this.attempts = 0;
		this.timeline = new Timeline();
		// Were we in it before? Then a taken nickname is most likely our own, of the connection that was lost.
		this.returning = returning;
	}
}

export class Chat extends EventTarget {
	constructor(connection) {
		super();
		this.connection = connection;
		this.outbox = new Outbox();
		this.rooms = new Map();
		this.otherRooms = [];
		this.era = 0; // counts connections: what was asked in an earlier one has no answer
		this.#resume();
		connection.addEventListener("connect", () => this.#onConnect());
		connection.addEventListener("disconnect", () => this.#onDisconnect());
		onOwnElsewhere(() => this.#changed());
		connection.addEventListener("said", ({ detail }) => this.#onSaid(detail.event, detail.data));
	}

	get room() {
		return this.rooms.get(this.current) ?? null;
	}

	// enter takes a (new) nickname for all rooms.
	async enter(nickname) {
		const old = this.nickname;
		this.nickname = nickname;
		this.#save();
		if (old === "" || old === nickname)
			return;
		for (const room of this.rooms.values())
			await this.#joinAnew(room);
	}

	// join makes a room ours and shows it; it is kept through reconnects and reloads until left.
	join(name) {
		if (!this.rooms.has(name))
			this.rooms.set(name, new Room(name, false));
		this.show(name);
		const room = this.rooms.get(name);
		return room.state === "joined" ? Promise.resolve() : this.#join(room);
	}

	async leave(name) {
		this.outbox.remove(this.outbox.of(name).map((entry) => entry.id));
		this.rooms.delete(name);
		if (this.current === name)
			this.current = this.rooms.keys().next().value ?? null;
		this.#save();
		this.#changed();
		await this.connection.ask("leave", name).catch(() => null);
		this.refreshRooms();
	}

	show(name) {
		this.current = name;
		this.markRead();
		this.#save();
		this.#changed();
	}

	markRead() {
		if (!this.room || this.room.unread === 0 || document.hidden)
			return;
		this.room.unread = 0;
		this.#changed();
	}

	say(text) {
		const id = newId();
		rememberOwn(this.nickname, id);
		const entry = this.outbox.add({ id, room: this.current, text, at: Date.now() });
		if (this.room.state === "joined")
			this.#send(entry);
		this.#changed();
	}

	retry(id) {
		const entry = this.outbox.find(id);
		this.outbox.mark(entry, "waiting");
		this.#join(this.rooms.get(entry.room));
	}

	discard(id) {
		this.outbox.remove([id]);
		this.#changed();
	}

	// items of a room: what the server ordered, then our own that it has not.
	items(room) {
		const ordered = room.timeline.items.map((one) => ({ ...one, own: isOwn(this.nickname, one.id) }));
		const unsent = this.outbox.of(room.name).map((entry) => ({
			kind: "message", id: entry.id, from: this.nickname, text: entry.text, at: entry.at,
			own: true, state: entry.state, error: entry.error,
		}));
		return [...ordered, ...unsent];
	}

	async refreshRooms() {
		const answer = await this.connection.ask("rooms").catch(() => null);
		if (!answer || !answer.ok)
			return;
		this.otherRooms = answer.rooms;
		this.#changed();
	}

	#resume() {
		this.nickname = tab.read("nickname", "");
		for (const name of tab.read("rooms", []))
			this.rooms.set(name, new Room(name, true));
		this.current = tab.read("current", null);
		forgetOldOwn();
	}

	#save() {
		tab.write("nickname", this.nickname);
		tab.write("rooms", [...this.rooms.keys()]);
		tab.write("current", this.current);
	}

	#changed() {
		this.dispatchEvent(new Event("change"));
	}

	#onConnect() {
		this.era++;
		for (const room of this.rooms.values()) {
			room.attempts = 0;
			this.#join(room);
		}
		this.refreshRooms();
	}

	#onDisconnect() {
		this.era++;
		this.outbox.interrupted();
		for (const room of this.rooms.values())
			room.state = "away";
		this.#changed();
	}

	async #joinAnew(room) {
		await this.connection.ask("leave", room.name).catch(() => null);
		room.returning = false;
		await this.#join(room);
	}

	async #join(room) {
		if (!this.connection.connected)
			return;
		const era = this.era;
		room.state = "joining";
		this.#changed();
		const answer = await this.connection.ask("join", room.name, this.nickname).catch(() => null);
		if (era !== this.era || this.rooms.get(room.name) !== room)
			return;
		if (answer && answer.ok)
			this.#joined(room, answer);
		else if (!answer || (answer.error === TAKEN && room.returning))
			this.#joinLater(room, era);
		else
			this.#refused(room, answer.error);
		this.#changed();
	}

	#joined(room, { here, more, history }) {
		room.state = "joined";
		room.returning = true;
		room.attempts = 0;
		room.here = here;
		room.more = Boolean(more);
		room.timeline.merge(history, HISTORY);
		this.#settle(room);
		this.outbox.of(room.name).filter((entry) => entry.state === "waiting").forEach((entry) => this.#send(entry));
		this.refreshRooms();
	}

	// What history shows is done; what was acked but is older than the history was published all the same.
	#settle(room) {
		for (const entry of this.outbox.of(room.name)) {
			if (entry.state === "acked")
				this.#place(room, entry);
			if (room.timeline.has(entry.id))
				this.outbox.remove([entry.id]);
		}
	}

	#place(room, { id, text, at }) {
		room.timeline.addProvisional({ id, from: this.nickname, text, at });
		this.outbox.remove([id]);
	}

	#joinLater(room, era) {
		room.state = "waiting";
		const wait = RETRY_MS[Math.min(room.attempts++, RETRY_MS.length - 1)];
		setTimeout(() => {
			if (era === this.era && room.state === "waiting")
				this.#join(room);
		}, wait);
	}

	#refused(room, error) {
		room.state = "refused";
		room.error = error;
		this.dispatchEvent(new CustomEvent("refused", { detail: room }));
	}

	async #send(entry) {
		const era = this.era;
		this.outbox.mark(entry, "sending");
		const answer = await this.connection.ask("say", entry.room, entry.text, entry.id).catch(() => null);
		if (era !== this.era || !this.outbox.entries.includes(entry))
			return;
		if (answer)
			this.#answered(entry, answer);
		else if (this.connection.connected)
			this.#send(entry);
		this.#changed();
	}

	#answered(entry, answer) {
		const room = this.rooms.get(entry.room);
		if (!answer.ok)
			this.outbox.mark(entry, "failed", answer.error);
		else if (answer.duplicate)
			this.#place(room, entry);
		else
			this.outbox.mark(entry, "acked");
	}

	#onSaid(event, data) {
		const room = this.rooms.get(data.room);
		if (!room)
			return;
		if (event === "message")
			this.#onMessage(room, data);
		else
			this.#onPresence(room, event, data.nickname);
		this.#changed();
	}

	#onMessage(room, { id, from, text, at }) {
		const fresh = room.timeline.addLive({ id, from, text, at });
		this.outbox.remove([id]);
		if (!fresh || isOwn(this.nickname, id))
			return;
		if (room !== this.room || document.hidden)
			room.unread++;
		this.dispatchEvent(new CustomEvent("heard", { detail: { room, from, text } }));
	}

	// Our own name comes and goes with connections that we gave up; the one that we have is here.
	#onPresence(room, what, nickname) {
		if (nickname === this.nickname)
			return;
		const was = room.here.includes(nickname);
		room.here = room.here.filter((one) => one !== nickname);
		if (what === "joined")
			room.here.push(nickname);
		const known = was || (room.more && what === "left");
		if (known !== (what === "joined"))
			room.timeline.addNotice(what, nickname, Date.now());
	}
}
