// The chat as this tab knows it: a nickname, rooms, what was said. What is still to be sent: sending.js.
// Not here: the document. Views listen to "change" and read; they call enter, join, leave, show, say.
//
// After every connect each room is joined again and its history merged by id, then what is unsent is sent:
// so it does not matter whether the server knew us still.

import { Room } from "./room.js";
import { Sending } from "./sending.js";
import { forgetOldOwn, isOwn, onOwnElsewhere } from "./own.js";
import { browser, tab } from "./storage.js";

const HISTORY = 50;
const RETRY_MS = [300, 700, 1500, 3000];
const TAKEN = "nickname taken";
const ROOMS_REMEMBERED = 30;

export class Chat extends EventTarget {
	constructor(connection) {
		super();
		this.connection = connection;
		this.sending = new Sending(this);
		this.rooms = new Map();
		this.otherRooms = [];
		this.era = 0; // counts connections: what was asked in an earlier one has no answer
		this.#resume();
		connection.addEventListener("connect", () => this.#onConnect());
		connection.addEventListener("disconnect", () => this.#onDisconnect());
		onOwnElsewhere(() => this.changed());
		connection.addEventListener("said", ({ detail }) => this.#onSaid(detail.event, detail.data));
	}

	get room() {
		return this.rooms.get(this.current) ?? null;
	}

	// enter takes a (new) nickname for all rooms. In a new tab these are the rooms of the last time.
	async enter(nickname) {
		const old = this.nickname;
		this.nickname = nickname;
		if (old === "")
			this.#returnToRooms();
		this.#save();
		if (old === "" || old === nickname)
			return;
		for (const room of this.rooms.values())
			await this.#joinAnew(room);
	}

	// join makes a room ours and shows it; it is kept through reconnects and reloads until left.
	join(name) {
		if (!this.rooms.has(name))
			this.rooms.set(name, new Room(name));
		this.show(name);
		const room = this.rooms.get(name);
		return room.state === "joined" ? Promise.resolve() : this.#join(room);
	}

	async leave(name) {
		this.sending.dropAll(name);
		this.rooms.delete(name);
		if (this.current === name)
			this.current = this.rooms.keys().next().value ?? null;
		this.#save();
		this.#remember();
		this.changed();
		await this.connection.ask("leave", name).catch(() => null);
		this.refreshRooms();
	}

	show(name) {
		if (name !== this.current)
			this.room?.forgetNew();
		this.current = name;
		this.markRead();
		this.#save();
		this.#remember();
		this.changed();
	}

	// showNext goes to the room that stands so many places further in the list.
	showNext(step) {
		const names = [...this.rooms.keys()];
		if (names.length > 1)
			this.show(names.at((names.indexOf(this.current) + step) % names.length));
	}

	// The page was looked at, or put away.
	onVisibility() {
		if (document.hidden)
			this.#remember();
		this.markRead();
	}

	markRead() {
		if (!this.room || this.room.unread === 0 || document.hidden)
			return;
		this.room.markRead();
		this.changed();
	}

	say(text) {
		this.sending.say(this.room, text);
		this.room.forgetNew();
		this.dispatchEvent(new Event("sent"));
		this.changed();
	}

	retry(id) {
		this.#join(this.rooms.get(this.sending.prepareAgain(id)));
	}

	discard(id) {
		this.sending.drop(id);
		this.changed();
	}

	// typing tells the room that something is being written: nothing is sent while nothing is, or nobody can hear it.
	typing() {
		if (this.room?.state === "joined")
			this.connection.mention("typing", this.current);
	}

	// items of a room: what the server ordered, then our own that it has not.
	items(room) {
		return [...room.timeline.items, ...this.sending.items(room)];
	}

	isOwn(item) {
		return item.own ?? (item.kind === "message" && isOwn(this.nickname, item.id));
	}

	// fetchOlder asks for what was said before a message: the oldest one, or the one behind a gap.
	async fetchOlder(room, message = room.timeline.oldest) {
		if (!message?.position || room.fetching || room.state !== "joined")
			return;
		room.fetching = true;
		this.changed();
		const answer = await this.connection.ask("history", room.name, message.position).catch(() => null);
		room.fetching = false;
		if (answer) // a position that is not known any more: there is nothing to be had
			room.timeline.addOlder(message.id, answer.ok ? answer.history : [], HISTORY);
		this.changed();
	}

	changed() {
		this.dispatchEvent(new Event("change"));
	}

	async refreshRooms() {
		const answer = await this.connection.ask("rooms").catch(() => null);
		if (!answer || !answer.ok)
			return;
		this.otherRooms = answer.rooms;
		this.changed();
	}

	#resume() {
		this.nickname = tab.read("nickname", "");
		const lastRead = browser.read("rooms", {});
		for (const name of tab.read("rooms", []))
			this.rooms.set(name, new Room(name, { returning: true, lastRead: lastRead[name] }));
		this.current = tab.read("current", null);
		forgetOldOwn();
		window.addEventListener("pagehide", () => this.#remember());
	}

	#returnToRooms() {
		for (const [name, lastRead] of Object.entries(browser.read("rooms", {}))) {
			const room = new Room(name, { lastRead });
			this.rooms.set(name, room);
			this.#join(room);
		}
	}

	#save() {
		tab.write("nickname", this.nickname);
		tab.write("rooms", [...this.rooms.keys()]);
		tab.write("current", this.current);
	}

	// What the browser remembers for another time: the rooms, and how far each was read.
	#remember() {
		const rooms = [...this.rooms.values()].filter((room) => room.lastRead !== undefined);
		browser.write("rooms", Object.fromEntries(rooms.slice(-ROOMS_REMEMBERED).map((room) => [room.name, room.lastRead])));
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
		this.sending.interrupted();
		for (const room of this.rooms.values()) {
			room.state = "away";
			room.endAllTyping();
		}
		this.changed();
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
		this.changed();
		const answer = await this.connection.ask("join", room.name, this.nickname).catch(() => null);
		if (era !== this.era || this.rooms.get(room.name) !== room)
			return;
		if (answer && answer.ok)
			this.#joined(room, answer);
		else if (!answer || (answer.error === TAKEN && room.returning))
			this.#joinLater(room, era);
		else
			this.#refused(room, answer.error);
		this.changed();
	}

	#joined(room, { here, more, history }) {
		room.state = "joined";
		room.returning = true;
		room.attempts = 0;
		room.here = here;
		room.more = Boolean(more);
		room.timeline.merge(history, HISTORY);
		this.sending.resume(room);
		room.countUnread((id) => isOwn(this.nickname, id));
		if (room.lastRead === undefined || this.#isLookedAt(room))
			room.markRead();
		this.refreshRooms();
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

	#onSaid(event, data) {
		const room = this.rooms.get(data.room);
		if (!room)
			return;
		if (event === "message")
			this.#onMessage(room, data);
		else if (event === "typing")
			this.#onTyping(room, data.nickname);
		else
			this.#onPresence(room, event, data.nickname);
		this.changed();
	}

	#isLookedAt(room) {
		return room === this.room && !document.hidden;
	}

	#onMessage(room, { id, from, text, at }) {
		const fresh = room.timeline.addLive({ id, from, text, at });
		this.sending.drop(id);
		room.endTyping(from);
		if (!fresh)
			return;
		const own = isOwn(this.nickname, id);
		if (this.#isLookedAt(room) || (room.unread === 0 && own))
			room.markRead();
		else if (!own)
			room.addUnread(id);
		if (!own)
			this.dispatchEvent(new CustomEvent("heard", { detail: { room, from, text } }));
	}

	#onTyping(room, nickname) {
		if (nickname !== this.nickname)
			room.addTyping(nickname, () => this.changed());
	}

	// Our own name comes and goes with connections that we gave up; the one that we have is here.
	#onPresence(room, what, nickname) {
		if (nickname === this.nickname)
			return;
		const was = room.here.includes(nickname);
		room.here = room.here.filter((one) => one !== nickname);
		room.endTyping(nickname);
		if (what === "joined")
			room.here.push(nickname);
		const known = was || (room.more && what === "left");
		if (known !== (what === "joined"))
			room.timeline.addNotice(what, nickname, Date.now());
	}
}
