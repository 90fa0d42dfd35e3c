// A room as this tab knows it: what was said, who is here and who is typing, what has not been read yet.
// Not here: how it came to be known (chat.js). No document, no socket.

import { Timeline } from "./timeline.js";

const TYPING_MS = 5000;

export class Room {
	// returning: were we in it before? Then a taken nickname is most likely our own, of the connection that was lost.
	// lastRead: the id of the message read last, "" where there was none; undefined for a room we have never been in.
	constructor(name, { returning = false, lastRead } = {}) {
		this.name = name;
		this.returning = returning;
		this.lastRead = lastRead;
		this.state = "away"; // away, joining, joined, waiting (for our own name), refused
		this.error = "";
		this.here = [];
		this.more = false; // the server named some of those who are here, not all
		this.unread = 0;
		this.firstUnread = null; // the message above which a line says that the rest is new
		this.fetching = false; // older messages are on their way
		this.attempts = 0;
		this.timeline = new Timeline();
		this.typing = new Map(); // nickname → timer that ends it
	}

	addUnread(id) {
		this.unread++;
		this.firstUnread ??= id;
	}

	// The reader has seen all there is. The line above what was new stays until forgetNew.
	markRead() {
		this.unread = 0;
		this.lastRead = this.timeline.newest?.id ?? this.lastRead ?? "";
	}

	forgetNew() {
		this.firstUnread = null;
	}

	// countUnread looks at what came while we were away.
	countUnread(isOwn) {
		if (this.lastRead === undefined)
			return;
		const unread = this.timeline.since(this.lastRead).filter((message) => !isOwn(message.id));
		this.unread = unread.length;
		this.firstUnread = unread[0]?.id ?? this.firstUnread;
	}

	// Somebody types; nothing more heard for a while, or a message, means no longer. over is called at the end.
	addTyping(nickname, over) {
		clearTimeout(this.typing.get(nickname));
		this.typing.set(nickname, setTimeout(() => {
			this.typing.delete(nickname);
			over();
		}, TYPING_MS));
	}

	endAllTyping() {
		for (const nickname of [...this.typing.keys()])
			this.endTyping(nickname);
	}

	endTyping(nickname) {
		clearTimeout(this.typing.get(nickname));
		this.typing.delete(nickname);
	}
}
