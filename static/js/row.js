// How one item of the talk looks: a day and a line above it where they belong, then a message, a notice or a gap.
// Not here: which items are shown (messages.js).

import { element } from "./dom.js";
import { split } from "./links.js";
import { explain, strings } from "./strings.js";
import { day, dayName, exactTime, shortTime } from "./times.js";

const GROUP_MS = 5 * 60 * 1000;
const COLOURS = 8;

// How an item stands to the one before it: with the item itself all that its row depends on.
export function standing(item, before, firstUnread) {
	const startsDay = before === undefined || day(item.at) !== day(before.at);
	const isNew = item.id === firstUnread;
	return { startsDay, isNew, continued: !startsDay && !isNew && continues(item, before) };
}

// A message goes on in the same breath: its author need not be named again.
function continues(item, before) {
	return item.kind === "message" && before.kind === "message" && item.from === before.from &&
		item.own === before.own && item.at - before.at < GROUP_MS;
}

// drawRow makes the row. actions: { retry, discard, fill }, each called with the item's id.
export function drawRow(item, { startsDay, isNew, continued }, actions) {
	const row = element("li", { className: `item ${item.kind}` });
	row.dataset.id = item.id;
	if (startsDay)
		row.append(element("p", { className: "day" }, dayName(item.at)));
	if (isNew)
		row.append(element("p", { className: "new-line" }, strings.newLine));
	if (item.kind === "message")
		drawMessage(row, item, continued, actions);
	else
		row.append(item.kind === "gap" ? gap(item, actions) : notice(item));
	return row;
}

function drawMessage(row, item, continued, actions) {
	row.classList.toggle("own", item.own);
	row.classList.toggle("continued", continued);
	if (item.state)
		row.classList.add(item.state);
	const head = element("p", { className: `from ${colourOf(item.from)}` }, element("bdi", {}, item.from));
	head.classList.toggle("unseen", continued || item.own);
	if (item.own)
		head.append(` (${strings.you})`);
	row.append(head, bubble(item));
	if (item.state === "failed")
		row.append(failure(item, actions));
}

// The time stands behind the last word. The text's data-time keeps room for it there (chat.css).
function bubble(item) {
	const text = element("p", { className: "text" }, ...split(item.text).map(part));
	const foot = element("p", { className: "foot" });
	if (item.state === "waiting" || item.state === "sending")
		foot.append(strings[item.state]);
	else
		foot.append(time(item.at));
	text.dataset.time = foot.textContent;
	return element("div", { className: "bubble", dir: "auto" }, text, foot);
}

function part({ text, href }) {
	return href ? element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, text) : text;
}

function failure(item, { retry, discard }) {
	return element("p", { className: "failure" }, strings.notSent(explain(item.error)), " ",
		button(strings.tryAgain, () => retry(item.id)), " ", button(strings.discard, () => discard(item.id)));
}

function gap(item, { fill }) {
	return element("p", {}, strings.gap, " ", button(strings.fillGap, () => fill(item.id)));
}

function notice({ people, at }) {
	return element("p", {}, strings.notice(people), " ", time(at));
}

function button(text, act) {
	const made = element("button", { type: "button", className: "quiet" }, text);
	made.addEventListener("click", act);
	return made;
}

function time(at) {
	return element("time", { dateTime: new Date(at).toISOString(), title: exactTime(at) }, shortTime(at));
}

// A name has the same colour everywhere.
export function colourOf(name) {
	let sum = 0;
	for (const sign of name)
		sum = (sum * 31 + sign.codePointAt(0)) % 65521;
	return `colour${sum % COLOURS}`;
}
