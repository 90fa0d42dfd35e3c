// Puts the page together: the connection, the chat over it, and the views that draw it.

import { Attention } from "./attention.js";
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Entry } from "./entry.js";
import { HereList } from "./here.js";
import { Keys } from "./keys.js";
import { LanguageSwitch } from "./language.js";
import { Messages } from "./messages.js";
import { Panels } from "./panels.js";
import { RoomList } from "./rooms.js";
import { Status } from "./status.js";
import { Typing } from "./typing.js";
import { byId, setText } from "./dom.js";
import { roomInAddress, showInAddress } from "./address.js";

const BUSY_MS = 40;

const connection = new Connection();
const chat = new Chat(connection);
const entry = new Entry(chat);
const panels = new Panels();
const messages = new Messages(chat);
const views = [new LanguageSwitch(() => draw()), new Status(connection, chat), new RoomList(chat, panels), new HereList(chat), messages,
	new Typing(chat), new Composer(chat), new Attention(chat)];
new Keys(chat, messages, panels);

function drawFrame() {
	byId("entry").hidden = !entry.wanted;
	for (const id of ["chat", "rooms-toggle", "here-toggle"])
		byId(id).hidden = entry.wanted;
	const room = entry.wanted ? null : chat.room;
	setText(byId("room-title"), room?.name ?? "");
	byId("room-title").hidden = room === null;
	if (entry.wanted)
		panels.close();
	else
		showInAddress(chat.current);
}

// Many changes may come in one turn (a payload of messages), and many turns follow each other when much is said: the
// first is drawn at once, the others together.
let due = false;
let drawnAt = -BUSY_MS;

function draw() {
	due = false;
	drawFrame();
	for (const view of views)
		view.draw();
	entry.draw();
	drawnAt = performance.now();
}

function drawSoon() {
	if (due)
		return;
	due = true;
	if (performance.now() - drawnAt >= BUSY_MS)
		queueMicrotask(draw);
	else
		setTimeout(draw, BUSY_MS);
}

chat.addEventListener("change", drawSoon);
connection.addEventListener("state", drawSoon);
window.addEventListener("hashchange", () => {
	const room = roomInAddress();
	if (room && !entry.wanted)
		chat.join(room);
});

if (!entry.wanted && roomInAddress())
	chat.join(roomInAddress());
draw();
connection.open();
