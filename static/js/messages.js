// The room's messages, oldest above. The view follows the newest unless the reader has scrolled up.

import { byId, element, setText } from "./dom.js";
import { explain, strings } from "./strings.js";
import { day, dayName, exactTime, shortTime } from "./times.js";

const NEAR_PX = 60;
const GROUP_MS = 5 * 60 * 1000;

export class Messages {
	constructor(chat) {
		this.chat = chat;
		this.list = byId("messages");
		this.scroller = byId("scroller");
		this.button = byId("to-newest");
		this.nodes = new Map();
		this.shown = null;
		this.following = true;
		this.newest = "";
		this.scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
		this.button.addEventListener("click", () => this.#toNewest());
		new ResizeObserver(() => this.#keepUp()).observe(this.scroller);
	}

	draw() {
		const room = this.chat.room;
		if (room !== this.shown)
			this.#turnTo(room);
		const items = room ? this.chat.items(room) : [];
		this.#reconcile(items);
		this.#explainEmptiness(room, items);
		this.#follow(items.at(-1));
	}

	#turnTo(room) {
		this.shown = room;
		this.list.replaceChildren();
		this.nodes.clear();
		this.following = true;
	}

	// Nodes are kept by the item's id, so that selections, focus and the scroll position survive.
	#reconcile(items) {
		const keys = new Set(items.map((item) => item.id));
		for (const [id, { node }] of this.nodes) {
			if (!keys.has(id)) {
				node.remove();
				this.nodes.delete(id);
			}
		}
		items.forEach((item, i) => this.#put(item, items[i - 1], i));
	}

	#put(item, before, i) {
		const state = JSON.stringify([item, continues(item, before), newDay(item, before)]);
		let known = this.nodes.get(item.id);
		if (!known || known.state !== state) {
			const node = this.#draw(item, before);
			known?.node.replaceWith(node);
			known = { node, state };
			this.nodes.set(item.id, known);
		}
		if (this.list.children[i] !== known.node)
			this.list.insertBefore(known.node, this.list.children[i] ?? null);
	}

	#draw(item, before) {
		const row = element("li", { className: `item ${item.kind}` });
		row.dataset.id = item.id;
		if (newDay(item, before))
			row.append(element("p", { className: "day" }, dayName(item.at)));
		if (item.kind === "message")
			this.#drawMessage(row, item, continues(item, before));
		else
			row.append(element("p", {}, item.kind === "gap" ? strings.gap : strings[item.what](item.nickname)));
		if (item.kind === "notice")
			row.lastChild.append(" ", time(item.at));
		return row;
	}

	#drawMessage(row, item, continued) {
		row.classList.toggle("own", item.own);
		row.classList.toggle("continued", continued);
		if (item.state)
			row.classList.add(item.state);
		const head = element("p", { className: continued ? "from unseen" : "from" }, element("bdi", {}, item.from));
		if (item.own)
			head.append(element("span", { className: "unseen" }, ` (${strings.you})`));
		const text = element("p", { className: "text", dir: "auto" });
		text.textContent = item.text;
		row.append(head, element("div", { className: "bubble" }, text, this.#foot(item)));
		if (item.state === "failed")
			row.append(this.#failure(item));
	}

	#foot(item) {
		const foot = element("p", { className: "foot" });
		if (item.state === "waiting" || item.state === "sending")
			foot.append(strings.sending);
		else
			foot.append(time(item.at));
		return foot;
	}

	#failure(item) {
		const again = element("button", { type: "button", className: "quiet" }, strings.tryAgain);
		const drop = element("button", { type: "button", className: "quiet" }, strings.discard);
		again.addEventListener("click", () => this.chat.retry(item.id));
		drop.addEventListener("click", () => this.chat.discard(item.id));
		return element("p", { className: "failure" }, strings.notSent(explain(item.error)), " ", again, " ", drop);
	}

	#explainEmptiness(room, items) {
		const nothing = byId("nothing");
		nothing.hidden = items.length > 0;
		if (!room)
			setText(nothing, strings.noRoom);
		else
			setText(nothing, room.state === "joined" ? strings.noMessages : strings.loading);
	}

	#follow(last) {
		const isNew = last !== undefined && last.id !== this.newest;
		this.newest = last?.id ?? "";
		if (this.following || (isNew && last.own))
			this.#toNewest();
		else if (isNew)
			this.button.hidden = false;
	}

	#toNewest() {
		this.following = true;
		this.button.hidden = true;
		this.scroller.scrollTop = this.scroller.scrollHeight;
	}

	#keepUp() {
		if (this.following)
			this.#toNewest();
	}

	#onScroll() {
		const { scrollHeight, scrollTop, clientHeight } = this.scroller;
		this.following = scrollHeight - scrollTop - clientHeight < NEAR_PX;
		if (this.following)
			this.button.hidden = true;
	}
}

function time(at) {
	return element("time", { dateTime: new Date(at).toISOString(), title: exactTime(at) }, shortTime(at));
}

const newDay = (item, before) => before === undefined || day(item.at) !== day(before.at);

// A message goes on in the same breath: its author need not be named again.
function continues(item, before) {
	return before !== undefined && item.kind === "message" && before.kind === "message" && item.from === before.from &&
		item.own === before.own && item.at - before.at < GROUP_MS && !newDay(item, before);
}
