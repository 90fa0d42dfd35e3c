// The room's messages, oldest above. The view follows the newest unless the reader has scrolled up; there, what the
// reader looks at stays where it is, whatever comes above and below. A stretch of the items is in the document (extent.js).
// Not here: how a row looks (row.js).

import { byId, setText } from "./dom.js";
import { Extent } from "./extent.js";
import { drawRow, standing } from "./row.js";
import { language, strings } from "./strings.js";

const NEAR_END_PX = 60;
const NEAR_TOP_PX = 500;

export class Messages {
	constructor(chat) {
		this.chat = chat;
		this.list = byId("messages");
		this.scroller = byId("scroller");
		this.button = byId("to-newest");
		this.extent = new Extent();
		this.nodes = new Map();
		this.shown = null;
		this.following = true;
		this.newest = "";
		this.missed = 0;
		this.actions = { retry: (id) => chat.retry(id), discard: (id) => chat.discard(id), fill: (id) => this.#fillGap(id) };
		this.scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
		this.button.addEventListener("click", () => this.toNewest());
		const keepUp = new ResizeObserver(() => this.#keepUp());
		keepUp.observe(this.scroller);
		keepUp.observe(this.list);
	}

	draw() {
		const room = this.chat.room;
		const turned = room !== this.shown;
		if (turned)
			this.#turnTo(room);
		const items = room ? this.chat.items(room) : [];
		this.#notice(items);
		this.#render(room, items);
		if (turned || this.stillAtFirst)
			this.#showFirstUnread(room);
		this.#drawButton();
		this.#reachOut(room, items);
	}

	toNewest() {
		this.following = true;
		this.missed = 0;
		this.draw();
	}

	// A screen up or down, for keys that are pressed elsewhere.
	page(direction) {
		this.scroller.scrollBy({ top: direction * this.scroller.clientHeight * 0.9 });
	}

	#turnTo(room) {
		this.shown = room;
		this.list.replaceChildren();
		this.nodes.clear();
		this.extent.reset();
		this.following = true;
		this.newest = "";
		this.missed = 0;
		this.stillAtFirst = true;
	}

	// What came since the last drawing: one's own words bring the reader back to the end, those of others are counted.
	#notice(items) {
		const last = items.at(-1);
		if (last === undefined || last.id === this.newest)
			return;
		const from = items.findLastIndex((item) => item.id === this.newest);
		this.newest = last.id;
		if (this.chat.isOwn(last))
			this.following = true;
		if (this.following)
			this.missed = 0;
		else if (from >= 0)
			this.missed += items.slice(from + 1).filter((item) => item.kind === "message" && !this.chat.isOwn(item)).length;
	}

	#render(room, items) {
		const anchor = this.following ? null : this.#anchor();
		const { start, end } = this.extent.of(items, this.following);
		this.#reconcile(items.slice(start, end).map((item) => ({ ...item, own: this.chat.isOwn(item) })), room?.firstUnread);
		this.#drawBeginning(room, items, start);
		if (this.following)
			this.#pin();
		else
			this.#restore(anchor);
	}

	// Nodes are kept by the item's id, so that selections and focus survive.
	#reconcile(items, firstUnread) {
		const keys = new Set(items.map((item) => item.id));
		for (const [id, { node }] of this.nodes) {
			if (!keys.has(id)) {
				node.remove();
				this.nodes.delete(id);
			}
		}
		items.forEach((item, i) => this.#put(item, standing(item, items[i - 1], firstUnread), i));
	}

	#put(item, how, i) {
		const state = JSON.stringify([language, item, how]);
		let known = this.nodes.get(item.id);
		if (!known || known.state !== state) {
			const node = drawRow(item, how, this.actions);
			known?.node.replaceWith(node);
			known = { node, state };
			this.nodes.set(item.id, known);
		}
		if (this.list.children[i] !== known.node)
			this.list.insertBefore(known.node, this.list.children[i] ?? null);
	}

	// What stands above the first row, or in the place of all.
	#drawBeginning(room, items, start) {
		const words = !room ? strings.noRoom : this.#beginning(room, items, start);
		byId("beginning").classList.toggle("alone", items.length === 0);
		setText(byId("beginning"), words);
	}

	#beginning(room, items, start) {
		if (room.state !== "joined" && items.length === 0)
			return strings.loading;
		if (start > 0 || room.fetching)
			return strings.loadingOlder;
		if (!room.timeline.complete)
			return "";
		return items.length === 0 ? strings.noMessages : strings.beginning(room.name);
	}

	// The first row that the reader sees, and how far below the scroller's top it begins.
	#anchor() {
		const top = this.scroller.getBoundingClientRect().top;
		for (const row of this.list.children) {
			const box = row.getBoundingClientRect();
			if (box.bottom > top)
				return { id: row.dataset.id, offset: box.top };
		}
		return null;
	}

	#restore(anchor) {
		const node = anchor && this.nodes.get(anchor.id)?.node;
		if (node)
			this.scroller.scrollTop += node.getBoundingClientRect().top - anchor.offset;
	}

	// Once the history is there, the reader begins at what is new, if that is above the screen.
	#showFirstUnread(room) {
		if (!room || room.timeline.items.length === 0)
			return;
		this.stillAtFirst = false;
		const node = this.nodes.get(room.firstUnread)?.node;
		const above = node ? this.scroller.getBoundingClientRect().top - node.getBoundingClientRect().top : 0;
		if (above <= 0)
			return;
		this.following = false;
		this.scroller.scrollTop -= above;
	}

	// Near the top older items are shown, or asked for.
	#reachOut(room, items) {
		if (!room || this.scroller.clientHeight === 0 || this.scroller.scrollTop > NEAR_TOP_PX)
			return;
		if (!this.following && this.extent.up(items)) {
			this.#render(room, items);
			this.#reachOut(room, items);
		} else if (!room.timeline.complete && this.list.firstChild?.dataset.id === items[0]?.id) {
			this.chat.fetchOlder(room);
		}
	}

	#fillGap(id) {
		const { items } = this.shown.timeline;
		this.chat.fetchOlder(this.shown, items[items.findIndex((item) => item.id === id) + 1]);
	}

	#drawButton() {
		this.button.hidden = this.following;
		setText(this.button, this.missed > 0 ? strings.missed(this.missed) : strings.toNewest);
	}

	#pin() {
		this.scroller.scrollTop = this.scroller.scrollHeight;
	}

	#keepUp() {
		if (this.following)
			this.#pin();
	}

	#onScroll() {
		const { scrollHeight, scrollTop, clientHeight } = this.scroller;
		const left = scrollHeight - scrollTop - clientHeight;
		this.following = this.extent.open && left < NEAR_END_PX;
		if (this.following)
			this.missed = 0;
		const room = this.shown;
		const items = room ? this.chat.items(room) : [];
		if (!this.extent.open && left < NEAR_TOP_PX && this.extent.down(items))
			this.#render(room, items);
		this.#drawButton();
		this.#reachOut(room, items);
	}
}
