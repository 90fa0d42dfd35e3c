// Which of a room's items are in the document: all of a long history would make the page slow, so a stretch of it
// that moves with the reader. Pure.
//
// Its ends are items, not numbers: older ones are put before them and newer ones behind. An end that is null is open.

const FOLLOWING = 100; // the newest, while the reader is there
const STEP = 50;
const MOST = 200;

export class Extent {
	constructor() {
		this.reset();
	}

	// The newest again.
	reset() {
		this.first = null;
		this.last = null;
	}

	// of gives the stretch, { start, end }, and remembers its ends by what stands there now. following: to the newest.
	of(items, following) {
		if (following)
			this.reset();
		let end = this.open ? items.length : indexOr(items, this.last, items.length - 1) + 1;
		const start = this.first === null ? Math.max(0, end - FOLLOWING) : indexOr(items, this.first, Math.max(0, end - FOLLOWING));
		end = Math.min(end, start + MOST);
		this.#remember(items, start, end, following);
		return { start, end };
	}

	// Each moves the stretch a step, and says whether there was anything to move to.
	up(items) {
		const { start, end } = this.of(items, false);
		const moved = Math.max(0, start - STEP);
		this.#remember(items, moved, Math.min(end, moved + MOST), false);
		return moved !== start;
	}

	down(items) {
		const { start, end } = this.of(items, false);
		const moved = Math.min(items.length, end + STEP);
		this.#remember(items, Math.max(start, moved - MOST), moved, false);
		return moved !== end;
	}

	// Does it reach the newest?
	get open() {
		return this.last === null;
	}

	#remember(items, start, end, following) {
		this.first = following ? null : items[start]?.id ?? null;
		this.last = end >= items.length ? null : items[end - 1].id;
	}
}

function indexOr(items, id, otherwise) {
	const index = items.findIndex((item) => item.id === id);
	return index < 0 ? otherwise : index;
}
